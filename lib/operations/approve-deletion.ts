import { approve } from '../domain/approval.ts';
import { COUNTERSIGN } from '../domain/audit.ts';
import {
  type Authorization,
  type DecidedThrough,
  type In,
  isUnderWay,
  reauthorizationWindowOf,
  requestingPrincipal,
} from '../domain/authorization.ts';
import { sayChanges } from '../domain/difference.ts';
import type { Key } from '../domain/key.ts';
import { drift } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, type Refusal, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import { attempt, waitFor } from './attempts.ts';
import { bothStillCount, mayServicesApprove } from './both-people.ts';
import type { Context } from './context.ts';
import { loadAuthorization, type Reference } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { keyPartition, loadKey } from './records/key.ts';
import { loadPerson, reloadPerson } from './records/person.ts';
import { changesSince } from './round.ts';
import { recordSelfApproval } from './self-approval.ts';
import { commitDecision, loadCurrent } from './transition.ts';

export interface Approval extends Reference {
  readonly approver: Person;
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  readonly manifestDigest?: string;
  /** The approver's decision: also although resources are registered with the key. */
  readonly force?: boolean;
  /** By link: the person's API key went along. */
  readonly withCredential?: true;
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
    // The link that was used went to another address than the one that its person has by now.
    const redirected = approver.addressSince !== approval.approver.addressSince;
    if (approval.decidedThrough === 'link' && redirected) return refuse('link-withdrawn');
    const serviceApprovals = await mayServicesApprove(context.store, approver);
    const manifestNeeded = await isManifestNeeded(context, approval);
    const people = { approver, requester, serviceApprovals };
    const decision = approve(current, { ...approval, ...people, manifestNeeded }, now);
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
          force: approval.force === true ? true : undefined,
          withCredential: approval.withCredential,
          note: approval.note,
        },
      },
      mails: [],
      keyWhen: [{ attribute: 'lossVersion', is: 'equal', value: before.lossVersion }],
      when: [{ attribute: 'windowEndsAt', is: 'greater', value: now }],
      writes: bothStillCount({ requester, approver, serviceApprovals }, before, key),
    });
    return committed ? decision : undefined;
  });
}

/** Asked of the instance only where no digest came. */
const isManifestNeeded = async (
  { store }: Context,
  { instanceId, manifestDigest }: Approval,
): Promise<boolean> =>
  manifestDigest === undefined && (await loadInstance(store, instanceId))?.approvalNeedsManifest === true;

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
  if (refusal.code !== 'loss-changed') return refused;
  if (authorization.status === 'drifted') return lossChanged(authorization);
  if (authorization.status !== 'pending') return refused;
  const drifted = await driftPending(context, { key, authorization }, now);
  return drifted && lossChanged(drifted);
}

/** What would be lost is not what was asked for: nobody can approve it, and the requester is asked again. */
async function driftPending(
  context: Context,
  { key, authorization }: { readonly key: Key; readonly authorization: In<'pending'> },
  now: EpochMillis,
): Promise<In<'drifted'> | undefined> {
  const changes = await changesSince(context, authorization, key);
  const after = { ...drift(authorization, reauthorizationWindowOf(authorization), now), changes };
  const committed = await commitDecision(context, {
    key,
    before: authorization,
    after,
    now,
    event: { action: 'countersign.authorization.drift', actor: COUNTERSIGN, outcome: 'success' },
    mails: [{ template: 'loss-changed', to: requestingPrincipal(after) }],
    nextKey: { setForDeletionUntil: undefined },
  });
  return committed ? after : undefined;
}

/** The refusal, with what changed: the caller may know of it before anybody has read the mail. */
const lossChanged = ({ changes = [] }: In<'drifted'>): Decision<never> =>
  refuse(
    'loss-changed',
    changes.length === 0
      ? undefined
      : `What would be lost has changed since it was authorized: ${sayChanges(changes)}. The deletion has to be authorized again`,
  );

/** Whether this person's approval is what stands: two of their calls at once are one decision, and both hear its end. */
export async function approvedBy(context: Context, reference: Reference, person: Person): Promise<boolean> {
  const authorization = await loadAuthorization(context.store, reference);
  const stands =
    authorization?.status === 'approved' ||
    authorization?.status === 'destroying' ||
    authorization?.status === 'consumed';
  return stands && authorization.approver === person.id;
}

/**
 * Waits until an approved deletion is carried out, or has come to another end.
 * @returns the destroyed key; refused with `still-working` when it takes longer than a call may: the decision stands.
 */
export async function awaitDestruction(context: Context, reference: Reference): Promise<Decision<Key>> {
  const written = keyPartition(reference.instanceId, reference.keyId);
  const end = await waitFor(context, written, async () => {
    const authorization = await loadAuthorization(context.store, reference);
    return authorization !== undefined && isUnderWay(authorization.status) ? undefined : authorization;
  });
  if (end === undefined) return refuse('still-working');
  if (end.status === 'void') return refuse('not-carried-out', end.why);
  if (end.status === 'refused') {
    return end.manifest.external === undefined
      ? refuse('retention-found')
      : refuse('provider-refused', end.why);
  }
  if (end.status === 'drifted') return lossChanged(end);
  if (end.status === 'withdrawn') return refuse('stopped-meanwhile');
  if (end.status !== 'consumed') return refuse('loss-changed');
  const key = await loadKey(context.store, reference.instanceId, reference.keyId);
  return key === undefined ? refuse('key-not-found') : accept(key);
}
