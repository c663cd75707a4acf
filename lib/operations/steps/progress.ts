import type { Authorization, Status } from '../../domain/authorization.ts';
import { type EpochMillis, SECOND } from '../../domain/time.ts';

/** What a step answers, and all that the workflow goes by. */
export interface Progress {
  readonly status: Status | 'not-recorded';
  /** Until the window, or the time for re-authorization, ends; null where nothing waits. */
  readonly secondsLeft: number | null;
}

export function progressOf(authorization: Authorization, now: EpochMillis): Progress {
  return { status: authorization.status, secondsLeft: secondsLeft(authorization, now) };
}

function secondsLeft(authorization: Authorization, now: EpochMillis): number | null {
  switch (authorization.status) {
    case 'pending':
      return secondsUntil(authorization.windowEndsAt, now);
    case 'lapsed':
    case 'drifted':
      return secondsUntil(authorization.reauthorizeEndsAt, now);
    default:
      return null;
  }
}

/** Rounded up, so that a timer never fires before the end. */
const secondsUntil = (end: EpochMillis, now: EpochMillis): number =>
  Math.max(0, Math.ceil((end - now) / SECOND));
