import type { EpochMillis } from './time.ts';

/** Key Protect's service access roles (docs: manage-access). They add up; KeyPurge implies nothing else. */
export const ROLES = ['Reader', 'ReaderPlus', 'Writer', 'Manager', 'KeyPurge'] as const;
export type Role = (typeof ROLES)[number];

/** `<issuer>|<subject>`: who somebody is. Never an e-mail address: one person may have several of those. */
export type PersonId = string;

export const personId = (issuer: string, subject: string): PersonId => `${issuer}|${subject}`;

/** The subject alone, which is what Key Protect's answers and events call the IAM id. */
export const iamIdOf = (id: PersonId): string => id.slice(id.indexOf('|') + 1);

/** A person or service identity as one instance knows it. */
export interface Person {
  readonly id: PersonId;
  readonly instanceId: string;
  readonly kind: 'user' | 'service';
  readonly email: string;
  readonly status: 'active' | 'frozen' | 'removed';
  /** When each role that the person holds was granted. */
  readonly roles: { readonly [role in Role]?: EpochMillis };
}

/** True when the person is active and holds one of the roles. */
export const holds = (person: Person, roles: readonly Role[]): boolean =>
  person.status === 'active' && roles.some((role) => person.roles[role] !== undefined);
