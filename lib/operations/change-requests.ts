import { mayCall } from '../domain/access.ts';
import { type ChangeRequest, type ChangeStatus, statusAt, whyNotYou } from '../domain/change-request.ts';
import { displayNameOf, type Person, type PersonId } from '../domain/person.ts';
import { accept, type Decision, type RefusalCode, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { changeOfItem, changesPartition, loadChange } from './records/change-request.ts';
import { loadInstance } from './records/instance.ts';
import { loadPeople, reloadPerson } from './records/person.ts';
import { openChanges } from './request-change.ts';

/** A change request as people see it. */
export interface ChangeRequestView {
  readonly request: ChangeRequest;
  /** Also where time has ended it and nobody has written that down. */
  readonly status: ChangeStatus;
  /** By id: of who asked, who ended it and whom it is about. */
  readonly names: { readonly [id: PersonId]: string };
  /** Why the caller could not approve it, as far as their person goes; undefined when they could. Of a pending one. */
  readonly whyNotYou?: RefusalCode;
}

export interface ChangeRequestPage {
  readonly changeRequests: readonly ChangeRequestView[];
  /** There when more may follow. */
  readonly cursor?: string;
}

/** Pages of the store that one page is made of where few are of the status: then it may be shorter than asked for. */
const MOST_PAGES = 20;

/**
 * The change requests of the instance, the newest first.
 * @param page.status those alone; pending ones are read consistently, and are all on one page.
 * @throws CursorError for an `after` that is none.
 */
export async function listChangeRequests(
  context: Context,
  caller: Caller,
  page: {
    readonly status?: ChangeStatus | undefined;
    readonly limit: number;
    readonly after?: string | undefined;
  },
): Promise<Decision<ChangeRequestPage>> {
  const seen = await seenBy(context, caller);
  if (seen === undefined) return refuse('access-denied');
  if (page.status === 'pending') return accept({ changeRequests: await pendingViews(context, caller, seen) });
  const { instance } = caller;
  const found: ChangeRequestView[] = [];
  let { after } = page;
  for (let pages = 0; pages < MOST_PAGES && found.length < page.limit; pages += 1) {
    const { items, cursor } = await context.store.query({
      table: 'main',
      index: 'list',
      partition: changesPartition(instance.id),
      limit: page.limit - found.length,
      descending: true,
      ...(after !== undefined && { after }),
    });
    const views = items.map((item) => viewOf(changeOfItem(item), seen));
    found.push(...views.filter(({ status }) => page.status === undefined || status === page.status));
    after = cursor;
    if (cursor === undefined) break;
  }
  return accept({ changeRequests: found, ...(after !== undefined && { cursor: after }) });
}

/** One change request. */
export async function readChangeRequest(
  context: Context,
  caller: Caller,
  id: string,
): Promise<Decision<ChangeRequestView>> {
  const seen = await seenBy(context, caller);
  if (seen === undefined) return refuse('access-denied');
  const request = await loadChange(context.store, caller.instance.id, id);
  return request === undefined ? refuse('change-not-found') : accept(viewOf(request, seen));
}

interface Seen {
  readonly by: Person;
  readonly people: readonly Person[];
  readonly serviceApprovals: boolean;
  readonly now: EpochMillis;
}

async function seenBy(context: Context, { person, instance }: Caller): Promise<Seen | undefined> {
  const by = await reloadPerson(context.store, person);
  if (!mayCall(by, 'readChangeRequests')) return undefined;
  const people = await loadPeople(context.store, instance.id);
  return { by, people, serviceApprovals: instance.serviceApprovals === true, now: context.clock.now() };
}

async function pendingViews(
  context: Context,
  { instance }: Caller,
  seen: Seen,
): Promise<readonly ChangeRequestView[]> {
  const current = await loadInstance(context.store, instance.id);
  const pending = current === undefined ? [] : await openChanges(context, current, seen.now);
  return pending.toReversed().map((request) => viewOf(request, seen));
}

/** A change request with the names in it, as the one who looks sees it. */
function viewOf(request: ChangeRequest, { by, people, serviceApprovals, now }: Seen): ChangeRequestView {
  const status = statusAt(request, now);
  const { requester, change } = request;
  const named = [
    requester,
    ...(request.status !== 'pending' && request.endedBy !== undefined ? [request.endedBy] : []),
    ...(change.kind === 'person' ? [change.person] : []),
  ];
  const asker = people.find(({ id }) => id === requester);
  const why = whyNotYou(request, { by, requester: asker, serviceApprovals });
  return {
    request,
    status,
    names: Object.fromEntries(
      people.filter(({ id }) => named.includes(id)).map((person) => [person.id, displayNameOf(person)]),
    ),
    ...(status === 'pending' && why !== undefined && { whyNotYou: why }),
  };
}
