import { describe, expect, it } from 'vitest';
import { chance } from '../../lib/engine/functions.ts';
import { matches, retryDelay } from '../../lib/engine/retry.ts';

const retrier = { errors: ['E'], intervalSeconds: 4, maxAttempts: 9, backoffRate: 2, jitter: false };
const draws = chance('key', 'seed');

describe('the delay before a retry', () => {
  it('grows by the backoff rate, up to the longest delay', () => {
    const delays = (more: object) => [1, 2, 3, 4].map((n) => retryDelay({ ...retrier, ...more }, n, draws));
    expect(delays({})).toEqual([4_000, 8_000, 16_000, 32_000]);
    expect(delays({ maxDelaySeconds: 10 })).toEqual([4_000, 8_000, 10_000, 10_000]);
    expect(delays({ backoffRate: 1 })).toEqual([4_000, 4_000, 4_000, 4_000]);
  });

  it('stays a number of milliseconds however often it has grown', () => {
    expect(retryDelay({ ...retrier, backoffRate: 1e9 }, 9_999, draws)).toBe(31_622_400_000);
  });

  it('with full jitter lies anywhere between nothing and what it would be without', () => {
    const delays = Array.from({ length: 500 }, () => retryDelay({ ...retrier, jitter: true }, 2, draws));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(8_000);
    expect(Math.min(...delays)).toBeLessThan(800);
    expect(Math.max(...delays)).toBeGreaterThan(7_200);
    expect(new Set(delays).size).toBeGreaterThan(400);
  });
});

describe('an error', () => {
  it.each([
    ['E', ['E'], true],
    ['E', ['F', 'E'], true],
    ['E', ['e'], false],
    ['E', ['States.ALL'], true],
    ['E', ['States.TaskFailed'], true],
    ['States.Timeout', ['States.Timeout'], true],
    ['States.Timeout', ['States.ALL'], true],
    ['States.Timeout', ['States.TaskFailed'], false],
    ['States.Timeout', ['States.HeartbeatTimeout'], false],
    ['States.DataLimitExceeded', ['States.ALL'], true],
    ['States.QueryEvaluationError', ['States.QueryEvaluationError'], true],
    ['States.Runtime', ['States.ALL'], false],
    ['States.Runtime', ['States.TaskFailed'], false],
    ['States.Runtime', ['States.Runtime'], false],
    [undefined, ['States.ALL'], true],
    [undefined, ['States.TaskFailed'], true],
    [undefined, ['E'], false],
  ] as const)('called %s is matched by %j: %s', (error, errors, expected) => {
    expect(matches(errors, error === undefined ? {} : { error })).toBe(expected);
  });

  it('of a missed heartbeat is matched by either name of it', () => {
    const missed = { error: 'States.Timeout', alias: 'States.HeartbeatTimeout' };
    expect(matches(['States.HeartbeatTimeout'], missed)).toBe(true);
    expect(matches(['States.Timeout'], missed)).toBe(true);
    expect(matches(['States.TaskFailed'], missed)).toBe(false);
  });
});
