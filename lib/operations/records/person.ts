import { PermanentError } from '../../domain/errors.ts';
import {
  type Grant,
  grantsOf,
  grantsOver,
  isActive,
  normalizedEmail,
  type Person,
  type PersonId,
  type Role,
  type Target,
} from '../../domain/person.ts';
import { grantName } from '../../domain/person-change.ts';
import type { Condition, Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { instancePartition } from './instance.ts';

const PREFIX = 'person#';

export const personKey = (instanceId: string, id: PersonId): ItemKey => ({
  table: 'main',
  partition: instancePartition(instanceId),
  sort: `${PREFIX}${id}`,
});

/** The person, with each grant as an attribute of its own, so that a write can be conditional on it. */
export const personItem = (person: Person): Item => ({
  ...personKey(person.instanceId, person.id),
  attributes: {
    ...attributesOf(ownMembers(person)),
    ...Object.fromEntries(grantsOf(person).map((grant) => [attributeOf(grant), grant.grantedAt])),
  },
});

const GRANT = 'granted';

/** `grantedManager`, `grantedManager@key:<id>`, `grantedManager@ring:<id>`. */
const attributeOf = (grant: Grant): string => `${GRANT}${grantName(grant)}`;

/** Without what is there for conditions alone, and what is seen when a person is read. */
function ownMembers(person: Person): Person {
  const members: Readonly<Record<string, unknown>> = { ...person };
  const seen: readonly string[] = person.owner === undefined ? SEEN : [...SEEN, ...OWNERS];
  const own: Record<string, unknown> = {};
  // A list of pairs on the way would cost several times as much, and everybody is read with every request.
  for (const name of Object.keys(members)) {
    if (!name.startsWith(GRANT) && !seen.includes(name)) own[name] = members[name];
  }
  return own as unknown as Person;
}

/** Told of whoever is read, and never written. */
const SEEN = ['ownerGone'] as const satisfies readonly (keyof Person)[];

/** What is the owner's alone: whose requests are stopped is a person, with all of their services; so is whose address. */
const OWNERS = ['requestsFrozenAt', 'requestsLiftedAt', 'addressSince', 'identitySince'] as const;

/**
 * Hold while the person is active, and their owner where they are a service, and while they have this very grant: a
 * role that was taken away and granted again is another one.
 * @param when what else must hold of the person, or of a service's owner: an item can be named once in a transaction.
 */
export function stillHolds(person: Person, grant: Grant, when: readonly Condition[] = []): readonly Write[] {
  const { instanceId, id, owner } = person;
  const granted: Condition = { attribute: attributeOf(grant), is: 'equal', value: grant.grantedAt };
  return [
    { check: personKey(instanceId, id), when: [ACTIVE, granted, ...(owner === undefined ? when : [])] },
    ...(owner === undefined ? [] : [{ check: personKey(instanceId, owner), when: [ACTIVE, ...when] }]),
  ];
}

/** The same by the oldest grant of any of these roles over the target. @throws PermanentError when there is none. */
export function stillHoldsAny(
  person: Person,
  roles: readonly Role[],
  target: Target,
  when: readonly Condition[] = [],
): readonly Write[] {
  const [grant] = grantsOver(person, roles, target);
  if (grant === undefined) throw new PermanentError('whoever the rules accepted has no grant');
  return stillHolds(person, grant, when);
}

const ACTIVE: Condition = { attribute: 'status', is: 'equal', value: 'active' };

/** Holds while the person is active; what they may do is another matter. */
export const isActiveStill = (instanceId: string, id: PersonId): Write => ({
  check: personKey(instanceId, id),
  when: [ACTIVE],
});

export async function loadPerson(
  store: Store,
  instanceId: string,
  id: PersonId,
): Promise<Person | undefined> {
  const item = await store.get(personKey(instanceId, id));
  if (item === undefined) return undefined;
  const person = personOf(item);
  if (person.owner === undefined) return person;
  const owner = await store.get(personKey(instanceId, person.owner));
  return seenWith(person, owner && personOf(owner));
}

const personOf = (item: Item): Person => ownMembers(recordOf<Person>(item));

/** A service is frozen and removed with its owner, its requests are stopped with theirs, and it is as new as their address. */
export const seenWith = (service: Person, owner: Person | undefined): Person => ({
  ...service,
  ...Object.fromEntries(OWNERS.flatMap((name) => (owner?.[name] === undefined ? [] : [[name, owner[name]]]))),
  ...(owner === undefined || !isActive(owner) ? { ownerGone: true } : {}),
});

/** Somebody who was read before, as they are now: each attempt decides on that. */
export async function reloadPerson(store: Store, person: Person): Promise<Person> {
  const now = await loadPerson(store, person.instanceId, person.id);
  return now ?? { ...person, status: 'removed', roles: {}, grants: [] };
}

/** Everybody of the instance, those removed included. */
export async function loadPeople(store: Store, instanceId: string): Promise<readonly Person[]> {
  const people: Person[] = [];
  let after: string | undefined;
  do {
    const query = {
      table: 'main',
      partition: instancePartition(instanceId),
      prefix: PREFIX,
      limit: 1000,
    } as const;
    const page = await store.query({ ...query, ...(after !== undefined && { after }) });
    people.push(...page.items.map(personOf));
    after = page.cursor;
  } while (after !== undefined);
  const byId = new Map(people.map((person) => [person.id, person]));
  return people.map((person) =>
    person.owner === undefined ? person : seenWith(person, byId.get(person.owner)),
  );
}

/**
 * Keeps two entries of an instance from having one address. Apart from the instance's items, among which nothing is
 * ever deleted.
 */
export const emailKey = (instanceId: string, normalized: string): ItemKey => ({
  table: 'main',
  partition: `email#${instanceId}#${normalized}`,
  sort: 'email',
});

/** The writes by which an address is one person's and no other's, from the person as they were to them as they are. */
export function addressWrites(before: Person | undefined, after: Person | undefined): readonly Write[] {
  const former = before && addressKey(before);
  const next = after && addressKey(after);
  if (former?.partition === next?.partition) return [];
  return [
    ...(former === undefined ? [] : [{ delete: former, when: [] }]),
    ...(next === undefined
      ? []
      : [{ put: { ...next, attributes: { personId: after?.id } }, when: [{ item: 'absent' } as const] }]),
  ];
}

const addressKey = ({ instanceId, email }: Person): ItemKey | undefined => {
  const normalized = normalizedEmail(email);
  return normalized === undefined ? undefined : emailKey(instanceId, normalized);
};
