import { describe, expect, it } from 'vitest';
import { BEGINNING, cursorText, type Epoch, readCursor, whereToGoOn } from '../../lib/domain/event-cursor.ts';

const id = (letter: string) => letter.repeat(16);
const epochs = (...begins: readonly (readonly [string, number])[]): readonly Epoch[] =>
  begins.map(([letter, beginsAfter]) => ({ id: id(letter), beginsAfter }));

describe('a cursor of the events', () => {
  it('is read as it was given', () => {
    const cursor = { epoch: id('a'), position: 17 };
    expect(readCursor(cursorText(cursor))).toEqual(cursor);
    expect(readCursor(BEGINNING)).toEqual({ position: 0 });
  });

  it.each([
    '',
    '-17',
    '1.5',
    '0x1',
    '1'.repeat(16),
    'a-17',
    id('a'),
    `${id('a')}-`,
    `${id('A')}-1`,
    `${id('g')}-1`,
    `${id('a')}--1`,
  ])('is not %j', (text) => {
    expect(readCursor(text)).toBeUndefined();
  });

  it.each<readonly [string, number, readonly Epoch[], number, boolean]>([
    ['in the only epoch stays where it is', 9, epochs(['a', 0]), 9, false],
    ['up to the backup goes on in the next epoch', 5, epochs(['a', 0], ['b', 5]), 5, false],
    ['beyond the backup goes back to where it ends', 9, epochs(['a', 0], ['b', 5]), 5, true],
    ['goes back to the earliest of several backups', 9, epochs(['a', 0], ['b', 5], ['c', 3]), 3, true],
    ['of the epoch that counts is not led back by those before', 9, epochs(['b', 0], ['a', 5]), 9, false],
    ['of an epoch that was lost with a backup begins anew', 2, epochs(['b', 0], ['c', 5]), 0, true],
  ])('%s', (_, position, known, to, restored) => {
    expect(whereToGoOn({ epoch: id('a'), position }, known)).toEqual({ position: to, restored });
  });

  it('that is a number, as all were once, is of the first epoch', () => {
    const known = epochs(['a', 0], ['b', 5]);
    const goesOn = (text: string) => whereToGoOn(readCursor(text) ?? { position: -1 }, known);
    expect(goesOn('4')).toEqual({ position: 4, restored: false });
    expect(goesOn('9')).toEqual({ position: 5, restored: true });
  });
});
