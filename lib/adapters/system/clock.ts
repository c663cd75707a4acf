import type { Clock } from '../../ports/clock.ts';

/** Node fires a timer that is longer than this (2^31 - 1 ms, 24.8 days) at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clock. Its sleep keeps the process alive: somebody awaits it. */
export const systemClock: Clock = {
  now: () => Date.now(),

  async sleep(milliseconds) {
    let left = milliseconds;
    do {
      await timer(Math.min(left, LONGEST_TIMER_MS));
      left -= LONGEST_TIMER_MS;
    } while (left > 0);
  },
};

const timer = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
