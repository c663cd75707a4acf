import { describe, expect, it } from 'vitest';
import { COUNTERSIGN } from '../../lib/domain/audit.ts';
import { formatDate, formatTime, listed, nameOf, shorten, singleLine } from '../../lib/mails/words.ts';

describe('what people read', () => {
  it('a time is in UTC, says so, and is never later than it is', () => {
    expect(formatTime(Date.UTC(2026, 10, 24, 21, 40, 59, 999))).toBe('Tue, 24 Nov 2026 21:40 UTC');
  });

  it('a date of a manifest reads like a time; what is no date stays as it is', () => {
    expect(formatDate('2026-11-24T21:40:59Z')).toBe('Tue, 24 Nov 2026 21:40 UTC');
    expect(formatDate('yesterday')).toBe('yesterday');
    expect(formatDate('1')).toBe('1');
  });

  it('a text is one line in which nothing hides', () => {
    expect(singleLine(' a\r\n\tb\u2028c\u0000d\u202ee\u200bf ')).toBe('a b c d e f');
  });

  it('joined emoji stay joined, and half a surrogate pair becomes visible', () => {
    expect(singleLine('👩‍💻')).toBe('👩‍💻');
    expect(singleLine('x\ud83d')).toBe('x\ufffd');
  });

  it('what is cut off is shown to be', () => {
    expect(shorten('123456', 6)).toBe('123456');
    expect(shorten('1234567', 6)).toBe('12345…');
  });

  it('a long list ends in a count', () => {
    expect(listed([], 2)).toBe('none');
    expect(listed(['a', 'b'], 2)).toBe('a, b');
    expect(listed(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
  });

  it('what nobody did was done by Countersign', () => {
    expect(nameOf(COUNTERSIGN, {})).toBe('Countersign');
  });
});
