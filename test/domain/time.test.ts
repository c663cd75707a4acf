import { describe, expect, it } from 'vitest';
import { parseWindow } from '../../lib/domain/instance.ts';
import { parseDuration, toDate, toDuration } from '../../lib/domain/time.ts';

it('a date is in whole seconds of UTC, rounded down', () => {
  expect(toDate(Date.UTC(2020, 2, 10, 20, 41, 27, 999))).toBe('2020-03-10T20:41:27Z');
});

describe('a duration', () => {
  it.each([
    ['P7D', 604_800],
    ['P1W', 604_800],
    ['PT10S', 10],
    ['PT1H30M', 5_400],
    ['P1DT1S', 86_401],
    ['P0D', 0],
    ['PT0S', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '7D',
    'P1',
    'P1Y',
    'P1M',
    'P-1D',
    '-P1D',
    'P1.5D',
    'PT1S1H',
    'p7d',
    ' P7D',
    'P7D\n',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('a window', () => {
  it.each([
    ['PT1S', 1],
    ['P20D', 1_728_000],
  ])('can be %s', (text, seconds) => {
    expect(parseWindow(text)).toBe(seconds);
  });

  it.each(['PT0S', 'P20DT1S', `P${'9'.repeat(400)}D`, 'a week'])('cannot be %s', (text) => {
    expect(parseWindow(text)).toBeUndefined();
  });
});

it('seconds are written as a duration that reads back as the same', () => {
  const written = [0, 1, 59, 60, 3_600, 86_400, 129_600, 604_800, 90_061].map(toDuration);
  expect(written).toEqual(['PT0S', 'PT1S', 'PT59S', 'PT1M', 'PT1H', 'P1D', 'P1DT12H', 'P7D', 'P1DT1H1M1S']);
  expect(written.map(parseDuration)).toEqual([0, 1, 59, 60, 3_600, 86_400, 129_600, 604_800, 90_061]);
});
