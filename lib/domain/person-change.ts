import { normalizedEmail, plainEmail } from './address.ts';
import { type Grant, grantsOf, MOST_GRANTS, type Person, type ScopedGrant, scopeName } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import type { EpochMillis } from './time.ts';

/** Which grant is meant, whenever it was given. */
export type GrantName = Omit<Grant, 'grantedAt'>;

/** What is to become different about somebody. */
export interface PersonChange {
  readonly grant?: readonly GrantName[] | undefined;
  /** Taken away before anything is given: a role that is in both is granted anew. */
  readonly revoke?: readonly GrantName[] | undefined;
  readonly status?: 'active' | 'frozen' | undefined;
  readonly email?: string | undefined;
}

/**
 * The person as they are after the change; the very same where it changes nothing. A role that they hold stays as old
 * as it is, one that they get is as old as now, and being frozen for a while makes none older or younger.
 */
export function changePerson(before: Person, change: PersonChange, now: EpochMillis): Decision<Person> {
  const less = (change.revoke ?? []).reduce(without, before);
  const after = (change.grant ?? []).reduce((person, grant) => withGrant(person, grant, now), less);
  if ((after.grants ?? []).length > MOST_GRANTS) return refuse('too-many-grants');
  const { status = after.status } = change;
  const moved = change.email === undefined ? accept(after) : withEmail(after, change.email, now);
  if (!moved.ok || status === moved.value.status) return moved;
  // Frozen: a link to an API key that is on its way has ended, also for when they may act again.
  const { claim: _, ...rest } = moved.value;
  return accept({ ...rest, status });
}

function withEmail(person: Person, email: string, now: EpochMillis): Decision<Person> {
  if (person.kind === 'service') return refuse('address-invalid', 'A service has no e-mail address');
  if (normalizedEmail(email) === undefined) return refuse('address-invalid');
  const plain = plainEmail(email);
  return accept(plain === person.email ? person : { ...person, email: plain, addressSince: now });
}

/** The person with one more grant; the very same where they have it. */
function withGrant(person: Person, { role, on }: GrantName, now: EpochMillis): Person {
  const { roles, grants = [] } = person;
  if (on === undefined)
    return roles[role] === undefined ? { ...person, roles: { ...roles, [role]: now } } : person;
  const grant: ScopedGrant = { role, on, grantedAt: now };
  return grants.some((one) => isSame(one, grant)) ? person : { ...person, grants: [...grants, grant] };
}

function without(person: Person, { role, on }: GrantName): Person {
  if (on !== undefined) {
    const kept = (person.grants ?? []).filter((one) => !isSame(one, { role, on }));
    return kept.length === (person.grants ?? []).length ? person : { ...person, grants: kept };
  }
  if (person.roles[role] === undefined) return person;
  const { [role]: _, ...roles } = person.roles;
  return { ...person, roles };
}

/** The person without their roles on a ring; the very same where they have none on it. */
export const withoutRing = (person: Person, keyRing: string): Person =>
  (person.grants ?? [])
    .filter(({ on }) => 'keyRing' in on && on.keyRing === keyRing)
    .reduce<Person>(without, person);

const isSame = (a: GrantName, b: GrantName): boolean => grantName(a) === grantName(b);

/** What somebody holds after a change and did not before; a role that was granted anew is among it. */
export function newGrants(before: Person, after: Person): readonly Grant[] {
  const old = new Set(grantsOf(before).map(dated));
  return grantsOf(after).filter((grant) => !old.has(dated(grant)));
}

const dated = (grant: Grant): string => `${grantName(grant)} ${grant.grantedAt}`;

/** `Manager`, `Manager@ring:<id>`, `Manager@key:<id>`: how a grant is written in commands and events. */
export const grantName = ({ role, on }: GrantName): string =>
  `${role}${on === undefined ? '' : scopeName(on)}`;
