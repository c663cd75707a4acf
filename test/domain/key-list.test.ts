import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVE, DESTROYED } from '../../lib/domain/key.ts';
import { type FilterCondition, meets, parseFilter } from '../../lib/domain/key-filter.ts';
import { matches, parseSearch } from '../../lib/domain/key-search.ts';
import { compareKeys, parseSort } from '../../lib/domain/key-sort.ts';
import { toDate } from '../../lib/domain/time.ts';
import { key } from './samples.ts';

const NOON = Date.UTC(2026, 5, 1, 12);

/** Whether a key meets every condition of the text. */
const filtered = (text: string, other: Parameters<typeof key>[0] = {}): boolean | undefined =>
  parseFilter(text)?.every((condition) => meets(key(other), condition));

describe('a filter', () => {
  test.each([
    ['state=1', true],
    ['state=0,2,3', false],
    ['extractable=FALSE', true],
    ['extractable=true', false],
    ['creationDate="2026-06-01T12:00:00Z"', true],
    ['creationDate="2026-06-01T14:00:00+02:00"', true],
    ['creationDate="2026-06-01T12:00:01Z"', false],
    ['creationDate=lte:"2026-06-01T12:00:00Z"', true],
    ['creationDate=lt:"2026-06-01T12:00:00Z"', false],
    ['creationDate=gte:"2026-06-01T12:00:00Z"', true],
    ['creationDate=gt:"2026-06-01T12:00:00Z"', false],
    ['creationDate=gt:"2026-06-01T11:59:59Z" creationDate=lt:"2026-06-01T12:00:01Z"', true],
    ['lastRotateDate=none', true],
    ['lastRotateDate=gt:"2020-01-01T00:00:00Z"', false],
    ['creationDate=None', false],
    ['deletionDate=none expirationDate=none state=1', true],
    ['state=1 state=2', false],
    ['', true],
  ])('%s', (text, expected) => {
    expect(filtered(text, { createdAt: NOON + 999 })).toBe(expected);
  });

  test('is read as Go’s builder writes it: a blank first, and nanoseconds', () => {
    const text = ' creationDate="2026-06-01T12:00:00.123456789Z" state=1,2 extractable=false';
    expect(filtered(text, { createdAt: NOON + 500 })).toBe(true);
  });

  test('finds the rotation by the newest of several versions', () => {
    const versions = [
      { id: 'v2', createdAt: NOON },
      { id: 'v1', createdAt: 0 },
    ];
    expect(filtered('lastRotateDate="2026-06-01T12:00:00Z"', { versions })).toBe(true);
    expect(filtered('lastRotateDate=none', { versions })).toBe(false);
  });

  test('compares with the date that the answers show', () => {
    const at = fc.integer({ min: 0, max: 4_102_444_800_000 });
    const operator = fc.constantFrom('lt', 'lte', 'gt', 'gte');
    fc.assert(
      fc.property(at, at, operator, (createdAt, than, is) => {
        const [shown, given] = [toDate(createdAt), toDate(than)];
        const expected = { lt: shown < given, lte: shown <= given, gt: shown > given, gte: shown >= given };
        expect(filtered(`creationDate=${is}:"${given}"`, { createdAt })).toBe(expected[is]);
      }),
    );
  });

  test('is nothing else than conditions, whatever the text, and never more than three on one property', () => {
    const piece = fc.constantFrom(
      'state',
      'creationDate',
      '=',
      ':',
      'gt',
      '"',
      ',',
      '1',
      'none',
      ' ',
      '2026-01-01T00:00:00Z',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const conditions: readonly FilterCondition[] = parseFilter(given) ?? [];
        const names = conditions.map(({ property }) => property);
        expect(names.every((name) => names.filter((other) => other === name).length <= 3)).toBe(true);
        for (const condition of conditions) expect(typeof meets(key(), condition)).toBe('boolean');
      }),
    );
  });
});

describe('a search', () => {
  test.each([
    ['payroll', { query: 'payroll', scopes: ['name', 'alias'] }],
    ['not:exact:foo', { query: 'foo', scopes: ['name', 'alias'], not: true, exact: true }],
    ['alias:not:foo', { query: 'foo', scopes: ['alias'], not: true }],
    ['name:alias:foo', { query: 'foo', scopes: ['name', 'alias'] }],
    ['escape:not:foo', { query: 'not:foo', scopes: ['name', 'alias'] }],
    ['exact:escape:not:foo', { query: 'not:foo', scopes: ['name', 'alias'], exact: true }],
    ['NOT:foo', { query: 'NOT:foo', scopes: ['name', 'alias'] }],
    ['aliasNew,', { query: 'aliasNew', scopes: ['name', 'alias'] }],
    ['a,b,,', { query: 'a,b,', scopes: ['name', 'alias'] }],
  ])('%s', (text, expected) => {
    expect(parseSearch(text)).toEqual(expected);
  });

  const found = (text: string): boolean => {
    const search = parseSearch(text);
    if (search === undefined) throw new Error('no search');
    return matches(key({ name: 'Payroll 2026', aliases: ['pay', 'WAGES'] }), search);
  };

  test.each([
    ['roll', true],
    ['ROLL 2', true],
    ['wage', true],
    ['name:wage', false],
    ['alias:roll', false],
    ['exact:wages', true],
    ['exact:wage', false],
    ['exact:payroll 2026', true],
    ['not:roll', false],
    ['not:exact:roll', true],
    ['not:alias:roll', true],
    ['nothing', false],
  ])('%s finds by name and aliases: %s', (text, expected) => {
    expect(found(text)).toBe(expected);
  });

  test('with `not:` finds exactly what it does not find without', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 10 }), fc.string(), (text, name) => {
        const search = parseSearch(`escape:${text} `);
        const opposite = parseSearch(`not:escape:${text} `);
        if (search === undefined || opposite === undefined) throw new Error('no search');
        const one = key({ name, aliases: [text] });
        expect(matches(one, search)).toBe(!matches(one, opposite));
      }),
    );
  });
});

describe('an order', () => {
  const ids = (text: string, keys: readonly ReturnType<typeof key>[]): string =>
    [...keys]
      .sort(compareKeys(parseSort(text) ?? []))
      .map(({ id }) => id)
      .join('');
  const some = [
    key({ id: 'a', state: ACTIVE, createdAt: 3_000, expiresAt: NOON }),
    key({ id: 'b', state: DESTROYED, createdAt: 1_000, extractable: true }),
    key({ id: 'c', state: ACTIVE, createdAt: 2_000, imported: true }),
    key({ id: 'd', state: DESTROYED, createdAt: 2_999, extractable: true }),
  ];

  test.each([
    ['', 'abcd'],
    ['id', 'abcd'],
    ['-id', 'dcba'],
    ['creationDate', 'bcda'],
    ['-creationDate', 'acdb'],
    ['state,-creationDate', 'acdb'],
    ['-state,-id', 'dbca'],
    ['extractable', 'acbd'],
    ['-imported', 'cabd'],
    ['expirationDate', 'abcd'],
    ['-expirationDate', 'bcda'],
  ])('by %s', (text, expected) => {
    expect(ids(text, some)).toBe(expected);
  });

  test('never throws on a text, and never leaves two keys undecided', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('id,-state', '-deletionDate', '__proto__', 'toString'),
    );
    fc.assert(
      fc.property(text, (given) => {
        const terms = parseSort(given);
        if (terms === undefined) return;
        const order = compareKeys(terms);
        for (const a of some) for (const b of some) expect(order(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
