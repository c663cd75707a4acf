import { problemFields } from '../domain/errors.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import type { EngineClock } from '../engine/clock.ts';
import type { Log } from '../ports/log.ts';

export interface Sweeper {
  /** No sweep begins any more; resolves when one that runs has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps at once and then a minute after each sweep's end, so that two never overlap. A sweep that fails is logged
 * and the next one comes all the same.
 * @param isUnfinished whether a sweep has left something that it could do: then the next one begins after a second.
 */
export function startSweeper<Swept>(
  sweep: () => Promise<Swept>,
  clock: EngineClock,
  log: Log,
  isUnfinished: (swept: Swept) => boolean = () => false,
): Sweeper {
  let running = Promise.resolve();
  let stopped = false;
  const once = async () => {
    const unfinished = await sweep().then(isUnfinished, (error: unknown) => {
      log.error('a sweep failed', problemFields(error));
      return false;
    });
    if (!stopped) cancel = clock.schedule(clock.now() + (unfinished ? SECOND : MINUTE), begin);
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
