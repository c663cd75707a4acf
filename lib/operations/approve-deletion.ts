import { approve } from '../domain/approval.ts';
import { COUNTERSIGN } from '../domain/audit.ts';
import type { Authorization, DecidedThrough, In } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import { drift } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, type Refusal, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { attempt, waitFor } from './attempts.ts';
import type { Context } from './context.ts';
import { loadAuthorization, type Reference } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { loadKey } from './records/key.ts';
import { holdsGrant, loadPerson, reloadPerson } from './records/person.ts';
import { recordSelfApproval } from './self-approval.ts';
import { commitDecision, loadCurrent } from './transition.ts';

export interface Approval extends Reference {
  readonly approver: Person;
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  readonly manifestDigest?: string;
  readonly note?: string;
}

/**
 * The second authorization: one write, conditional on the round, its window, both people's grants and on what would
 * be lost. Refused attempts by the requester are events too.
 */
export function approveDeletion(context: Context, approval: Approval): Promise<Decision<In<'approved'>>> {
  return attempt(context, async () => {
    const current = await loadCurrent(context.store, approval);
    if (current === undefined) return refuse('nothing-pending');
    const { key, authorization: before } = current;
    const now = context.clock.now();
    const requester = await loadPerson(context.store, approval.instanceId, before.requester);
    const approver = await reloadPerson(context.store, approval.approver);
    const decision = approve(current, { ...approval, approver, requester }, now);
    if (!decision.ok) return onRefusal(context, { ...current, approval }, decision.refusal);
    const committed = await commitDecision(context, {
      key,
      before,
      after: decision.value,
      now,
      event: {
        action: 'countersign.authorization.approve',
        actor: approval.approver.id,
        outcome: 'success',
        data: {
          decidedThrough: approval.decidedThrough,
          // Absent: approved through the API without having been shown the manifest.
          manifestDigest: approval.manifestDigest,
          lossDigest: before.lossDigest,
          note: approval.note,
        },
      },
      mails: [],
      keyWhen: [{ attribute: 'lossVersion', is: 'equal', value: before.lossVersion }],
      when: [{ attribute: 'windowEndsAt', is: 'greater', value: now }],
      writes: grantsOf(before, approver),
    });
    return committed ? decision : undefined;
  });
}

const grantsOf = ({ instanceId, requester, requesterRole, requestedAt }: Authorization, approver: Person) => [
  holdsGrant(instanceId, requester, { role: requesterRole }),
  holdsGrant(instanceId, approver.id, { role: 'Manager', olderThan: requestedAt }),
];

interface Refused {
  readonly key: Key;
  readonly authorization: Authorization;
  readonly approval: Approval;
}

/** What a refusal leaves behind: the trace of a self-approval, or a drifted authorization. */
async function onRefusal(
  context: Context,
  { key, authorization, approval }: Refused,
  refusal: Refusal,
): Promise<Decision<never> | undefined> {
  const refused: Decision<never> = { ok: false, refusal };
  const now = context.clock.now();
  if (refusal.code === 'own-request') {
    const { approver } = approval;
    return (await recordSelfApproval(context, { key, authorization, approver }, now)) ? refused : undefined;
  }
  if (refusal.code === 'loss-changed' && authorization.status === 'pending') {
    return (await driftPending(context, { key, authorization }, now)) ? refused : undefined;
  }
  return refused;
}

/** What would be lost is not what was asked for: nobody can approve it, and the requester is asked again. */
async function driftPending(
  context: Context,
  { key, authorization }: { readonly key: Key; readonly authorization: In<'pending'> },
  now: EpochMillis,
): Promise<boolean> {
  const instance = await loadInstance(context.store, key.instanceId);
  const after = drift(authorization, instance?.reauthorizationWindow ?? 0, now);
  return commitDecision(context, {
    key,
    before: authorization,
    after,
    now,
    event: { action: 'countersign.authorization.drift', actor: COUNTERSIGN, outcome: 'success' },
    mails: [{ template: 'loss-changed', to: after.requester }],
    nextKey: { setForDeletionUntil: undefined },
  });
}

/** Whether this person's approval is what stands: two of their calls at once are one decision, and both hear its end. */
export async function approvedBy(context: Context, reference: Reference, person: Person): Promise<boolean> {
  const authorization = await loadAuthorization(context.store, reference);
  const stands = authorization?.status === 'approved' || authorization?.status === 'consumed';
  return stands && authorization.approver === person.id;
}

/**
 * Waits until an approved deletion is carried out, or has come to another end.
 * @returns the destroyed key; refused with `still-working` when it takes longer than a call may: the decision stands.
 */
export async function awaitDestruction(context: Context, reference: Reference): Promise<Decision<Key>> {
  const end = await waitFor(context, async () => {
    const authorization = await loadAuthorization(context.store, reference);
    return authorization?.status === 'approved' ? undefined : authorization;
  });
  if (end === undefined) return refuse('still-working');
  if (end.status === 'void') return refuse('not-carried-out', end.why);
  if (end.status === 'withdrawn') return refuse('stopped-meanwhile');
  if (end.status !== 'consumed') return refuse('loss-changed');
  const key = await loadKey(context.store, reference.instanceId, reference.keyId);
  return key === undefined ? refuse('key-not-found') : accept(key);
}
