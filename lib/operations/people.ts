import { mayCall } from '../domain/access.ts';
import { personDifferences } from '../domain/change-in-words.ts';
import { boundPerson } from '../domain/change-request.ts';
import { whyNotMembers, withPerson } from '../domain/membership.ts';
import {
  displayNameOf,
  grantsOf,
  iamIdOf,
  normalizedEmail,
  type Person,
  principalOf,
} from '../domain/person.ts';
import { grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { personChangeWrites } from './people-mails.ts';
import { identityWrites } from './records/identity.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { addressWrites, loadPeople, personItem } from './records/person.ts';
import { endOfTrial } from './trial.ts';

/** What a request about somebody is shown with and bound to; they do not approve it themselves. */
export const aboutPerson = (people: readonly Person[], before: Person, after: Person) => ({
  subject: displayNameOf(before),
  differences: personDifferences(
    before,
    after,
    people.find(({ id }) => id === before.owner),
  ),
  before: boundPerson(before),
  gains: principalOf(before),
});

/** As they are now: whoever was removed while their call was on its way does not manage people any more. */
export const mayManage = (people: readonly Person[], by: Person): boolean =>
  people.some((person) => person.id === by.id && mayCall(person, 'managePeople'));

/** Services have none, and none is the same as another's. */
export const sameAddress = (a: Person, b: Person): boolean =>
  a.email !== '' && normalizedEmail(a.email) === normalizedEmail(b.email);

export async function loadInstanceAndPeople(
  { store }: Pick<Context, 'store'>,
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
  return accept(present.sort((a, b) => (displayNameOf(a) < displayNameOf(b) ? -1 : 1)));
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
    const now = context.clock.now();
    const removed: Person = { ...person, status: 'removed', roles: {}, grants: [] };
    const why = whyNotMembers(people, withPerson(people, removed), instance);
    if (why !== undefined) return refuse(why);
    const next = endOfTrial(instance, people, removed);
    const revoked = grantsOf(person).map(grantName).join(' ');
    const data = { person: person.id, revoked, endsTrial: next === undefined ? undefined : true };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      ...(next !== undefined && { next }),
      events: [{ action: 'countersign.people.remove', actor: caller.person.id, outcome: 'success', data }],
      writes: [
        { put: personItem(removed), when: [{ attribute: 'status', is: 'equal', value: person.status }] },
        ...addressWrites(person, undefined),
        ...identityWrites(person, undefined),
        ...personChangeWrites(
          people,
          { what: 'ended', person, ended: 'removed' },
          { by: caller.person, now },
        ),
      ],
    });
    return committed ? accept(removed) : undefined;
  });
}

/** By their e-mail address, a service by its name, and either by id, with or without its issuer. */
export function isNamed(person: Person, emailOrId: string): boolean {
  if (person.id === emailOrId || iamIdOf(person.id) === emailOrId) return true;
  if (person.kind === 'service') return person.name === emailOrId;
  const address = normalizedEmail(emailOrId);
  return address !== undefined && address === normalizedEmail(person.email);
}
