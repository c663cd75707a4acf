import type { EventDraft } from '../domain/audit.ts';
import type { PendingChange } from '../domain/change-request.ts';
import { isGuardedRole, personNeedsTwo } from '../domain/guard-rails.ts';
import { whyNotMembers, withPerson } from '../domain/membership.ts';
import { grantsOf, type Person } from '../domain/person.ts';
import { changePerson, type GrantName, grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { type GrantRequest, grantsAskedFor } from './grants.ts';
import { newClaim } from './new-claim.ts';
import { entryOf, type NewPerson, newPerson, withKey } from './new-person.ts';
import { aboutPerson, loadInstanceAndPeople, mayManage, sameAddress } from './people.ts';
import { rolesGivenWrites } from './people-mails.ts';
import type { StoredInstance } from './records/instance.ts';
import { type ChangeToAskFor, requestChange } from './request-change.ts';

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
      writes: [...writes, ...rolesGivenWrites(people, { after: person }, { by, now })],
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

/** The event that tells who was added, with the roles that they have at once. */
export const addedEvent = (by: Person, person: Person, data: EventDraft['data']): EventDraft => ({
  action: 'countersign.people.add',
  actor: by.id,
  outcome: 'success',
  data: { person: person.id, roles: grantsOf(person).map(grantName).join(' '), ...data },
});
