import type { SinkPositions } from '../adapters/sqlite/event-feed.ts';
import { TransientError } from '../domain/errors.ts';
import { type EpochMillis, HOUR, MINUTE, SECOND } from '../domain/time.ts';
import type { EngineClock } from '../engine/clock.ts';
import type { EventFeed, FedItem } from '../ports/event-feed.ts';
import type { EventSink, OutgoingEvent } from '../ports/event-sink.ts';
import type { Log } from '../ports/log.ts';

/** Between attempts, in milliseconds: 1, 2, 4 … seconds, at last an hour, for as long as it takes. */
const FIRST_DELAY = SECOND;
const LONGEST_DELAY = HOUR;

export interface PumpOptions {
  readonly sink: EventSink;
  readonly feed: EventFeed;
  readonly positions: SinkPositions;
  /** What an item is on its way out; one that is undefined is passed over. */
  readonly outgoing: (fed: FedItem) => OutgoingEvent | undefined;
  readonly clock: EngineClock;
  readonly log: Log;
  /** From 0 on, below 1. */
  readonly random?: () => number;
}

export interface SinkStatus {
  readonly name: string;
  /** `gone`: it wants no more, and is left alone until it is resumed. `failing`: it is tried again. `stopped`: no server runs. */
  readonly state: 'up-to-date' | 'delivering' | 'failing' | 'gone' | 'stopped';
  /** The last event that it has taken. */
  readonly position: number;
  /** Attempts that failed since the last that did not, and why the last one did. */
  readonly failures: number;
  readonly problem?: string;
  readonly nextAttemptAt?: EpochMillis;
  readonly goneAt?: EpochMillis;
}

export interface Pump {
  /** There may be something new. */
  readonly poke: () => void;
  /** Tries again now, also a sink that had said that it wants no more. */
  readonly resume: () => Promise<void>;
  readonly status: () => SinkStatus;
  /** Nothing is begun any more; resolves when what runs has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Delivers the feed to one sink, in order and one batch at a time, from where it was left. The sink's position is kept
 * after it has taken a batch: killed in between, the batch comes again. So every event is delivered at least once, and
 * none before those that came earlier. A sink that does not take them holds up itself alone.
 */
export function startPump(options: PumpOptions): Pump {
  const { sink, feed, positions, clock, log } = options;
  let { position, goneAt } = positions.read(sink.name);
  let failures = 0;
  let problem: string | undefined;
  let nextAttemptAt: EpochMillis | undefined;
  let cancelAttempt = () => {};
  let running: Promise<void> | undefined;
  let pokedMeanwhile = false;
  let stopped = false;

  /** @returns whether there may be more. */
  async function once(): Promise<boolean> {
    const fed = await feed.after(position, sink.batch);
    const last = fed.at(-1);
    if (last === undefined) return false;
    const outcome = await sink.deliver(
      fed.flatMap((one) => options.outgoing(one) ?? []),
      position === 0,
    );
    if (outcome === 'gone') {
      const at = clock.now();
      await positions.save({ name: sink.name, position, goneAt: at });
      goneAt = at;
      log.error('a sink of events wants no more and gets none until it is resumed', { sink: sink.name });
      return false;
    }
    await positions.save({ name: sink.name, position: last.position });
    position = last.position;
    if (failures > 0) log.info('a sink of events takes them again', { sink: sink.name, failures });
    failures = 0;
    problem = undefined;
    return true;
  }

  function failed(error: unknown): void {
    failures += 1;
    problem = error instanceof TransientError ? error.message : 'unknown problem';
    const delay = delayAfter(failures, options.random ?? Math.random);
    nextAttemptAt = clock.now() + delay;
    log.error('events could not be delivered and will be again', {
      sink: sink.name,
      problem,
      failures,
      seconds: Math.round(delay / SECOND),
    });
    cancelAttempt = clock.schedule(nextAttemptAt, () => {
      nextAttemptAt = undefined;
      poke();
    });
  }

  async function run(): Promise<void> {
    try {
      do {
        pokedMeanwhile = false;
        while (!stopped && goneAt === undefined && (await once()));
      } while (pokedMeanwhile && !stopped && goneAt === undefined);
    } catch (error) {
      if (!stopped) failed(error);
    }
  }

  function poke(): void {
    pokedMeanwhile = true;
    if (stopped || goneAt !== undefined || nextAttemptAt !== undefined || running !== undefined) return;
    running = run().finally(() => {
      running = undefined;
    });
  }

  async function resume(): Promise<void> {
    if (goneAt !== undefined) await positions.save({ name: sink.name, position });
    goneAt = undefined;
    cancelAttempt();
    nextAttemptAt = undefined;
    poke();
  }

  // What was written without a poke, as by an earlier process, is found all the same.
  let cancelLook = () => {};
  const look = () => {
    poke();
    cancelLook = clock.schedule(clock.now() + MINUTE, look);
  };
  look();

  return {
    poke,
    resume,
    status: () => ({
      name: sink.name,
      state: stateOf({ goneAt, failures, running }),
      position,
      failures,
      ...(problem !== undefined && { problem }),
      ...(nextAttemptAt !== undefined && { nextAttemptAt }),
      ...(goneAt !== undefined && { goneAt }),
    }),
    async stop() {
      stopped = true;
      cancelAttempt();
      cancelLook();
      await running;
    },
  };
}

const stateOf = ({
  goneAt,
  failures,
  running,
}: {
  readonly goneAt: EpochMillis | undefined;
  readonly failures: number;
  readonly running: Promise<void> | undefined;
}): SinkStatus['state'] => {
  if (goneAt !== undefined) return 'gone';
  if (failures > 0) return 'failing';
  return running === undefined ? 'up-to-date' : 'delivering';
};

/** Doubled each time, and drawn from its upper half, so that many do not come back at one moment. */
const delayAfter = (failures: number, random: () => number): number =>
  Math.min(FIRST_DELAY * 2 ** (failures - 1), LONGEST_DELAY) * (0.5 + random() / 2);
