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

/** RFC 5321 (4.5.3.1): octets of a local part, and of a path without its angle brackets. */
const LONGEST_LOCAL_PART = 64;
const LONGEST_ADDRESS = 254;

// Besides blanks and the signs of mail headers: controls, what is not seen or turns the writing round, and halves of
// surrogate pairs. An address that looks like another one's would be a second person.
const ADDRESS = /^([^\s\p{C}\p{DI}@<>(),;:"[\]\\]+)@([^\s\p{C}\p{DI}@<>(),;:"[\]\\]+)$/u;

/** The address as it is kept and mailed to: one form for letters that look the same (Unicode NFKC), no blanks around. */
export const plainEmail = (email: string): string => email.normalize('NFKC').trim();

/**
 * The address by which two entries are seen to be one person's: case, Unicode forms and plus-addressing do not
 * make a second one. Undefined for what is no address.
 */
export function normalizedEmail(email: string): string | undefined {
  const plain = plainEmail(email);
  const [, local = '', domain = ''] = ADDRESS.exec(plain) ?? [];
  if (local === '' || octets(local) > LONGEST_LOCAL_PART || octets(plain) > LONGEST_ADDRESS) return undefined;
  return `${local.replace(/\+.*$/, '')}@${domain}`.toLowerCase();
}

const octets = (text: string): number => new TextEncoder().encode(text).length;
