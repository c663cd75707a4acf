import { approvalOf, common, type In } from './authorization.ts';
import { isUsedSince, whyProtectedThere } from './external-key.ts';
import type { Key } from './key.ts';
import type { Manifest } from './manifest.ts';
import { type BothPeople, carryOut, drift, NOT_FORCED, RETAINED, refusedFor } from './outcome.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { type EpochMillis, MINUTE } from './time.ts';

/**
 * How long a call to a provider may still be under way after it began, in milliseconds: a step is given up after 60
 * seconds. Until then nobody can say that the key was not destroyed by it.
 */
export const CALL_SETTLED = 2 * MINUTE;
/** When everybody is told that a deletion has begun and does not go on, in milliseconds. */
export const STALLED_AFTER = 5 * MINUTE;

/** What would be lost as its provider has it at this moment, or why it does not say. */
export type LossNow =
  | { readonly manifest: Manifest; readonly lossDigest: string }
  | { readonly refused: string };

/** States at AWS KMS in which somebody else has deleted the key already. */
const GOING: ReadonlySet<string> = new Set(['PendingDeletion', 'PendingReplicaDeletion', 'Destroyed']);

/**
 * What becomes of an approved authorization when a key that lives elsewhere is about to be destroyed there: `destroying`
 * under all that {@link carryOut} asks for, and only while the provider shows what two people agreed to.
 */
export function beginDestroying(
  current: { readonly authorization: In<'approved'>; readonly key: Key },
  people: BothPeople,
  { loss, reauthorizationWindow }: { readonly loss: LossNow; readonly reauthorizationWindow: number },
  now: EpochMillis,
): Exclude<ReturnType<typeof carryOut>, In<'consumed'>> | In<'destroying'> {
  const { authorization } = current;
  const carried = carryOut(current, people, reauthorizationWindow, now);
  if (carried.status !== 'consumed') return carried;
  if ('refused' in loss) return refusedFor(loss.refused, authorization, now);
  const { external } = loss.manifest;
  if (external !== undefined && GOING.has(external.state)) {
    return refusedFor(
      `somebody else has deleted the key where it lives: ${external.state}`,
      authorization,
      now,
    );
  }
  const changed = loss.lossDigest !== authorization.lossDigest;
  if (changed || isUsedSince(authorization.manifest.external, external)) {
    return drift(authorization, reauthorizationWindow, now);
  }
  const why = whyProtectedThere(external, authorization.force);
  if (why !== undefined)
    return refusedFor(why === 'retention-found' ? RETAINED : NOT_FORCED, authorization, now);
  return {
    ...common(authorization),
    ...approvalOf(authorization),
    status: 'destroying',
    startedAt: now,
    attempts: 0,
    attemptedAt: now,
  };
}

/** The provider has destroyed the key, or will at a time of its own. */
export const finishDestroying = (authorization: In<'destroying'>, now: EpochMillis): In<'consumed'> => ({
  ...common(authorization),
  ...approvalOf(authorization),
  status: 'consumed',
  endedAt: now,
});

/** The provider refuses for good, and it is sure that the key is still there. */
export const refuseDestroying = (
  authorization: In<'destroying'>,
  why: string,
  now: EpochMillis,
): In<'refused'> => refusedFor(why, authorization, now);

/** The same deletion, about which everybody is told that it does not go on. */
export const stall = (
  authorization: In<'destroying'>,
  problem: string,
  now: EpochMillis,
): In<'destroying'> => ({ ...authorization, stalledAt: now, problem });

/** Whether it is time to tell everybody; once a deletion. */
export const isStallTold = ({ stalledAt }: In<'destroying'>): boolean => stalledAt !== undefined;

/** Whether a call that was made can still reach the provider. */
export const mayBeUnderWay = (
  { attempts, attemptedAt }: Pick<In<'destroying'>, 'attempts' | 'attemptedAt'>,
  now: EpochMillis,
): boolean => attempts > 0 && now - attemptedAt < CALL_SETTLED;

/**
 * Whether a Manager may give a deletion up that has begun and does not go on. Only when everybody was told, and nothing
 * that was asked of the provider can still be under way.
 */
export function mayAbandon(
  { authorization, key }: { readonly authorization: In<'destroying'>; readonly key: Key },
  now: EpochMillis,
): Decision<void> {
  if (key.authorizationId !== authorization.id) return refuse('other-round');
  if (!isStallTold(authorization)) return refuse('deletion-not-stalled');
  if (mayBeUnderWay(authorization, now)) return refuse('deletion-not-stalled', STILL_ASKED);
  return accept(undefined);
}

const STILL_ASKED =
  'The provider was asked within the last two minutes, and may still do it. Repeat the request later';
