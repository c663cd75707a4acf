import { couldCall, mayCall } from '../domain/access.ts';
import { type Authorization, isUnderWay } from '../domain/authorization.ts';
import { type PendingChange, whyNotYou } from '../domain/change-request.ts';
import { waitsFor } from '../domain/could-approve.ts';
import type { OpenDrill } from '../domain/drill.ts';
import type { Key } from '../domain/key.ts';
import { displayNameOf, type Person, type PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { endOf, openAuthorizations } from './open-authorizations.ts';
import { loadNewestDrill } from './records/drill.ts';
import { loadInstance } from './records/instance.ts';
import { loadPeople } from './records/person.ts';
import { openChanges } from './request-change.ts';

/** What is not over, and on whom it waits. */
export type WaitingThing = {
  readonly since: EpochMillis;
  /** When it ends by itself; absent while Countersign carries it out. */
  readonly until?: EpochMillis;
  /** By the names that people know them by, in their order; nobody where it can only end by itself, or is being carried out. */
  readonly waitsFor: readonly string[];
} & (
  | { readonly kind: 'deletion'; readonly authorization: Authorization; readonly key: Key }
  | { readonly kind: 'change'; readonly request: PendingChange }
  | { readonly kind: 'drill'; readonly drill: OpenDrill }
);

export interface WaitingOn {
  /** The oldest first. */
  readonly things: readonly WaitingThing[];
  /** False: the instance has more deletions than are looked through, or more wait than are shown. */
  readonly complete: boolean;
}

interface Seen {
  readonly instanceId: string;
  readonly people: readonly Person[];
  readonly serviceApprovals: boolean;
  readonly now: EpochMillis;
  readonly names: (ids: readonly PersonId[]) => readonly string[];
}

/**
 * Everything that waits on people in the instance and that the caller may see: deletions, key by key, change requests and
 * the drill that is under way.
 */
export async function waitingOn(context: Context, caller: Caller): Promise<Decision<WaitingOn>> {
  const { store, clock } = context;
  const { person } = caller;
  if (!couldCall(person, 'listAuthorizations')) return refuse('access-denied');
  const now = clock.now();
  const { id: instanceId } = caller.instance;
  const [instance = caller.instance, people] = await Promise.all([
    loadInstance(store, instanceId),
    loadPeople(store, instanceId),
  ]);
  const known = new Map(people.map((one) => [one.id, displayNameOf(one)]));
  const serviceApprovals = instance.serviceApprovals === true;
  const names = (ids: readonly PersonId[]) => ids.map((id) => known.get(id) ?? 'somebody who is gone').sort();
  const seen: Seen = { instanceId, people, serviceApprovals, now, names };
  const [deletions, changes, drills] = await Promise.all([
    deletionsSeen(context, caller, seen),
    mayCall(person, 'readChangeRequests') ? openChanges(context, instance, now) : [],
    mayCall(person, 'readDrills') ? drillSeen(context, seen) : [],
  ]);
  const things = [...deletions.things, ...changes.map((request) => changeSeen(request, seen)), ...drills];
  return accept({ things: things.sort((a, b) => a.since - b.since), complete: deletions.complete });
}

async function deletionsSeen(context: Context, caller: Caller, seen: Seen): Promise<WaitingOn> {
  const { open, complete } = await openAuthorizations(context, caller);
  const things = open.map(({ authorization, key }): WaitingThing => {
    const isCarriedOut = isUnderWay(authorization.status);
    return {
      kind: 'deletion',
      authorization,
      key,
      since: authorization.requestedAt,
      ...(!isCarriedOut && { until: endOf(authorization) }),
      waitsFor: seen.names(waitsFor(authorization, { ...seen, key })),
    };
  });
  return { things, complete };
}

function changeSeen(request: PendingChange, { people, serviceApprovals, names }: Seen): WaitingThing {
  const requester = people.find(({ id }) => id === request.requester);
  const able = people.filter((by) => whyNotYou(request, { by, requester, serviceApprovals }) === undefined);
  return {
    kind: 'change',
    request,
    since: request.requestedAt,
    until: request.windowEndsAt,
    waitsFor: names(able.map(({ id }) => id)),
  };
}

async function drillSeen(
  { store }: Context,
  { instanceId, now, names }: Seen,
): Promise<readonly WaitingThing[]> {
  const drill = await loadNewestDrill(store, instanceId);
  if (drill?.status !== 'open' || now >= drill.endsAt) return [];
  const silent = drill.participants.filter(({ confirmation }) => confirmation === undefined);
  return [
    {
      kind: 'drill',
      drill,
      since: drill.startedAt,
      until: drill.endsAt,
      waitsFor: names(silent.map(({ personId }) => personId)),
    },
  ];
}
