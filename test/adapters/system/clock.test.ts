import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../lib/adapters/system/clock.ts';

const DAY_MS = 86_400_000;

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('tells the time in milliseconds since 1970', () => {
    expect(systemClock.now()).toBe(1_000);
  });

  // A timer of more than 2^31 - 1 ms, 24.8 days, fires at once.
  test.for([0, 10, 60 * DAY_MS])('a sleep of %d ms ends neither before nor after', async (milliseconds) => {
    const ended = vi.fn();
    void systemClock.sleep(milliseconds).then(ended);
    if (milliseconds > 0) await vi.advanceTimersByTimeAsync(milliseconds - 1);
    if (milliseconds > 0) expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledOnce();
  });
});
