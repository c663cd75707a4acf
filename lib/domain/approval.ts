import type { Authorization, DecidedThrough, In } from './authorization.ts';
import { common } from './authorization.ts';
import { DESTROYED, type Key } from './key.ts';
import { holds, type Person } from './person.ts';
import { accept, type Decision, type RefusalCode, refuse } from './refusal.ts';
import type { EpochMillis } from './time.ts';

/**
 * Who may give the second authorization: an active Manager, a person and not a service, somebody else than the
 * round's requester, and Manager since before the round began. The rule that this product exists for.
 */
export function whyNotApprover(person: Person, round: Authorization): RefusalCode | undefined {
  if (!holds(person, ['Manager'])) return 'access-denied';
  if (person.id === round.requester) return 'own-request';
  if (person.kind === 'service') return 'service-identity';
  if ((person.roles.Manager ?? Number.POSITIVE_INFINITY) >= round.requestedAt) return 'grant-too-young';
  return undefined;
}

/** Whether anybody could approve what this requester asks for at this moment. */
export const somebodyCouldApprove = (
  people: readonly Person[],
  requester: string,
  now: EpochMillis,
): boolean =>
  people.some(
    (person) =>
      person.id !== requester &&
      person.kind === 'user' &&
      holds(person, ['Manager']) &&
      (person.roles.Manager ?? now) < now,
  );

export interface ApproveCommand {
  readonly approver: Person;
  /** The round's requester as they are now; undefined when not known any more. */
  readonly requester: Person | undefined;
  /** The round that the approver saw. */
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  /** The digest of the manifest that the approver saw, where they saw one. */
  readonly manifestDigest?: string;
  readonly note?: string;
}

/** Records the second authorization. Everything checked here is a condition of the write as well. */
export function approve(
  current: { readonly authorization: Authorization; readonly key: Key },
  command: ApproveCommand,
  now: EpochMillis,
): Decision<In<'approved'>> {
  const { authorization, key } = current;
  const { approver, requester, round, decidedThrough, manifestDigest, note } = command;
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (key.authorizationId !== authorization.id) return refuse('other-round');
  if (authorization.round !== round) return refuse('other-round');
  if (authorization.status === 'lapsed') return refuse('window-closed');
  if (authorization.status === 'drifted') return refuse('loss-changed');
  if (authorization.status !== 'pending') return refuse('already-decided');
  if (now >= authorization.windowEndsAt) return refuse('window-closed');
  const why = whyNotApprover(approver, authorization);
  if (why !== undefined) return refuse(why);
  if (requester === undefined || !holds(requester, [authorization.requesterRole]))
    return refuse('requester-gone');
  if (key.lossVersion !== authorization.lossVersion) return refuse('loss-changed');
  if (manifestDigest !== undefined && manifestDigest !== authorization.manifestDigest)
    return refuse('manifest-mismatch');
  return accept({
    ...common(authorization),
    status: 'approved',
    approver: approver.id,
    approvedAt: now,
    decidedThrough,
    ...(note !== undefined && { note }),
  });
}
