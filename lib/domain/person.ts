import type { EpochMillis } from './time.ts';

export { normalizedEmail, plainEmail } from './address.ts';

/** Key Protect's service access roles (docs: manage-access). They add up; KeyPurge implies nothing else. */
export const ROLES = ['Reader', 'ReaderPlus', 'Writer', 'Manager', 'KeyPurge'] as const;
export type Role = (typeof ROLES)[number];

/** `<issuer>|<subject>`: who somebody is. Never an e-mail address: one person may have several of those. */
export type PersonId = string;

export const personId = (issuer: string, subject: string): PersonId => `${issuer}|${subject}`;

/** The subject alone, which is what Key Protect's answers and events call the IAM id. */
export const iamIdOf = (id: PersonId): string => id.slice(id.indexOf('|') + 1);

/** The part of an instance that a narrow grant is for: one key ring, or one key. */
export type Scope = { readonly keyRing: string } | { readonly key: string };

/** `@key:<id>`, `@ring:<id>`. */
export const scopeName = (on: Scope): string => ('key' in on ? `@key:${on.key}` : `@ring:${on.keyRing}`);

/** Somebody as an OIDC issuer knows them. Its subject stays; an e-mail address is passed on, and says nothing here. */
export interface ExternalIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** A role that somebody holds, on the whole instance where no part is named. */
export interface Grant {
  readonly role: Role;
  readonly on?: Scope;
  readonly grantedAt: EpochMillis;
}

export interface ScopedGrant extends Grant {
  readonly on: Scope;
}

/** A person or service identity as one instance knows it. */
export interface Person {
  readonly id: PersonId;
  readonly instanceId: string;
  readonly kind: 'user' | 'service';
  /** Empty for a service, which has a name and gets no mail. */
  readonly email: string;
  readonly name?: string;
  /** The user whom a service belongs to, for good: the two are one person to every decision. */
  readonly owner?: PersonId;
  /** Seen when a service is read, never written: its owner is not active, so that it counts for nothing. */
  readonly ownerGone?: true;
  readonly status: 'active' | 'frozen' | 'removed';
  /** When each role that the person holds on the whole instance was granted. */
  readonly roles: { readonly [role in Role]?: EpochMillis };
  /** The roles that the person holds on parts of the instance. */
  readonly grants?: readonly ScopedGrant[];
  /** When the address was last changed: what was mailed to the one before opens nothing. */
  readonly addressSince?: EpochMillis;
  /** Who an OIDC issuer says that they are: whoever signs in there as this one is this person. */
  readonly signsInAs?: ExternalIdentity;
  /** When such an identity was last bound to them. Kept when it ends: what it opened meanwhile can still be there. */
  readonly identitySince?: EpochMillis;
  /** The one mailed link, by the SHA-256 of its token, with which this person can claim an API key. */
  readonly claim?: string;
  /** Who saw this person's API key besides them. Absent when they claimed it, and before they have one. */
  readonly keyShownIn?: 'terminal' | 'answer';
  /** When somebody last did not expect what they had asked for, and when another Manager lifted that freeze. */
  readonly requestsFrozenAt?: EpochMillis;
  readonly requestsLiftedAt?: EpochMillis;
}

/** Who somebody is to a rule that asks for two people: a service is its owner. */
export const principalOf = ({ id, owner }: Pick<Person, 'id' | 'owner'>): PersonId => owner ?? id;

/** What people know somebody by. */
export const displayNameOf = ({ email, name }: Pick<Person, 'email' | 'name'>): string => name ?? email;

/**
 * Since when whoever acts as this person can be somebody else than before: their address was changed, and with it who is
 * mailed their links, or an identity was bound to them. Undefined: neither ever was.
 */
export function sameSince({
  addressSince,
  identitySince,
}: Pick<Person, 'addressSince' | 'identitySince'>): EpochMillis | undefined {
  if (addressSince === undefined || identitySince === undefined) return addressSince ?? identitySince;
  return Math.max(addressSince, identitySince);
}

/** Whether the person counts at all now. */
export const isActive = ({ status, ownerGone }: Pick<Person, 'status' | 'ownerGone'>): boolean =>
  status === 'active' && ownerGone !== true;

/** What a grant has to cover: a key, or what is known of one. Nothing: the whole instance. */
export interface Target {
  readonly id?: string;
  readonly keyRingId?: string;
}

/** The grants of any of these roles that cover the target, the oldest first. None for whoever is not active. */
export const grantsOver = (person: Person, roles: readonly Role[], target: Target = {}): readonly Grant[] =>
  isActive(person)
    ? grantsOf(person)
        .filter(({ role, on }) => roles.includes(role) && (on === undefined || covers(on, target)))
        .sort((a, b) => a.grantedAt - b.grantedAt)
    : [];

const covers = (on: Scope, { id, keyRingId }: Target): boolean =>
  'key' in on ? on.key === id : on.keyRing === keyRingId;

/** Everything that was granted to somebody, on the instance first. */
export function grantsOf({ roles, grants = [] }: Pick<Person, 'roles' | 'grants'>): readonly Grant[] {
  const all: Grant[] = [];
  for (const role of ROLES) {
    const grantedAt = roles[role];
    if (grantedAt !== undefined) all.push({ role, grantedAt });
  }
  return all.concat(grants);
}

/** True when the person is active and holds one of the roles over the target. */
export const holds = (person: Person, roles: readonly Role[], target?: Target): boolean =>
  grantsOver(person, roles, target).length > 0;

/** True when the person is active and holds the role on anything. */
export const holdsAnywhere = (person: Person, roles: readonly Role[]): boolean =>
  isActive(person) && grantsOf(person).some(({ role }) => roles.includes(role));

/** How many grants on parts of an instance one person can have: each is an attribute of one item. */
export const MOST_GRANTS = 50;

/** How many people can be Managers of something: each hears of a request in the one transaction that makes it. */
export const MOST_MANAGERS = 20;
