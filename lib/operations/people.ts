import { randomBytes, randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import {
  holds,
  iamIdOf,
  MOST_MANAGERS,
  normalizedEmail,
  type Person,
  personId,
  plainEmail,
  type Role,
} from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { type Caller, sha256 } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { credentialItem } from './records/credential.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { emailKey, loadPeople, personItem } from './records/person.ts';

/** Who says who the people of this store's own making are: the issuer of their ids and of their tokens. */
export const LOCAL_ISSUER = 'countersign';

export interface NewPerson {
  readonly email: string;
  readonly roles: readonly Role[];
}

export interface PersonWithKey {
  readonly person: Person;
  /** Shown this once; kept as its hash alone. */
  readonly apiKey: string;
}

/** A person with an API key of their own, and the writes that make them one of the instance's. */
export function newPerson(
  instanceId: string,
  { email, roles }: NewPerson,
  now: EpochMillis,
): Decision<PersonWithKey & { readonly writes: readonly Write[] }> {
  const normalized = normalizedEmail(email);
  if (normalized === undefined) return refuse('address-invalid');
  const person: Person = {
    id: personId(LOCAL_ISSUER, `CountersignId-${randomUUID()}`),
    instanceId,
    kind: 'user',
    email: plainEmail(email),
    status: 'active',
    roles: Object.fromEntries(roles.map((role) => [role, now])),
  };
  const apiKey = `cs_${randomBytes(32).toString('base64url')}`;
  const credential = { hash: sha256(apiKey), personId: person.id, createdAt: now };
  const when = [{ item: 'absent' }] as const;
  const writes: readonly Write[] = [
    { put: personItem(person), when },
    { put: { ...emailKey(instanceId, normalized), attributes: { personId: person.id } }, when },
    { put: credentialItem(credential), when },
  ];
  return accept({ person, apiKey, writes });
}

/** Adds somebody to the instance. A new Manager cannot approve what was asked for before they became one. */
export function addPerson(
  context: Context,
  caller: Caller,
  request: NewPerson,
): Promise<Decision<PersonWithKey>> {
  return attempt(context, async () => {
    const { person: by } = caller;
    const now = context.clock.now();
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, by)) return refuse('access-denied');
    const { instance, people } = loaded;
    const made = newPerson(instance.id, request, now);
    if (!made.ok) return made;
    const { person, apiKey, writes } = made.value;
    if (people.some((other) => other.status !== 'removed' && sameAddress(other, person))) {
      return refuse('person-exists');
    }
    if (request.roles.includes('Manager') && managers(people).length >= MOST_MANAGERS) {
      return refuse('too-many-managers');
    }
    const data = { person: person.id, roles: request.roles.join(' ') };
    const event = { action: 'countersign.people.add', actor: by.id, outcome: 'success', data } as const;
    const committed = await commitInstanceChange(context, { instance, now, events: [event], writes });
    return committed ? accept({ person, apiKey }) : undefined;
  });
}

/** As they are now: whoever was removed while their call was on its way does not manage people any more. */
const mayManage = (people: readonly Person[], by: Person): boolean =>
  people.some((person) => person.id === by.id && mayCall(person, 'managePeople'));

const sameAddress = (a: Person, b: Person): boolean => normalizedEmail(a.email) === normalizedEmail(b.email);

const managers = (people: readonly Person[]): readonly Person[] =>
  people.filter((person) => person.kind === 'user' && holds(person, ['Manager']));

async function loadInstanceAndPeople(
  { store }: Context,
  instanceId: string,
): Promise<{ readonly instance: StoredInstance; readonly people: readonly Person[] } | undefined> {
  const instance = await loadInstance(store, instanceId);
  return instance && { instance, people: await loadPeople(store, instanceId) };
}

/** Everybody who was not removed, ordered by address. */
export async function listPeople(context: Context, caller: Caller): Promise<Decision<readonly Person[]>> {
  if (!mayCall(caller.person, 'managePeople')) return refuse('access-denied');
  const people = await loadPeople(context.store, caller.instance.id);
  const present = people.filter((person) => person.status !== 'removed');
  return accept(present.sort((a, b) => (a.email < b.email ? -1 : 1)));
}

/**
 * Takes somebody out: one write, on which every decision is conditional. What they asked for or approved and is not
 * carried out yet does not count any more.
 */
export function removePerson(context: Context, caller: Caller, emailOrId: string): Promise<Decision<Person>> {
  return attempt(context, async () => {
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, caller.person)) return refuse('access-denied');
    const { instance, people } = loaded;
    const person = people.find((one) => one.status !== 'removed' && isNamed(one, emailOrId));
    if (person === undefined) return refuse('person-not-found');
    if (leavesTooFew(person, people, instance)) return refuse('last-managers');
    const now = context.clock.now();
    const removed: Person = { ...person, status: 'removed', roles: {} };
    const data = { person: person.id };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [{ action: 'countersign.people.remove', actor: caller.person.id, outcome: 'success', data }],
      writes: [
        { put: personItem(removed), when: [{ attribute: 'status', is: 'equal', value: person.status }] },
        { delete: emailKey(instance.id, normalizedEmail(person.email) ?? person.email), when: [] },
      ],
    });
    return committed ? accept(removed) : undefined;
  });
}

function isNamed(person: Person, emailOrId: string): boolean {
  if (person.id === emailOrId || iamIdOf(person.id) === emailOrId) return true;
  const address = normalizedEmail(emailOrId);
  return address !== undefined && address === normalizedEmail(person.email);
}

/** With the policy on, two Managers must stay, or no deletion could ever be approved; one must stay always. */
function leavesTooFew(person: Person, people: readonly Person[], instance: StoredInstance): boolean {
  if (!holds(person, ['Manager'])) return false;
  const needed = instance.dualAuthDelete?.enabled === true ? 2 : 1;
  return managers(people).length - 1 < needed;
}
