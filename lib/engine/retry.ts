import type { Retrier } from './definition.ts';
import type { Chance } from './functions.ts';

/** A failed state, as Retry and Catch see it. */
export interface StateFailure {
  /** `undefined` where SendTaskFailure gave none. */
  readonly error?: string;
  readonly cause?: string;
  /** A second name for the same failure: a missed heartbeat is also a time-out. */
  readonly alias?: string;
}

/** Errors that nothing retries or catches (developer guide, "Handling errors"). */
const TERMINAL = 'States.Runtime';
const TIMEOUTS: readonly unknown[] = ['States.Timeout', 'States.HeartbeatTimeout'];

/**
 * Whether a list of ErrorEquals matches. States.ALL matches all but States.Runtime (States.DataLimitExceeded too, as
 * recorded on AWS, whatever the guide says); States.TaskFailed all but time-outs and States.Runtime.
 */
export function matches(errors: readonly string[], { error, alias }: StateFailure): boolean {
  if (error === TERMINAL) return false;
  return errors.some((name) => {
    if (name === 'States.ALL') return true;
    if (name === error || (alias !== undefined && name === alias)) return true;
    return name === 'States.TaskFailed' && !TIMEOUTS.includes(error);
  });
}

/**
 * How long to wait before a retry, in milliseconds: interval × backoff^(attempt − 1), at most the maximum; with full
 * jitter, anything from 0 to that.
 *
 * @param attempt 1 for the first retry by this retrier.
 */
export function retryDelay(retrier: Retrier, attempt: number, chance: Chance): number {
  const backedOff = retrier.intervalSeconds * retrier.backoffRate ** (attempt - 1);
  const seconds = Math.min(backedOff, retrier.maxDelaySeconds ?? LONGEST_RETRY_SECONDS);
  return Math.round((retrier.jitter ? seconds * chance() : seconds) * 1_000);
}

// Where MaxDelaySeconds is not given, what it could be at most: keeps the sum a date.
const LONGEST_RETRY_SECONDS = 31_622_400;
