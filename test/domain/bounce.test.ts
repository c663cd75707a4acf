import { expect, test } from 'vitest';
import { isUndeliveredBy } from '../../lib/domain/bounce.ts';

const FIRST = { attempt: 1 };

test('a mail that was sent is undelivered when its newest attempt comes back', () => {
  expect(isUndeliveredBy({ status: 'sent', attempts: 1 }, FIRST)).toBe(true);
  expect(isUndeliveredBy({ status: 'sent', attempts: 3, attemptsBefore: 2 }, { attempt: 3 })).toBe(true);
});

test('so is one of which nobody has noted yet that it was taken', () => {
  expect(isUndeliveredBy({ status: 'due', attempts: 1 }, FIRST)).toBe(true);
});

test.each([
  ['an earlier attempt', { status: 'sent', attempts: 2 }],
  ['an attempt that there never was', { status: 'sent', attempts: 0 }],
  ['a mail that is given up', { status: 'given-up', attempts: 1 }],
  ['a mail that nobody needs any more', { status: 'dropped', attempts: 1 }],
  ['a mail that waits to be sent again', { status: 'due', attempts: 1, attemptsBefore: 1 }],
] as const)('what comes back of %s says nothing', (_, mail) => {
  expect(isUndeliveredBy(mail, FIRST)).toBe(false);
});
