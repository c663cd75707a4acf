import { expect, test } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { atStake, whatIsLeft } from '../../lib/mails/consequences.ts';
import { ASKED, key } from '../domain/samples.ts';
import { authorizationIn } from './story.ts';

test('what is at stake is final only where the instance has no restore window', () => {
  expect(atStake({ restoreWindow: 2_592_000 })).toContain(
    'A Manager can restore the key for 30 days, unless',
  );
  for (const instance of [{ restoreWindow: 0 }, {}]) {
    expect(atStake(instance)).toMatch(/inaccessible for ever. Nobody can bring it back.$/);
  }
});

test('what is left says until when a key can be restored, that it cannot, or that it was', () => {
  const deletion = authorizationIn('consumed');
  const left = (other: Parameters<typeof key>[0]) =>
    whatIsLeft(deletion, key({ deletedAt: ASKED, authorizationId: deletion.id, ...other }));
  const destroyed = { state: DESTROYED, restoreUntil: ASKED + 86_400_000 } as const;
  expect(left(destroyed)).toContain('can restore the key until Sun, 11 Jan 2026 00:00 UTC');
  expect(left({ ...destroyed, shreddedAt: ASKED })).toMatch(/Nobody can bring it back.$/);
  expect(left({ state: DESTROYED })).toMatch(/Nobody can bring it back.$/);
  expect(left({})).toBe('It was restored since then.');
  expect(left({ ...destroyed, authorizationId: 'another' })).toMatch(
    /^It was restored since then, and another deletion has destroyed it again\. .*can restore the key until Sun/,
  );
});
