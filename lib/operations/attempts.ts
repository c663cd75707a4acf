import type { Decision } from '../domain/refusal.ts';
import { refuse } from '../domain/refusal.ts';
import type { Context } from './context.ts';

/** How often a decision is made anew because somebody else's write came first. */
const MOST_ATTEMPTS = 10;
/** Longest pause before the next attempt, in milliseconds; drawn at random so that rivals part. */
const LONGEST_PAUSE = 40;

/**
 * Loads, decides and commits, and does it again when the commit came second (`undefined`). Every attempt decides on
 * what is there now, for the same authorization and round: a refusal that it finds then stands.
 */
export async function attempt<T>(
  context: Pick<Context, 'clock'>,
  once: () => Promise<Decision<T> | undefined>,
): Promise<Decision<T>> {
  for (let tried = 0; tried < MOST_ATTEMPTS; tried += 1) {
    if (tried > 0) await context.clock.sleep(Math.random() * LONGEST_PAUSE);
    const decision = await once();
    if (decision !== undefined) return decision;
  }
  return refuse('conflict');
}

/** How long a call waits for the workflow (Go's client gives up at 10 seconds), in milliseconds. */
const LONGEST_WAIT = 8_000;
const FIRST_PAUSE = 2;
const LONGEST_POLL_PAUSE = 50;

/**
 * Asks again and again until there is an answer; undefined when the time is over. In growing pauses, which end early
 * where the process tells of what is written. Counts its own pauses, so that a clock that jumps does not end it.
 * @param partition what the answer is written to
 */
export async function waitFor<T>(
  { clock, writings }: Pick<Context, 'clock' | 'writings'>,
  partition: string,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let waited = 0;
  let pause = writings === undefined ? FIRST_PAUSE : LONGEST_POLL_PAUSE;
  let sleeping: Promise<number> | undefined;
  for (;;) {
    // Listened for before looking: what is written in between is not missed.
    const writing = writings?.next(partition);
    const found = await look();
    if (found !== undefined || waited >= LONGEST_WAIT) {
      writing?.forget();
      return found;
    }
    const length = pause;
    sleeping ??= clock.sleep(length).then(() => length);
    const slept = await (writing === undefined ? sleeping : Promise.race([sleeping, writing.written]));
    writing?.forget();
    // Woken by a write: the pause goes on, so that many writes do not make the time longer.
    if (slept === undefined) continue;
    sleeping = undefined;
    waited += slept;
    pause = Math.min(pause * 2, LONGEST_POLL_PAUSE);
  }
}
