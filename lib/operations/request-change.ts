import { randomUUID } from 'node:crypto';
import { somebodyCouldApprove } from '../domain/approval.ts';
import type { EventDraft } from '../domain/audit.ts';
import { canonicalJson } from '../domain/canonical.ts';
import {
  askedFor,
  askingPrincipal,
  boundBy,
  type Change,
  type ChangeRequest,
  type Difference,
  endChange,
  isAboutTheSame,
  isPending,
  MOST_PENDING_CHANGES,
  newChangeRequest,
  type PendingChange,
  whyNotAsk,
} from '../domain/change-request.ts';
import { type Person, type PersonId, principalOf } from '../domain/person.ts';
import { type GrantName, grantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import { changeRequestedMails, supersededMails } from './change-mails.ts';
import type { Context } from './context.ts';
import { changeItem, loadChange } from './records/change-request.ts';
import type { StoredInstance } from './records/instance.ts';

/** A change that needs a second Manager, and what was read to find that out. */
export interface ChangeToAskFor {
  readonly instance: StoredInstance;
  /** Everybody, as they were read after the instance. */
  readonly people: readonly Person[];
  readonly by: Person;
  readonly change: Change;
  readonly subject: string;
  readonly differences: readonly Difference[];
  /** What is there now of what would change: `boundPerson` or `boundSettings`. */
  readonly before: object;
  readonly gains?: PersonId | undefined;
  readonly reason?: string | undefined;
  readonly now: EpochMillis;
  /** What is done at once in the same transaction: somebody who is added before they become a Manager. */
  readonly atOnce?: { readonly event: EventDraft; readonly writes: readonly Write[] };
}

/** What a change is bound to, as a digest. */
export const digestOf = (change: Change, before: object): string =>
  sha256(canonicalJson(boundBy(change, before)));

/**
 * Asks a second Manager for a change of the guard rails: one write, conditional on the instance that was read and so on
 * its people and its other requests, with the event and a mail to every Manager. A request that is about the same and
 * waits is superseded; the same person's repetition of the very same is answered with what is there.
 * @returns undefined when somebody was quicker: nothing has changed.
 */
export async function requestChange(
  context: Pick<Context, 'store'>,
  asked: ChangeToAskFor,
): Promise<Decision<PendingChange> | undefined> {
  const { instance, people, by, change, subject, differences, before, gains, reason, now, atOnce } = asked;
  const why = whyNotAsk(by);
  if (why !== undefined) return { ok: false, refusal: why };
  const digest = digestOf(change, before);
  const open = await openChanges(context, instance, now);
  const repeated = open.find((one) => one.digest === digest && askingPrincipal(one) === principalOf(by));
  if (repeated !== undefined && atOnce === undefined) return accept(repeated);
  const former = open.filter((one) => isAboutTheSame(one.change, change));
  if (open.length - former.length >= MOST_PENDING_CHANGES) return refuse('too-many-changes');
  const told = { id: randomUUID(), change, subject, differences, digest };
  const request = newChangeRequest(
    instance,
    { ...told, by, ...(gains !== undefined && { gains }), ...(reason !== undefined && { reason }) },
    now,
  );
  if (!somebodyCouldApprove(people, askedFor(request, instance.serviceApprovals))) {
    return refuse('second-manager-missing');
  }
  const superseded = former.map((one) => endChange(one, { status: 'superseded' }, now));
  const rest = open.filter((one) => !former.includes(one));
  const committed = await commitInstanceChange(context, {
    instance,
    now,
    next: { openChanges: [...rest, request].map(({ id }) => id) },
    events: [
      ...(atOnce === undefined ? [] : [atOnce.event]),
      ...superseded.map((one) => changeEvent('supersede', by.id, one)),
      changeEvent('create', by.id, request),
    ],
    writes: [
      ...(atOnce?.writes ?? []),
      ...superseded.map(changeWrite),
      { put: changeItem(request), when: [{ item: 'absent' }] },
      ...supersededMails(people, superseded, { by, now }),
      ...changeRequestedMails(people, request, { by, now }),
    ],
  });
  return committed ? accept(request) : undefined;
}

/** Those that wait; what time has ended since is not among them, whether or not the sweeper has written it down. */
export async function openChanges(
  { store }: Pick<Context, 'store'>,
  { id, openChanges: ids = [] }: StoredInstance,
  now: EpochMillis,
): Promise<readonly PendingChange[]> {
  const requests = await Promise.all(ids.map((one) => loadChange(store, id, one)));
  return requests.filter(
    (request): request is PendingChange => request !== undefined && isPending(request, now),
  );
}

/** A request that has come to its end, unless another end was quicker. */
export const changeWrite = (request: ChangeRequest): Write => ({
  put: changeItem(request),
  when: [{ attribute: 'status', is: 'equal', value: 'pending' }],
});

/** What the instance's chain tells of a change request. Never `person`: nothing has become different about anybody. */
export const changeEvent = (
  what: 'create' | 'approve' | 'deny' | 'withdraw' | 'supersede' | 'drift',
  actor: PersonId,
  request: ChangeRequest,
  data: EventDraft['data'] = {},
): EventDraft => ({
  action: `countersign.change-requests.${what}`,
  actor,
  outcome: 'success',
  data: {
    changeRequest: request.id,
    digest: request.digest,
    ...(what === 'create' && {
      ...askedData(request.change),
      principal: request.requesterPrincipal,
      reason: request.reason,
      // Nothing is written in the chain when it passes: this says it.
      windowEndsAt: request.windowEndsAt,
    }),
    ...data,
  },
});

/** What is asked for. No address: the chain holds none. */
function askedData(change: Change): NonNullable<EventDraft['data']> {
  if (change.kind === 'settings') return { about: 'settings', ...asksFor(change.settings) };
  const { person, grant = [], revoke = [], status, email } = change;
  const names = (grants: readonly GrantName[]) => grants.map(grantName).join(' ') || undefined;
  const asked = {
    grant: names(grant),
    revoke: names(revoke),
    status,
    address: email !== undefined || undefined,
  };
  return { about: person, ...asksFor(asked) };
}

/** `asksForRestoreWindow`, `asksForGrant`. */
const asksFor = (wanted: { readonly [name: string]: string | number | boolean | undefined }) =>
  Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [
      `asksFor${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  );
