import { expect, test } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { atStake, whatIsLeft } from '../../lib/mails/consequences.ts';
import { ASKED, key } from '../domain/samples.ts';

test('what is at stake is final only where the instance has no restore window', () => {
  expect(atStake({ restoreWindow: 2_592_000 })).toContain(
    'A Manager can restore the key for 30 days, unless',
  );
  for (const instance of [{ restoreWindow: 0 }, {}]) {
    expect(atStake(instance)).toMatch(/inaccessible for ever. Nobody can bring it back.$/);
  }
});

test('what is left says until when a key can be restored, that it cannot, or that it was', () => {
  const destroyed = key({ state: DESTROYED, deletedAt: ASKED, restoreUntil: ASKED + 86_400_000 });
  expect(whatIsLeft(destroyed)).toContain('can restore the key until Sun, 11 Jan 2026 00:00 UTC');
  expect(whatIsLeft({ ...destroyed, shreddedAt: ASKED })).toMatch(/Nobody can bring it back.$/);
  expect(whatIsLeft(key({ state: DESTROYED, deletedAt: ASKED }))).toMatch(/Nobody can bring it back.$/);
  expect(whatIsLeft(key({ deletedAt: ASKED }))).toBe('It was restored since then.');
});
