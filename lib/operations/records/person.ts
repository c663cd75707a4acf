import { type Person, type PersonId, ROLES, type Role } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
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
export const personItem = (person: Person): Item => {
  const grants = ROLES.map((role) => [grantOf(role), person.roles[role]]);
  return {
    ...personKey(person.instanceId, person.id),
    attributes: { ...attributesOf(person), ...Object.fromEntries(grants) },
  };
};

const grantOf = (role: Role): string => `granted${role}`;

/** Holds while the person is active and has the role, and has had it since before `olderThan`, where it is given. */
export function holdsGrant(
  instanceId: string,
  id: PersonId,
  grant: { readonly role: Role; readonly olderThan?: EpochMillis },
): Write {
  const active: Condition = { attribute: 'status', is: 'equal', value: 'active' };
  const attribute = grantOf(grant.role);
  const granted: Condition =
    grant.olderThan === undefined
      ? { attribute, is: 'present' }
      : { attribute, is: 'less', value: grant.olderThan };
  return { check: personKey(instanceId, id), when: [active, granted] };
}

export async function loadPerson(
  store: Store,
  instanceId: string,
  id: PersonId,
): Promise<Person | undefined> {
  const item = await store.get(personKey(instanceId, id));
  return item && recordOf<Person>(item);
}

/** Somebody who was read before, as they are now: each attempt decides on that. */
export async function reloadPerson(store: Store, person: Person): Promise<Person> {
  const now = await loadPerson(store, person.instanceId, person.id);
  return now ?? { ...person, status: 'removed', roles: {} };
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
    people.push(...page.items.map((item) => recordOf<Person>(item)));
    after = page.cursor;
  } while (after !== undefined);
  return people;
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
