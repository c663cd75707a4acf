import { expect, test } from 'vitest';
import type { Attributes, Item, ItemKey, Write } from '../../../lib/ports/store.ts';
import { commit, expectRefused, freshKey, freshPartition, given, put, type Subject } from './fixture.ts';

export function describeWrites(subject: Subject): void {
  describeReads(subject);
  describePuts(subject);
  describeUpdates(subject);
  describeTransactions(subject);
}

function describeReads(subject: Subject): void {
  test('an item that nobody wrote is not there', async () => {
    expect(await subject().get(freshKey())).toBeUndefined();
  });

  test('a get sees what an acknowledged commit has written, each time', async () => {
    const key = freshKey();
    for (let version = 0; version < 20; version += 1) {
      await commit(subject(), put({ ...key, attributes: { version } }));
      expect(await subject().get(key)).toEqual({ ...key, attributes: { version } });
    }
  });

  test('an item comes back with every kind of value as it was written', async () => {
    const attributes = {
      text: 'naïve ﬁancé 😀 \u0000 \u{10FFFF} "quoted"',
      empty: '',
      zero: 0,
      fraction: 0.1,
      tiny: 1e-130,
      most: Number.MAX_SAFE_INTEGER,
      least: Number.MIN_SAFE_INTEGER,
      seventeenDigits: 0.30000000000000004,
      yes: true,
      no: false,
      list: [1, 'two', [false, { three: 3 }], []],
      map: { inner: { deep: ['x'] }, 'odd name!': 1, nothing: {} },
      'a name with spaces, ünicode and #:signs': 1,
      size: 'a reserved word of DynamoDB',
    };
    const key = await given(subject(), attributes);
    expect(await subject().get(key)).toEqual({ ...key, attributes });
  });

  test('an attribute that is undefined is not written', async () => {
    const key = await given(subject(), { kept: 1, left: undefined });
    const item = await subject().get(key);
    expect(Object.keys(item?.attributes ?? {})).toEqual(['kept']);
  });

  test('the same key in the two tables, and keys that differ in one letter, are different items', async () => {
    const partition = freshPartition();
    const keys: ItemKey[] = [
      { table: 'main', partition, sort: 'item' },
      { table: 'material', partition, sort: 'item' },
      { table: 'main', partition, sort: 'Item' },
      { table: 'main', partition, sort: 'item ' },
      { table: 'main', partition, sort: 'it\u00e9m' },
      { table: 'main', partition, sort: 'ite\u0301m' },
      { table: 'main', partition: `${partition}😀`, sort: '1' },
      { table: 'main', partition: `${partition}😀`, sort: '01' },
    ];
    await commit(subject(), ...keys.map((key, number) => put({ ...key, attributes: { number } })));
    const found = await Promise.all(keys.map((key) => subject().get(key)));
    expect(found.map((item) => item?.attributes.number)).toEqual(keys.map((_, number) => number));
  });
}

function describePuts(subject: Subject): void {
  test('a put takes the place of the whole item, its index entries included', async () => {
    const key = await given(
      subject(),
      { old: 1, kept: 1 },
      { list: { partition: freshPartition(), sort: '1' } },
    );
    await commit(subject(), put({ ...key, attributes: { kept: 2 } }));
    expect(await subject().get(key)).toEqual({ ...key, attributes: { kept: 2 } });
  });

  test('a deleted item is gone, and deleting what is not there does nothing', async () => {
    const key = await given(subject(), { a: 1 });
    await commit(subject(), { delete: key, when: [] });
    await commit(subject(), { delete: key, when: [] });
    expect(await subject().get(key)).toBeUndefined();
  });

  test('a check changes nothing and makes nothing', async () => {
    const [key, other] = [await given(subject(), { a: 1 }), freshKey()];
    await commit(subject(), { check: key, when: [{ item: 'present' }] }, { check: other, when: [] });
    expect(await subject().get(key)).toEqual({ ...key, attributes: { a: 1 } });
    expect(await subject().get(other)).toBeUndefined();
  });
}

const UPDATES: readonly [
  behaviour: string,
  before: Attributes,
  update: Omit<Extract<Write, { update: ItemKey }>, 'update' | 'when'>,
  after: Attributes,
][] = [
  [
    'sets what it names and keeps the rest',
    { a: 1, b: 2 },
    { set: { a: 'x', c: [1] } },
    { a: 'x', b: 2, c: [1] },
  ],
  ['leaves what it sets to undefined', { a: 1 }, { set: { a: undefined, b: 1 } }, { a: 1, b: 1 }],
  ['adds to a number', { a: 1, b: -5 }, { add: { a: 41, b: -1 } }, { a: 42, b: -6 }],
  ['adds to an absent number as to zero', {}, { add: { a: 7, b: 0 } }, { a: 7, b: 0 }],
  ['adds up to the largest whole number', { a: 2 ** 53 - 2 }, { add: { a: 1 } }, { a: 2 ** 53 - 1 }],
  ['removes what is there and what is not', { a: 1, b: 2 }, { remove: ['a', 'never'] }, { b: 2 }],
  ['does all three at once', { a: 1, b: 2 }, { set: { c: 3 }, add: { a: 1 }, remove: ['b'] }, { a: 2, c: 3 }],
  ['may change nothing', { a: 1 }, {}, { a: 1 }],
];

function describeUpdates(subject: Subject): void {
  for (const [behaviour, before, update, after] of UPDATES) {
    test(`an update ${behaviour}`, async () => {
      const key = await given(subject(), before);
      await commit(subject(), { update: key, when: [], ...update });
      expect(await subject().get(key)).toEqual({ ...key, attributes: after });
    });
  }

  for (const update of [{ set: { a: 1 } }, { add: { a: 1 } }]) {
    test(`an update makes an item that is not there: ${JSON.stringify(update)}`, async () => {
      const key = freshKey();
      await commit(subject(), { update: key, when: [], ...update });
      expect(await subject().get(key)).toEqual({ ...key, attributes: { a: 1 } });
    });
  }

  for (const update of [{}, { remove: ['a'] }, { indexes: { list: null } }]) {
    test(`so does one that sets nothing: ${JSON.stringify(update)}`, async () => {
      const key = freshKey();
      await commit(subject(), { update: key, when: [], ...update });
      expect(await subject().get(key)).toEqual({ ...key, attributes: {} });
    });
  }

  test('adding to a text is refused, and nothing of its transaction is written', async () => {
    const [key, other] = [await given(subject(), { a: 'text' }), freshKey()];
    const writes: Write[] = [put({ ...other, attributes: {} }), { update: key, when: [], add: { a: 1 } }];
    await expectRefused(subject().commit(writes), /./);
    expect(await subject().get(other)).toBeUndefined();
    expect(await subject().get(key)).toEqual({ ...key, attributes: { a: 'text' } });
  });
}

function describeTransactions(subject: Subject): void {
  test('a commit of no writes is committed', async () => {
    expect(await subject().commit([])).toEqual({ committed: true });
  });

  test('puts, updates, deletes and checks over both tables happen together', async () => {
    const [changed, gone, held] = [
      await given(subject(), { a: 1 }),
      await given(subject(), {}),
      await given(subject(), {}),
    ];
    const made: ItemKey = { ...freshKey(), table: 'material' };
    await commit(
      subject(),
      { check: held, when: [{ item: 'present' }] },
      put({ ...made, attributes: { sealed: 'x' } }, { item: 'absent' }),
      { update: changed, when: [{ attribute: 'a', is: 'equal', value: 1 }], add: { a: 1 } },
      { delete: gone, when: [{ item: 'present' }] },
    );
    const found = await Promise.all([made, changed, gone].map((key) => subject().get(key)));
    expect(found.map((item) => item?.attributes)).toEqual([{ sealed: 'x' }, { a: 2 }, undefined]);
  });

  test('a transaction that fails leaves nothing and names every write whose condition did not hold', async () => {
    const store = subject();
    const keys = await Promise.all(Array.from({ length: 6 }, (_, n) => given(store, { n })));
    const fresh = freshKey();
    const equal = (value: number) => [{ attribute: 'n', is: 'equal', value } as const];
    const [a, b, c, d, e, f] = keys as [ItemKey, ItemKey, ItemKey, ItemKey, ItemKey, ItemKey];
    const result = await store.commit([
      { update: a, when: equal(0), add: { n: 100 } },
      { update: b, when: equal(-1), add: { n: 100 } },
      { put: { ...c, attributes: {} }, when: equal(2) },
      { put: { ...d, attributes: {} }, when: equal(-1) },
      { delete: e, when: equal(-1) },
      { check: f, when: equal(-1) },
      { put: { ...fresh, attributes: {} }, when: [{ item: 'absent' }] },
    ]);
    expect(result).toEqual({ committed: false, failed: [1, 3, 4, 5] });
    const found = await Promise.all(keys.map((key) => store.get(key)));
    expect(found).toEqual(keys.map((key, n): Item => ({ ...key, attributes: { n } })));
    expect(await store.get(fresh)).toBeUndefined();
  });

  test('a hundred writes are one transaction: the last one failing takes back ninety-nine', async () => {
    const partition = freshPartition();
    const items = Array.from(
      { length: 99 },
      (_, n): Item => ({ table: 'main', partition, sort: `${n}`, attributes: {} }),
    );
    const check = (is: 'present' | 'absent'): Write => ({ check: freshKey(), when: [{ item: is }] });
    const puts = items.map((item) => put(item));
    expect(await subject().commit([...puts, check('present')])).toEqual({ committed: false, failed: [99] });
    const query = { table: 'main', partition, limit: 100 } as const;
    expect((await subject().query(query)).items).toEqual([]);
    expect(await subject().commit([...puts, check('absent')])).toEqual({ committed: true });
    expect((await subject().query(query)).items).toHaveLength(99);
  });
}
