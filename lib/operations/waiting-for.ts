import { mayCall } from '../domain/access.ts';
import { askedIn, whyNotApprover } from '../domain/approval.ts';
import { type Authorization, requestingPrincipal } from '../domain/authorization.ts';
import { requestCounts } from '../domain/frozen-requests.ts';
import type { Key } from '../domain/key.ts';
import { displayNameOf, type Person, principalOf } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { endOf, openAuthorizations } from './open-authorizations.ts';
import { loadPeople } from './records/person.ts';

/** One authorization that is not over. */
export interface WaitingAuthorization {
  readonly authorization: Authorization;
  readonly key: Key;
  /** Who asked, as people know them. */
  readonly requester: string;
  /** When it ends by itself. */
  readonly until: EpochMillis;
}

export interface Waiting {
  /** What the caller could approve at this moment, the most pressing first. */
  readonly toApprove: readonly WaitingAuthorization[];
  /** What the caller had asked for and can ask for again. */
  readonly toReauthorize: readonly WaitingAuthorization[];
  /** What the caller asks for and others decide. */
  readonly asked: readonly WaitingAuthorization[];
  /** Everything else that waits on somebody and that the caller may see. */
  readonly others: readonly WaitingAuthorization[];
  /** False: the instance has more requests than are looked through, or more wait than are shown. */
  readonly complete: boolean;
}

/**
 * What waits in the instance, sorted by whom it waits for. Reads an index, which may lag behind by a moment: whoever
 * decides reads the authorization itself.
 */
export async function waitingFor(context: Context, caller: Caller): Promise<Waiting> {
  const { store, clock } = context;
  const now = clock.now();
  const { open, complete } = await openAuthorizations(context, caller);
  const people = new Map(
    (open.length === 0 ? [] : await loadPeople(store, caller.instance.id)).map((person) => [
      person.id,
      person,
    ]),
  );
  const found = open.map(({ authorization, key }) => {
    const requester = people.get(authorization.requester);
    const waiting: WaitingAuthorization = {
      authorization,
      key,
      requester: requester === undefined ? 'somebody who is gone' : displayNameOf(requester),
      until: endOf(authorization),
    };
    return { waiting, group: groupOf(waiting, caller, { now, asker: askerOf(authorization, people) }) };
  });
  const sorted = found.sort((a, b) => a.waiting.until - b.waiting.until);
  const of = (group: Group) => sorted.filter((one) => one.group === group).map(({ waiting }) => waiting);
  return {
    toApprove: of('toApprove'),
    toReauthorize: of('toReauthorize'),
    asked: of('asked'),
    others: of('others'),
    complete,
  };
}

const askerOf = (authorization: Authorization, people: ReadonlyMap<string, Person>): Person | undefined =>
  people.get(requestingPrincipal(authorization));

type Group = Exclude<keyof Waiting, 'complete'>;

function groupOf(
  { authorization, key }: WaitingAuthorization,
  { person, instance }: Caller,
  { now, asker }: { readonly now: EpochMillis; readonly asker: Person | undefined },
): Group {
  const counts = asker !== undefined && requestCounts(asker, authorization.requestedAt);
  const isOwn = requestingPrincipal(authorization) === principalOf(person);
  switch (authorization.status) {
    case 'pending': {
      const asked = askedIn(authorization, key, instance.serviceApprovals);
      const mayApprove = counts && whyNotApprover(person, asked) === undefined;
      if (mayApprove && now < authorization.windowEndsAt) return 'toApprove';
      return isOwn ? 'asked' : 'others';
    }
    case 'lapsed':
    case 'drifted':
      if (!isOwn || !counts || !mayCall(person, 'reauthorizeDeletion', key)) return 'others';
      return now < authorization.reauthorizeEndsAt ? 'toReauthorize' : 'others';
    default:
      return isOwn ? 'asked' : 'others';
  }
}
