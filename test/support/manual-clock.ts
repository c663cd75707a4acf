import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EngineClock } from '../../lib/engine/engine.ts';
import type { Clock } from '../../lib/ports/clock.ts';

/** A clock that stands still until it is told to move; serves as the engine's clock and as the `Clock` port. */
export interface ManualClock extends EngineClock, Clock {
  /** Moves to this time; each timer on the way fires at its own time, and what it starts runs before the next one. */
  advanceTo(time: number): Promise<void>;
  advance(milliseconds: number): Promise<void>;
  /** Sets the time without firing anything, as somebody who sets the machine's clock; may go backwards. */
  set(time: number): void;
  /** Lets work that needs no time run, until no timer has been set for a while. */
  settle(): Promise<void>;
  /** How many timers are armed, and when the first of them fires. */
  readonly armed: number;
  readonly next: number | undefined;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

// Each durable step takes one turn of the event loop and sets a timer for its function.
const QUIET_TURNS = 12;

export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  let changes = 0;
  const timers = new Set<Timer>();

  const due = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];

  const fire = (timer: Timer): void => {
    if (timers.delete(timer)) timer.run();
  };

  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = changes; quiet < QUIET_TURNS; quiet += 1) {
      await nextTurn();
      if (changes !== seen) {
        seen = changes;
        quiet = 0;
      }
    }
  };

  const clock: ManualClock = {
    now: () => now,
    schedule(at, run) {
      const timer = { at, run };
      changes += 1;
      timers.add(timer);
      // What is due already fires by itself, as it would on a clock that runs.
      if (at <= now) setImmediate(() => fire(timer));
      return () => {
        changes += 1;
        timers.delete(timer);
      };
    },
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        clock.schedule(now + milliseconds, resolve);
      }),
    async advanceTo(time) {
      await settle();
      for (let next = due(time); next !== undefined; next = due(time)) {
        now = Math.max(now, next.at);
        fire(next);
        await settle();
      }
      now = Math.max(now, time);
      await settle();
    },
    advance: (milliseconds) => clock.advanceTo(now + milliseconds),
    set(time) {
      now = time;
      for (const timer of timers) if (timer.at <= now) setImmediate(() => fire(timer));
    },
    settle,
    get armed() {
      return timers.size;
    },
    get next() {
      return due(Number.POSITIVE_INFINITY)?.at;
    },
  };
  return clock;
}
