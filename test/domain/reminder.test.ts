import { expect, it } from 'vitest';
import { nextReminder, reminderAt, remindersOf } from '../../lib/domain/reminder.ts';
import { DAY, HOUR, MINUTE } from '../../lib/domain/time.ts';

const START = Date.UTC(2026, 0, 1);
const window = (length: number) => ({ requestedAt: START, windowEndsAt: START + length });
const WEEK = window(7 * DAY);

it.each([
  ['seven days', 7 * DAY, [3.5 * DAY, 6 * DAY]],
  ['a little more than two days', 2 * DAY + 2, [DAY + 1, DAY + 2]],
  ['two days', 2 * DAY, [DAY]],
  ['an hour', HOUR, [30 * MINUTE]],
  ['twenty minutes', 20 * MINUTE, [10 * MINUTE]],
  ['less than twenty minutes', 20 * MINUTE - 1, []],
  ['a second', 1000, []],
])('a window of %s has its reminders', (_, length, after) => {
  expect(remindersOf(window(length)).map(({ at }) => at - START)).toEqual(after);
});

it.each([
  [3.5 * DAY - 1, undefined],
  [3.5 * DAY, 'half-time-reminder'],
  [6 * DAY - 1, 'half-time-reminder'],
  [6 * DAY, 'last-day-reminder'],
  [7 * DAY - 1, 'last-day-reminder'],
  [7 * DAY, undefined],
])(
  'after %i milliseconds of seven days it is time for %s: an earlier one that was missed is left out',
  (after, reminder) => {
    expect(reminderAt(WEEK, START + after)).toBe(reminder);
  },
);

it('the next one is always one that is still to come', () => {
  const next = (after: number) => nextReminder(WEEK, START + after);
  expect(next(0)).toBe(START + 3.5 * DAY);
  expect(next(3.5 * DAY)).toBe(START + 6 * DAY);
  expect(next(6 * DAY)).toBeUndefined();
});
