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

/** How many Managers an instance can have: each hears of a request in the one transaction that makes it. */
export const MOST_MANAGERS = 20;

/**
 * The address by which two entries are seen to be one person's: case, Unicode forms and plus-addressing do not
 * make a second one. Undefined for what is no address.
 */
export function normalizedEmail(email: string): string | undefined {
  const match = /^([^\s@<>",;:\\]{1,64})@([^\s@<>",;:\\]{1,190})$/.exec(
    email.normalize('NFKC').trim().toLowerCase(),
  );
  if (match === null) return undefined;
  const [, local = '', domain = ''] = match;
  return `${local.replace(/\+.*$/, '')}@${domain}`;
}
