import type { EngineClock } from '../../../lib/engine/clock.ts';

/** How many times faster than the machine's clock. */
const SPEED = 20;

/**
 * A clock that runs fast, and the same in every process that knows when it began: what waits for seconds is due while
 * the test still looks.
 * @param origin when it began, in milliseconds since 1970.
 * @param ahead how far it is set forward, in milliseconds.
 */
export function fastClock(origin: number, ahead = 0): EngineClock {
  const now = () => Math.floor(origin + (Date.now() - origin) * SPEED + ahead);
  const schedule = (at: number, run: () => void) => {
    let timer = setTimeout(check, (at - now()) / SPEED);
    function check(): void {
      if (now() >= at) run();
      else timer = setTimeout(check, Math.min((at - now()) / SPEED, 60_000));
    }
    return () => clearTimeout(timer);
  };
  return { now, schedule };
}
