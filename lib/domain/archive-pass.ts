import { DAY, type EpochMillis, HOUR } from './time.ts';

/** How long EventBridge tries to hand an event to Lambda, and then Lambda to its function; in milliseconds, each. */
export const EVENT_TRIED_FOR = 6 * HOUR;

/** What closed less than this ago its event may still archive. */
const LEFT_TO_EVENTS = 2 * EVENT_TRIED_FOR;

/**
 * With a pass a day, (4 × 24 − 12) / 24 = 3.5 passes: at least three look for each execution, so that two in a row may
 * fail and nothing is lost. Step Functions keeps it for 90 days.
 */
const LOOK_BACK = 4 * DAY;

/** A time that executions closed in: from `since` on and before `until`, in milliseconds since 1970. */
export interface Span {
  readonly since: EpochMillis;
  readonly until: EpochMillis;
}

/**
 * When executions closed that a pass looks for. When they began does not count: one that ran for months is looked for
 * once it has closed.
 */
export const passSpan = (now: EpochMillis, since = now - LOOK_BACK): Span => ({
  since,
  until: now - LEFT_TO_EVENTS,
});
