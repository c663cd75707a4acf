import { randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import { readEmail } from '../domain/address.ts';
import type { EventDraft } from '../domain/audit.ts';
import { personDifferences } from '../domain/change-in-words.ts';
import { boundPerson, type PendingChange } from '../domain/change-request.ts';
import { isGuardedRole, personNeedsTwo } from '../domain/guard-rails.ts';
import { whyNotMembers, withPerson } from '../domain/membership.ts';
import {
  displayNameOf,
  grantsOf,
  holdsAnywhere,
  iamIdOf,
  normalizedEmail,
  type Person,
  type PersonId,
  personId,
  plainEmail,
  principalOf,
  type Role,
} from '../domain/person.ts';
import { changePerson, type GrantName, grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor } from './grants.ts';
import { newApiKey } from './new-api-key.ts';
import { newClaim } from './new-claim.ts';
import { personChangeWrites } from './people-mails.ts';
import { credentialWrites } from './records/credential.ts';
import { identityWrites } from './records/identity.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { addressWrites, loadPeople, personItem } from './records/person.ts';
import { type ChangeToAskFor, requestChange } from './request-change.ts';
import { endOfTrial } from './trial.ts';

/** Who says who the people of this store's own making are: the issuer of their ids and of their tokens. */
export const LOCAL_ISSUER = 'countersign';

export interface NewPerson {
  readonly email: string;
  /** On the whole instance. */
  readonly roles: readonly Role[];
  /** On parts of it. */
  readonly grants?: readonly GrantName[] | undefined;
}

export interface PersonWithKey {
  readonly person: Person;
  /** Shown this once; kept as its hash alone. */
  readonly apiKey: string;
}

/** Somebody who is not in the store yet. */
function newPerson(
  instanceId: string,
  { email, roles, grants = [] }: NewPerson,
  now: EpochMillis,
): Decision<Person> {
  const read = readEmail(email);
  if (!read.ok) return read;
  const nobody: Person = {
    id: newPersonId(),
    instanceId,
    kind: 'user',
    email: plainEmail(email),
    status: 'active',
    roles: {},
  };
  return changePerson(nobody, { grant: [...roles.map((role) => ({ role })), ...grants] }, now);
}

export const newPersonId = (): PersonId => personId(LOCAL_ISSUER, `CountersignId-${randomUUID()}`);

const ABSENT = [{ item: 'absent' }] as const;

/** The writes that make somebody one of the instance's. */
export const entryOf = (person: Person): readonly Write[] => [
  { put: personItem(person), when: ABSENT },
  ...addressWrites(undefined, person),
];

/** A person with an API key of their own, and the writes that make them one of the instance's. */
export function newPersonWithKey(
  instanceId: string,
  request: NewPerson,
  { now, shownIn }: { readonly now: EpochMillis; readonly shownIn: NonNullable<Person['keyShownIn']> },
): Decision<PersonWithKey & { readonly writes: readonly Write[] }> {
  const made = newPerson(instanceId, request, now);
  return made.ok ? accept(withKey(made.value, { now, shownIn })) : made;
}

function withKey(
  made: Person,
  { now, shownIn }: { readonly now: EpochMillis; readonly shownIn: NonNullable<Person['keyShownIn']> },
): PersonWithKey & { readonly writes: readonly Write[] } {
  const { apiKey, credential } = newApiKey(made, now);
  const person = { ...made, keyShownIn: shownIn };
  const writes = [...entryOf(person), ...credentialWrites(credential)];
  return { person, apiKey, writes };
}

/** Somebody who was added: with an API key, or with a link to one on its way to them. */
export interface AddedPerson {
  readonly person: Person;
  /** Absent where it is claimed through the mailed link: then nobody else ever sees it. */
  readonly apiKey?: string;
  /** What they are to be Manager or KeyPurge of: not before somebody else approves this. */
  readonly waits?: PendingChange;
  /** That would have waited, were this no trial. */
  readonly exempt?: 'trial';
}

async function withClaim(context: Context, made: Person, { by, now }: { by: Person; now: EpochMillis }) {
  const { person, writes } = await newClaim(context, { person: made, by }, now);
  return { person, apiKey: undefined, writes: [...entryOf(person), ...writes] };
}

/**
 * Adds somebody to the instance, and asks a second Manager where they are to be a Manager, or to purge: until that is approved they
 * have their other roles alone. A new Manager cannot approve what was asked for before they became one.
 */
export function addPerson(
  context: Context,
  caller: Caller,
  request: Omit<NewPerson, 'grants'> & {
    readonly grants?: readonly GrantRequest[] | undefined;
    /** Why, for whoever decides about it, and for the event. */
    readonly reason?: string | undefined;
  },
): Promise<Decision<AddedPerson>> {
  return attempt(context, async () => {
    const { person: by } = caller;
    const now = context.clock.now();
    const loaded = await loadInstanceAndPeople(context, caller.instance.id);
    if (loaded === undefined || !mayManage(loaded.people, by)) return refuse('access-denied');
    const { instance, people } = loaded;
    const narrow = await grantsAskedFor(context.store, instance.id, request.grants);
    if (!narrow.ok) return narrow;
    const grants = [...request.roles.map((role) => ({ role })), ...narrow.value];
    const wanted = newPerson(instance.id, { email: request.email, roles: [], grants }, now);
    if (!wanted.ok) return wanted;
    if (people.some((other) => other.status !== 'removed' && sameAddress(other, wanted.value))) {
      return refuse('person-exists');
    }
    const why = whyNotMembers(people, withPerson(people, wanted.value), instance);
    if (why !== undefined) return refuse(why);
    const adding = splitForTwo(instance, wanted.value, grants, now);
    if (!adding.ok) return adding;
    const { atOnce, waiting, exempt } = adding.value;
    const { person, apiKey, writes } = context.settings.apiKeysByMail
      ? await withClaim(context, atOnce, { by, now })
      : withKey(atOnce, { now, shownIn: 'answer' });
    const entry = {
      event: addedEvent(by, person, { exempt, reason: request.reason }),
      writes: [
        ...writes,
        ...(holdsAnywhere(person, ['Manager'])
          ? personChangeWrites(people, { what: 'became-manager', person }, { by, now })
          : []),
      ],
    };
    const added = {
      person,
      ...(apiKey !== undefined && { apiKey }),
      ...(exempt !== undefined && { exempt }),
    };
    if (waiting.length > 0) {
      return askForGuardedRoles(
        context,
        { instance, people, by, now, reason: request.reason, atOnce: entry },
        { added, after: wanted.value, waiting },
      );
    }
    const { event, writes: all } = entry;
    const committed = await commitInstanceChange(context, { instance, now, events: [event], writes: all });
    return committed ? accept(added) : undefined;
  });
}

/** Somebody new as they are at once, and what of them waits for a second Manager. */
export function splitForTwo(
  { trial }: StoredInstance,
  wanted: Person,
  grants: readonly GrantName[],
  now: EpochMillis,
): Decision<{
  readonly atOnce: Person;
  readonly waiting: readonly GrantName[];
  readonly exempt: 'trial' | undefined;
}> {
  const nobody: Person = { ...wanted, roles: {}, grants: [] };
  const needsTwo = personNeedsTwo(nobody, wanted);
  if (!needsTwo || trial) {
    return accept({ atOnce: wanted, waiting: [], exempt: needsTwo ? 'trial' : undefined });
  }
  const waiting = grants.filter(({ role }) => isGuardedRole(role));
  const others = changePerson(nobody, { grant: grants.filter(({ role }) => !isGuardedRole(role)) }, now);
  return others.ok ? accept({ atOnce: others.value, waiting, exempt: undefined }) : others;
}

/** Asks for the guarded roles of somebody who is added in the same write. */
export async function askForGuardedRoles(
  context: Context,
  asked: Pick<ChangeToAskFor, 'instance' | 'people' | 'by' | 'now' | 'reason' | 'atOnce'>,
  wanted: {
    readonly added: AddedPerson;
    readonly after: Person;
    readonly waiting: readonly GrantName[];
  },
): Promise<Decision<AddedPerson> | undefined> {
  const { added, after, waiting } = wanted;
  const change = { kind: 'person', person: added.person.id, grant: waiting } as const;
  const request = await requestChange(context, {
    ...asked,
    change,
    ...aboutPerson(asked.people, added.person, after),
  });
  return request?.ok ? accept({ ...added, waits: request.value }) : request;
}

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

/** The event that tells who was added, with the roles that they have at once. */
export const addedEvent = (by: Person, person: Person, data: EventDraft['data']): EventDraft => ({
  action: 'countersign.people.add',
  actor: by.id,
  outcome: 'success',
  data: { person: person.id, roles: grantsOf(person).map(grantName).join(' '), ...data },
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
