import type { ProblemContext } from './api.ts';
import type { EngineClock } from './clock.ts';
import type { Executions } from './executions.ts';
import type { Fault } from './faults.ts';
import type { Due, Journal } from './journal.ts';
import { overdue } from './machine.ts';

/** How many executions one look at the index wakes together. */
const BATCH = 100;
const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 30_000;

/** Moves executions whose time has come (invariants 5 and 6). */
export interface Wakes {
  /** An execution will be due at this time. */
  at(time: number): void;
  /** Looks at the index: after opening, for what fell due while the process was down. */
  look(): void;
  stop(): void;
  idle(): Promise<void>;
}

interface Parts {
  readonly clock: EngineClock;
  readonly journal: Journal;
  readonly executions: Pick<Executions, 'move'>;
  readonly report: (error: unknown, context: ProblemContext) => void;
  readonly fault: Fault | undefined;
}

export function wakes({ clock, journal, executions, report, fault }: Parts): Wakes {
  let sweep: Promise<void> | undefined;
  let backoff = 0;
  let stopped = false;
  const timer = deadlineTimer(clock, fire);

  function fire(): void {
    // A sweep that is under way reads the index again before it ends.
    if (stopped || sweep !== undefined) return;
    sweep = wakeAllDue()
      .catch((error: unknown) => {
        report(error, { step: 'fire-timer' });
        return false;
      })
      .then((allWoken) => {
        sweep = undefined;
        fault?.('timers: moved, not armed again');
        rearm(allWoken);
      });
  }

  /** What could not be moved is tried again later, without keeping the others from their time. */
  function rearm(allWoken: boolean): void {
    if (stopped) return;
    backoff = allWoken ? 0 : Math.min(Math.max(backoff * 2, FIRST_BACKOFF), LONGEST_BACKOFF);
    const next = nextWake();
    if (next !== undefined) timer.arm(Math.max(next, clock.now() + backoff));
  }

  function nextWake(): number | undefined {
    try {
      return journal.nextWake();
    } catch (error) {
      report(error, { step: 'fire-timer' });
      return clock.now() + LONGEST_BACKOFF;
    }
  }

  async function wakeAllDue(): Promise<boolean> {
    let allWoken = true;
    let after: Due = { wake: 0, id: 0 };
    for (;;) {
      // Whoever closes may have closed the database too.
      if (stopped) return allWoken;
      const batch = journal.due(clock.now(), after, BATCH);
      const last = batch.at(-1);
      if (last === undefined) return allWoken;
      after = last;
      fault?.('timers: due, none moved');
      const woken = await Promise.all(batch.map(({ id }) => wake(id)));
      allWoken &&= woken.every(Boolean);
    }
  }

  async function wake(id: number): Promise<boolean> {
    try {
      return await executions.move(id, overdue);
    } catch (error) {
      report(error, { step: 'fire-timer', execution: id });
      return false;
    }
  }

  return {
    at(time) {
      if (!stopped && sweep === undefined) timer.arm(time);
    },
    look: () => rearm(true),
    stop() {
      stopped = true;
      timer.cancel();
    },
    async idle() {
      await sweep;
    },
  };
}

/** The one timer for the next deadline, whatever the number of executions that wait (invariant 6). */
interface DeadlineTimer {
  /** Fires at this time, unless an earlier one is armed already. */
  arm(at: number): void;
  cancel(): void;
}

function deadlineTimer(clock: EngineClock, fire: () => void): DeadlineTimer {
  let armed: { readonly at: number; readonly cancel: () => void } | undefined;
  const cancel = () => {
    armed?.cancel();
    armed = undefined;
  };
  return {
    arm(at) {
      if (armed !== undefined && armed.at <= at) return;
      cancel();
      const disarm = clock.schedule(at, () => {
        armed = undefined;
        fire();
      });
      armed = { at, cancel: disarm };
    },
    cancel,
  };
}
