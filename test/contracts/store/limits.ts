import { expect, test } from 'vitest';
import { MOST_ITEM_BYTES } from '../../../lib/adapters/store/limits.ts';
import type { Attributes, Item, Query, Value, Write } from '../../../lib/ports/store.ts';
import { commit, expectRefused, freshKey, freshPartition, given, put, type Subject } from './fixture.ts';

export function describeLimits(subject: Subject): void {
  describeSizes(subject);
  describeRefusals(subject);
}

/** An item of exactly so many bytes; its key is of 44 + 4 letters, and the names of its keys have two each. */
function itemOf(bytes: number, attributes: Attributes, attributeBytes: number): Item {
  const key = freshKey();
  const keyBytes = 'pk'.length + key.partition.length + 'sk'.length + key.sort.length;
  const filling = 'x'.repeat(bytes - keyBytes - attributeBytes - 'filling'.length);
  return { ...key, attributes: { ...attributes, filling } };
}

function describeSizes(subject: Subject): void {
  const sizes: readonly (readonly [Attributes, number])[] = [
    [{}, 0],
    [{ é: 'ä€😀' }, 2 + 9],
    [{ yes: true, no: false }, 4 + 3],
    [{ list: ['ab', true, []] }, 4 + (3 + 3) + 2 + 1 + 3],
    [{ map: { one: 'x', two: { three: '' } } }, 3 + (3 + 2) + 4 + 3 + (3 + 1) + 5],
  ];
  for (const [attributes, bytes] of sizes) {
    test(`an item of 400 KB is taken and one byte more is not: ${JSON.stringify(attributes)}`, async () => {
      const largest = itemOf(MOST_ITEM_BYTES, attributes, bytes);
      await commit(subject(), put(largest));
      expect(await subject().get(largest)).toEqual(largest);
      await expectRefused(
        subject().commit([put(itemOf(MOST_ITEM_BYTES + 1, attributes, bytes))]),
        /has 409601 bytes: at most 409600/,
      );
    });
  }

  // Sign, digits in pairs, exponent: the bytes of each of these numbers.
  const NUMBERS = {
    0: 1,
    1: 2,
    [-1]: 3,
    12: 2,
    123: 3,
    [-9007199254740991]: 10,
    0.5: 2,
    1e-130: 2,
    1000000: 2,
  };
  const numbers = Object.keys(NUMBERS).map(Number);
  const numberBytes = Object.values(NUMBERS).reduce((sum, bytes) => sum + bytes, 0);

  test('an update may make an item as large as 400 KB and not a byte larger, numbers and all', async () => {
    const more = 'more'.length + 1;
    const item = itemOf(
      MOST_ITEM_BYTES - more,
      { numbers },
      'numbers'.length + 3 + numbers.length + numberBytes,
    );
    await commit(subject(), put(item));
    const grow = (text: string): Write => ({ update: item, when: [], set: { more: text } });
    await expectRefused(subject().commit([grow('xx')]), /./);
    expect(await subject().get(item)).toEqual(item);
    await commit(subject(), grow('x'));
  });

  test('a transaction of more than 4 MB is refused', async () => {
    const writes = Array.from({ length: 11 }, () => put(itemOf(399_000, {}, 0)));
    await expectRefused(subject().commit(writes), /^a transaction of \d+ bytes: at most 4194304/);
    await commit(subject(), ...writes.slice(0, 10));
  });
}

const NESTED = (levels: number): Value => (levels === 0 ? 1 : [NESTED(levels - 1)]);

function describeRefusals(subject: Subject): void {
  const key = freshKey();
  const item = (attributes: Attributes): Write => put({ ...key, attributes });
  const update = (change: Partial<Extract<Write, { update: object }>>): Write => ({
    update: key,
    when: [],
    ...change,
  });
  const check = (...when: Write['when']): Write => ({ check: key, when });
  const REFUSED: readonly [what: string, writes: readonly Write[], message: RegExp][] = [
    ['more than 100 writes', Array.from({ length: 100 }, () => item({})), /101 writes: at most 100/],
    ['one item twice', [item({}), check({ item: 'present' })], /twice/],
    ['an empty partition', [{ delete: { ...key, partition: '' }, when: [] }], /partition of 0 bytes/],
    ['an empty sort key', [{ delete: { ...key, sort: '' }, when: [] }], /sort key of 0 bytes/],
    [
      'a long partition',
      [{ delete: { ...key, partition: 'é'.repeat(1025) }, when: [] }],
      /2050 bytes: 1 to 2048/,
    ],
    ['a long sort key', [{ delete: { ...key, sort: 'é'.repeat(513) }, when: [] }], /1026 bytes: 1 to 1024/],
    [
      'half a surrogate pair in a key',
      [{ delete: { ...key, sort: '\uD83D' }, when: [] }],
      /cannot be stored/,
    ],
    ['U+0000 in a key', [{ delete: { ...key, sort: 'a\0' }, when: [] }], /cannot be stored/],
    ['half a surrogate pair in a text', [item({ a: ['\uDE00'] })], /surrogate/],
    ['a number that is none', [item({ a: Number.NaN })], /NaN/],
    ['an infinite number', [update({ set: { a: { b: Number.POSITIVE_INFINITY } } })], /Infinity/],
    ['a number beyond 2^53', [item({ a: 2 ** 53 })], /2\^53/],
    ['a number too near to zero', [item({ a: 1e-131 })], /1e-130/],
    ['too many levels', [item({ a: NESTED(33) })], /32 levels/],
    ['a field without a name', [item({ a: { '': 1 } })], /field named ''/],
    ['an attribute without a name', [item({ '': 1 })], /named ''/],
    ['the name of a key', [item({ pk: 1 })], /named 'pk'/],
    ['the name of an index key', [update({ remove: ['listSk'] })], /named 'listSk'/],
    [
      'the name of what every object has',
      [check({ attribute: 'constructor', is: 'absent' })],
      /named 'constructor'/,
    ],
    ['one attribute changed twice', [update({ set: { a: 1 }, remove: ['a'] })], /twice/],
    ['a fraction added', [update({ add: { a: 0.1 } })], /whole numbers/],
    ['an order of booleans', [check({ attribute: 'a', is: 'less', value: true })], /booleans/],
    ['a condition on no number', [check({ attribute: 'a', is: 'equal', value: Number.NaN })], /NaN/],
    [
      'a condition with 101 values',
      [check({ attribute: 'a', is: 'oneOf', values: Array.from({ length: 101 }, (_, n) => n) })],
      /101 values: at most 100/,
    ],
    [
      'an index entry in material',
      [put({ ...key, table: 'material', attributes: {}, indexes: { list: { partition: 'p', sort: 's' } } })],
      /only main has indexes/,
    ],
    [
      'an index entry without a sort key',
      [update({ indexes: { due: { partition: 'p', sort: '' } } })],
      /0 bytes/,
    ],
  ];
  for (const [what, writes, message] of REFUSED) {
    test(`a transaction with ${what} is refused, whatever else is in it`, async () => {
      const other = freshKey();
      await expectRefused(subject().commit([put({ ...other, attributes: {} }), ...writes]), message);
      expect(await subject().get(other)).toBeUndefined();
    });
  }

  test('what is just within the limits is taken', async () => {
    const values = Array.from({ length: 100 }, (_, n) => n);
    const update = await given(subject(), { a: 99 });
    const long = { ...key, partition: freshPartition().padEnd(2048, 'x'), sort: 'é'.repeat(512) };
    await commit(
      subject(),
      { update, when: [{ attribute: 'a', is: 'oneOf', values }], set: { nested: NESTED(31) } },
      put({ ...long, attributes: {} }),
    );
    expect(await subject().get(long)).toBeDefined();
  });

  const query: Query = { table: 'main', partition: 'p', limit: 1 };
  const QUERIES: readonly [what: string, query: Query, message: RegExp][] = [
    ['for no item', { ...query, limit: 0 }, /1 to 1000/],
    ['for 1001 items', { ...query, limit: 1001 }, /1 to 1000/],
    ['for half an item', { ...query, limit: 1.5 }, /1 to 1000/],
    ['with a prefix and a bound', { ...query, prefix: 'a', upTo: 'b' }, /not both/],
    ['of an index of material', { ...query, table: 'material', index: 'list' }, /only main has indexes/],
    ['of an empty partition', { ...query, partition: '' }, /0 bytes/],
    ['up to an empty bound', { ...query, upTo: '' }, /0 bytes/],
    ['with half a surrogate pair', { ...query, prefix: '\uD83D' }, /cannot be stored/],
  ];
  for (const [what, refused, message] of QUERIES) {
    test(`a query ${what} is refused`, () => expectRefused(subject().query(refused), message));
  }

  test('a get of a key that cannot be is refused', () =>
    expectRefused(subject().get({ ...key, sort: '' }), /0 bytes/));
}
