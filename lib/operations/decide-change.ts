import { mayCall } from '../domain/access.ts';
import { COUNTERSIGN, type EventDraft } from '../domain/audit.ts';
import * as rules from '../domain/change-request.ts';
import {
  type ChangeApproval,
  type ChangeRequest,
  type EndedChange,
  endChange,
} from '../domain/change-request.ts';
import type { Person, PersonId } from '../domain/person.ts';
import { accept, type Decision, type Refusal, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import { type ChangeEffect, changeEffect } from './change-effect.ts';
import { changeEndedMails } from './change-mails.ts';
import type { Context } from './context.ts';
import { loadInstanceAndPeople } from './people.ts';
import { loadChange } from './records/change-request.ts';
import type { StoredInstance } from './records/instance.ts';
import { personKey } from './records/person.ts';
import { recordRefusedChange } from './refused-change.ts';
import { changeEvent, changeWrite } from './request-change.ts';
import { areRingsThere } from './ring-grants.ts';

export interface ChangeDecisionRequest {
  readonly id: string;
  readonly note?: string | undefined;
}

/** What was read to decide: the instance first, so that whatever changes after it makes the commit fail. */
interface Read {
  readonly instance: StoredInstance;
  readonly people: readonly Person[];
  /** Whoever decides, as they are now. */
  readonly by: Person;
  readonly request: ChangeRequest;
}

/**
 * The second Manager's yes, through the API alone: whoever has an API key has shown a credential, and no mailed link
 * approves a change. The request and what it changes are written at once, conditional on the instance that was read, and
 * so on everybody in it: on both people's roles, on whom or what is changed, on no other decision.
 * @param request.digest what the approver has seen; another one is refused.
 * @returns the request as it ended; by the same person once more, the same.
 */
export function approveChange(
  context: Context,
  caller: Caller,
  request: ChangeDecisionRequest & { readonly digest: string },
): Promise<Decision<EndedChange>> {
  return attempt(context, async () => {
    const read = await readForDecision(context, caller, request.id);
    if (!read.ok) return read;
    const { instance, people, by, request: before } = read.value;
    const decided = decidedBy(before, 'approved', by);
    if (decided !== undefined && request.digest === before.digest) return accept(decided);
    const now = context.clock.now();
    const isThere = await areRingsThere(context.store, before);
    const effect = isThere ? changeEffect(instance, people, before, { approvedBy: by, now }) : undefined;
    const decision = rules.approveChange(before, approvalOf(read.value, request, effect), now);
    if (!decision.ok) return onRefusal(context, read.value, decision.refusal, now);
    if (effect === undefined) return refuse('change-drifted');
    if (!effect.possible.ok) return effect.possible;
    const { event, writes, next } = effect;
    const data = { note: request.note, principal: by.owner };
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next: { ...next, ...without(instance, before) },
      events: [changeEvent('approve', by.id, before, data), event],
      writes: [
        changeWrite(decision.value),
        ...writes,
        ...changeEndedMails(people, decision.value, { by, now }),
      ],
    });
    return committed ? decision : undefined;
  });
}

const approvalOf = (
  { instance, people, by, request }: Read,
  { digest, note }: { readonly digest: string; readonly note?: string | undefined },
  effect: ChangeEffect | undefined,
): ChangeApproval => ({
  by,
  note,
  requester: people.find(({ id }) => id === request.requester),
  digest,
  digestNow: effect?.digest,
  serviceApprovals: instance.serviceApprovals === true,
});

/**
 * Any one Manager's no. By the same person once more: the same answer.
 * @param request.unexpected nobody should have asked: everything else that the same person asked for is stopped as well.
 */
export const denyChange = (
  context: Context,
  caller: Caller,
  request: ChangeDecisionRequest & { readonly unexpected?: boolean | undefined },
): Promise<Decision<EndedChange>> => stop(context, caller, request, 'denied');

/** Takes a change request back, as any Manager may, most often the one who asked. */
export const withdrawChange = (
  context: Context,
  caller: Caller,
  request: ChangeDecisionRequest,
): Promise<Decision<EndedChange>> => stop(context, caller, request, 'withdrawn');

const STOPS = { denied: 'deny', withdrawn: 'withdraw' } as const;

function stop(
  context: Context,
  caller: Caller,
  { id, note, unexpected }: Parameters<typeof denyChange>[2],
  status: keyof typeof STOPS,
): Promise<Decision<EndedChange>> {
  return attempt(context, async () => {
    const read = await readForDecision(context, caller, id);
    if (!read.ok) return read;
    const { instance, people, by, request: before } = read.value;
    const decided = decidedBy(before, status, by);
    if (decided !== undefined) return accept(decided);
    const now = context.clock.now();
    const decision = rules.stopChange(before, { status, by, note, unexpected: unexpected === true }, now);
    if (!decision.ok) return decision;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      next: without(instance, before),
      events: [
        changeEvent(STOPS[status], by.id, before, { note, unexpected: decision.value.unexpected }),
        ...(unexpected === true ? [freezeEvent(by.id, before)] : []),
      ],
      writes: [
        changeWrite(decision.value),
        ...changeEndedMails(people, decision.value, { by, now }),
        ...(unexpected === true ? [freezeOf(before, now)] : []),
      ],
    });
    return committed ? decision : undefined;
  });
}

/** Stops what else whoever asked has asked for, as a denied deletion that nobody expected does. */
const freezeOf = (request: ChangeRequest, now: EpochMillis): Write => ({
  update: personKey(request.instanceId, rules.askingPrincipal(request)),
  when: [{ item: 'present' }],
  // Never before what was asked for: the clock may have gone back since.
  set: { requestsFrozenAt: Math.max(now, request.requestedAt) },
  remove: ['requestsLiftedAt'],
});

const freezeEvent = (actor: PersonId, request: ChangeRequest): EventDraft => ({
  action: 'countersign.people.freeze-requests',
  actor,
  outcome: 'success',
  data: { person: rules.askingPrincipal(request), changeRequest: request.id },
});

async function readForDecision(context: Context, caller: Caller, id: string): Promise<Decision<Read>> {
  const loaded = await loadInstanceAndPeople(context, caller.instance.id);
  const by = loaded?.people.find((person) => person.id === caller.person.id);
  if (loaded === undefined || by === undefined || !mayCall(by, 'decideChangeRequests')) {
    return refuse('access-denied');
  }
  const request = await loadChange(context.store, caller.instance.id, id);
  return request === undefined ? refuse('change-not-found') : accept({ ...loaded, by, request });
}

/** Two calls of one person are one decision, and both hear its end. */
const decidedBy = (
  request: ChangeRequest,
  status: EndedChange['status'],
  { id }: Person,
): EndedChange | undefined =>
  request.status !== 'pending' && request.status === status && request.endedBy === id ? request : undefined;

const without = ({ openChanges = [] }: StoredInstance, { id }: ChangeRequest) => ({
  openChanges: openChanges.filter((one) => one !== id),
});

/** What a refusal leaves behind: the trace of somebody who would approve for themselves, or a request that has drifted. */
async function onRefusal(
  context: Context,
  { instance, people, by, request }: Read,
  refusal: Refusal,
  now: EpochMillis,
): Promise<Decision<never> | undefined> {
  const refused: Decision<never> = { ok: false, refusal };
  if (refusal.code === 'own-request' || refusal.code === 'own-gain') {
    const recorded = await recordRefusedChange(context, { instance, by, request, reason: refusal.code }, now);
    return recorded ? refused : undefined;
  }
  if (refusal.code !== 'change-drifted' || request.status !== 'pending') return refused;
  const drifted = endChange(request, { status: 'drifted' }, now);
  const committed = await commitInstanceChange(context, {
    instance,
    now,
    next: without(instance, request),
    events: [changeEvent('drift', COUNTERSIGN, request)],
    writes: [changeWrite(drifted), ...changeEndedMails(people, drifted, { now })],
  });
  return committed ? refused : undefined;
}
