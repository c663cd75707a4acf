import { problemFields } from '../domain/errors.ts';
import { MINUTE } from '../domain/time.ts';
import type { EngineClock } from '../engine/clock.ts';
import type { Log } from '../ports/log.ts';

export interface Sweeper {
  /** No sweep begins any more; resolves when one that runs has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps at once and then a minute after each sweep's end, so that two never overlap. A sweep that fails is logged
 * and the next one comes all the same.
 */
export function startSweeper(sweep: () => Promise<unknown>, clock: EngineClock, log: Log): Sweeper {
  let running = Promise.resolve();
  let stopped = false;
  const once = async () => {
    await sweep().catch((error: unknown) => log.error('a sweep failed', problemFields(error)));
    if (!stopped) cancel = clock.schedule(clock.now() + MINUTE, begin);
  };
  const begin = () => {
    running = once();
  };
  let cancel = clock.schedule(clock.now(), begin);
  return {
    stop() {
      stopped = true;
      cancel();
      return running;
    },
  };
}
