import { expect, test } from 'vitest';
import { parseRetention } from '../../lib/cli/arguments.ts';

test('the retention of the history is a duration of a day or more', () => {
  expect(parseRetention('P400D')).toBe(400 * 86_400);
  expect(parseRetention('P1D')).toBe(86_400);
  for (const text of ['PT23H59M59S', 'P0D', '400', 'P1Y', '']) {
    expect(() => parseRetention(text)).toThrow('at least P1D');
  }
});
