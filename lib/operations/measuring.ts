import type { Authorization } from '../domain/authorization.ts';
import { remindersOf } from '../domain/reminder.ts';
import { SEEN_WAITING } from '../domain/seen-waiting.ts';
import { type EpochMillis, MINUTE, toDate } from '../domain/time.ts';
import type { Item } from '../ports/store.ts';
import type { Context } from './context.ts';
import { dueSince } from './records/due.ts';

/** A step is started within a second, runs for 30 at most and is repeated a few times: later than this it was not woken. */
const CARRIED_OUT_WITHIN = 5 * MINUTE;

/** What waits, for whom, since when and until when; undefined: it waits for nobody. */
function waitOf(
  authorization: Authorization,
): { readonly waitsFor: string; readonly since: EpochMillis; readonly until: EpochMillis } | undefined {
  switch (authorization.status) {
    case 'pending':
      return { waitsFor: 'approver', since: authorization.requestedAt, until: authorization.windowEndsAt };
    case 'lapsed':
    case 'drifted':
      return { waitsFor: 'requester', since: authorization.closedAt, until: authorization.reauthorizeEndsAt };
    default:
      return undefined;
  }
}

/** Says in the log and the measures what the sweeper sees of an authorization: that it waits, or that it should have gone on. */
export function tellOf({ log, metrics, clock }: Context, authorization: Authorization): void {
  const now = clock.now();
  const wait = waitOf(authorization);
  if (wait === undefined) {
    if (decidedAt(authorization) + CARRIED_OUT_WITHIN < now) metrics?.record({ DecisionsNotWoken: 1 });
    if (authorization.status === 'destroying' && authorization.stalledAt !== undefined) {
      metrics?.record({ DeletionsStalled: 1 });
    }
    return;
  }
  log.info(SEEN_WAITING, {
    authorizationId: authorization.id,
    instanceId: authorization.instanceId,
    keyId: authorization.keyId,
    waitsFor: wait.waitsFor,
    since: toDate(wait.since),
    until: toDate(wait.until),
    round: authorization.round,
  });
  if (wasRemindedLast(authorization, now)) metrics?.record({ ApprovalsNearTheirEnd: 1 });
}

/** The Managers have been reminded for the last time, and the window is open still. */
function wasRemindedLast(authorization: Authorization, now: EpochMillis): boolean {
  const last = remindersOf(authorization).at(-1)?.at;
  return (
    authorization.status === 'pending' &&
    last !== undefined &&
    last <= now &&
    now < authorization.windowEndsAt
  );
}

/** When somebody last decided; one that is being destroyed elsewhere has gone on, and takes its time. */
function decidedAt(authorization: Authorization): EpochMillis {
  if (authorization.status === 'approved') return authorization.approvedAt;
  return 'endedAt' in authorization ? authorization.endedAt : Number.POSITIVE_INFINITY;
}

/** How much a sweep has found, and how long the oldest of it has been due. */
export function tellOfSweep({ metrics, clock }: Context, due: readonly Item[]): void {
  if (metrics === undefined) return;
  const now = clock.now();
  const oldest = due.reduce((least, item) => Math.min(least, dueSince(item) ?? now), now);
  metrics.record({ DueItems: due.length, SecondsBehind: Math.round((now - oldest) / 1_000) });
}
