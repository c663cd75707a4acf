import { expect, test } from 'vitest';
import { EVENT_TRIED_FOR, passSpan } from '../../lib/domain/archive-pass.ts';
import { DAY, HOUR } from '../../lib/domain/time.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const passes = Array.from({ length: 10 }, (_, day) => passSpan(NOW + day * DAY));

test.each([0, 1, 5, 11.9, 12, 18, 23.9])(
  'whatever closed %d hours after a pass is looked for by three later ones at least, each of them when its event is over',
  (hours) => {
    const closedAt = NOW + hours * HOUR;
    const looking = passes.filter(({ since, until }) => closedAt >= since && closedAt < until);
    expect(looking.length).toBeGreaterThanOrEqual(3);
    for (const { until } of looking) expect(until - closedAt).toBeGreaterThan(0);
    expect(NOW - passSpan(NOW).until).toBe(2 * EVENT_TRIED_FOR);
  },
);

test('somebody who says from when on moves the beginning and not the end', () => {
  expect(passSpan(NOW, NOW - 90 * DAY)).toEqual({ ...passSpan(NOW), since: NOW - 90 * DAY });
});
