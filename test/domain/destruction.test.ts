import { describe, expect, it } from 'vitest';
import {
  destructionDates,
  isRestorable,
  mayPurge,
  mayRestore,
  nextDestructionStep,
  parseRestoreWindow,
  restoreWindowOf,
} from '../../lib/domain/destruction.ts';
import { ACTIVE, DESTROYED, type Key } from '../../lib/domain/key.ts';
import type { Decision } from '../../lib/domain/refusal.ts';
import { DAY, HOUR, SECOND } from '../../lib/domain/time.ts';
import { ASKED, key } from './samples.ts';

const destroyed = (other: Partial<Key> = {}): Key =>
  key({ state: DESTROYED, deletedAt: ASKED, restoreUntil: ASKED + 30 * DAY, ...other });
const code = (decision: Decision<unknown>) => (decision.ok ? 'yes' : decision.refusal.code);

it('a restore window is none to 90 days, and what was made before there was one has none', () => {
  expect(['PT0S', 'P30D', 'P90D', 'PT1H'].map(parseRestoreWindow)).toEqual([0, 2_592_000, 7_776_000, 3_600]);
  expect(['P91D', 'P90DT1S', '', '30', 'P', '-P1D'].map(parseRestoreWindow)).toEqual(
    Array(6).fill(undefined),
  );
  expect([restoreWindowOf({}), restoreWindowOf({ restoreWindow: 60 })]).toEqual([0, 60_000]);
});

describe('restoring', () => {
  it.each([
    ['a key that is not destroyed', key(), ASKED + HOUR, 'key-not-active'],
    ['before 30 seconds have gone by', destroyed(), ASKED + 30 * SECOND - 1, 'too-early'],
    ['from 30 seconds on', destroyed(), ASKED + 30 * SECOND, 'yes'],
    ['up to the end of the window', destroyed(), ASKED + 30 * DAY - 1, 'yes'],
    ['at its end', destroyed(), ASKED + 30 * DAY, 'restore-expired'],
    [
      'when it was shredded before that',
      destroyed({ shreddedAt: ASKED + HOUR }),
      ASKED + DAY,
      'restore-expired',
    ],
    [
      'of a key from before there were windows',
      destroyed({ restoreUntil: undefined }),
      ASKED + DAY,
      'restore-expired',
    ],
    ['just before the key expires', destroyed({ expiresAt: ASKED + DAY }), ASKED + DAY - 1, 'yes'],
    ['when it has expired', destroyed({ expiresAt: ASKED + DAY }), ASKED + DAY, 'key-expired'],
    [
      'of a key without a window that expired too',
      destroyed({ restoreUntil: ASKED, expiresAt: ASKED }),
      ASKED,
      'key-expired',
    ],
  ] as const)('%s', (_, one, now, expected) => {
    expect(code(mayRestore(one, now))).toBe(expected);
  });

  it('is offered from the deletion on, until the window ends or the key expires', () => {
    expect(
      [ASKED, ASKED + 30 * DAY - 1, ASKED + 30 * DAY].map((now) => isRestorable(destroyed(), now)),
    ).toEqual([true, true, false]);
    expect(isRestorable(destroyed({ expiresAt: ASKED + DAY }), ASKED + DAY)).toBe(false);
    expect(isRestorable(key({ deletedAt: ASKED, state: ACTIVE }), ASKED)).toBe(false);
  });
});

it('a person purges from four hours after the deletion on, and only what is destroyed', () => {
  expect(code(mayPurge(key(), ASKED + DAY))).toBe('key-not-active');
  expect(code(mayPurge(destroyed(), ASKED + 4 * HOUR - 1))).toBe('too-early');
  expect(code(mayPurge(destroyed(), ASKED + 4 * HOUR))).toBe('yes');
});

describe('time', () => {
  it('shreds at the end of the window, then purges 90 days after the deletion, then has nothing left to do', () => {
    const shredded = destroyed({ shreddedAt: ASKED + 31 * DAY });
    expect(nextDestructionStep(destroyed())).toEqual({ what: 'shred', at: ASKED + 30 * DAY });
    expect(nextDestructionStep(shredded)).toEqual({ what: 'purge', at: ASKED + 90 * DAY });
    expect(nextDestructionStep({ ...shredded, purgedAt: ASKED + 91 * DAY })).toBeUndefined();
    expect(nextDestructionStep(key({ deletedAt: ASKED }))).toBeUndefined();
  });

  it('purges at once where the window is as long as that, or there was none', () => {
    for (const restoreUntil of [ASKED + 90 * DAY, undefined]) {
      expect(nextDestructionStep(destroyed({ restoreUntil }))).toEqual({
        what: 'purge',
        at: ASKED + 90 * DAY,
      });
    }
  });
});

it('a restored key has no dates of a destruction any more', () => {
  expect(destructionDates(key({ deletedAt: ASKED }))).toBeUndefined();
  expect(destructionDates(destroyed())).toEqual({
    restoreFrom: ASKED + 30 * SECOND,
    restoreUntil: ASKED + 30 * DAY,
    purgeFrom: ASKED + 4 * HOUR,
    purgeScheduledOn: ASKED + 90 * DAY,
  });
});
