import { expect, test } from 'vitest';
import type { Item, Query } from '../../../lib/ports/store.ts';
import {
  allPages,
  commit,
  eventually,
  expectRefused,
  freshPartition,
  given,
  givenListed,
  givenSorted,
  put,
  type Subject,
  sortsOf,
} from './fixture.ts';

export function describeQueries(subject: Subject): void {
  describeTableQueries(subject);
  describePaging(subject);
  describeIndexes(subject);
  describeIndexQueries(subject);
}

// In the order of their UTF-8 bytes, which is not that of UTF-16 units: U+1F600 and U+10FFFF come last.
const SORTS = [
  '!',
  'a',
  'a!',
  'a#1',
  'a#10',
  'a#2',
  'a\u{10FFFF}',
  'b',
  'é',
  '\uD7FF',
  '\uE000',
  'ﬁ',
  '\u{1F600}',
  '\u{10FFFF}',
  '\u{10FFFF}x',
];

const RANGES: readonly [behaviour: string, range: Partial<Query>, sorts: readonly string[]][] = [
  ['of a partition', {}, SORTS],
  ['under a prefix', { prefix: 'a#' }, ['a#1', 'a#10', 'a#2']],
  ['under a prefix that is itself a key', { prefix: 'a' }, SORTS.slice(1, 7)],
  ['under a prefix beyond the 16-bit characters', { prefix: '\u{1F600}' }, ['\u{1F600}']],
  ['under a prefix of the highest character', { prefix: '\u{10FFFF}' }, SORTS.slice(-2)],
  ['under an empty prefix', { prefix: '' }, SORTS],
  ['under a prefix of none', { prefix: 'nothing' }, []],
  ['up to a bound that is a key', { upTo: 'a#10' }, SORTS.slice(0, 5)],
  ['up to a bound that is none', { upTo: 'a#1~' }, SORTS.slice(0, 5)],
  ['up to a bound below all', { upTo: ' ' }, []],
  ['up to a bound between the 16-bit and higher characters', { upTo: '\uFFFD' }, SORTS.slice(0, -3)],
];

function describeTableQueries(subject: Subject): void {
  for (const [behaviour, range, sorts] of RANGES) {
    test(`the items ${behaviour} come in the order of their bytes, and backwards`, async () => {
      const partition = await givenSorted(subject(), SORTS.toReversed());
      for (const limit of [1, 3, 1000]) {
        const query: Query = { table: 'main', partition, limit, ...range };
        expect(sortsOf(await allPages(subject(), query))).toEqual(sorts);
        const backwards = await allPages(subject(), { ...query, descending: true });
        expect(sortsOf(backwards)).toEqual(sorts.toReversed());
      }
    });
  }

  test('a query of a table sees what an acknowledged commit has written, whole', async () => {
    const partition = freshPartition();
    const item: Item = { table: 'material', partition, sort: '1', attributes: { sealed: 'x', version: 1 } };
    await commit(subject(), put(item));
    const query: Query = { table: 'material', partition, limit: 10 };
    expect((await subject().query(query)).items).toEqual([item]);
    expect((await subject().query({ ...query, table: 'main' })).items).toEqual([]);
  });

  test('a page that is too large to be sent at once ends early, with a cursor', async () => {
    const partition = freshPartition();
    const sorts = ['1', '2', '3', '4', '5'];
    const attributes = { large: 'x'.repeat(300_000) };
    for (const sort of sorts) await commit(subject(), put({ table: 'main', partition, sort, attributes }));
    const pages = await allPages(subject(), { table: 'main', partition, limit: 1000 });
    expect(sortsOf(pages)).toEqual(sorts);
  });
}

function describePaging(subject: Subject): void {
  test('no page holds more than its limit, and the last one has no cursor', async () => {
    const partition = await givenSorted(subject(), ['1', '2', '3', '4', '5']);
    const pages = await allPages(subject(), { table: 'main', partition, limit: 2 });
    expect(pages.map(({ items }) => items.length)).toEqual([2, 2, 1]);
    expect(pages.map(({ cursor }) => typeof cursor)).toEqual(['string', 'string', 'undefined']);
  });

  for (const descending of [false, true]) {
    test(`while items come and go no other is missed or met twice (${descending ? 'descending' : 'ascending'})`, async () => {
      const store = subject();
      const sorts = Array.from({ length: 30 }, (_, n) => `k${String(n).padStart(2, '0')}`);
      const partition = await givenSorted(store, sorts);
      const query: Query = { table: 'main', partition, limit: 4, descending };
      const met: string[] = [];
      for (let page = await store.query(query), n = 0; n < 100; n += 1) {
        met.push(...page.items.map(({ sort }) => sort));
        const last = page.items.at(-1);
        if (page.cursor === undefined || last === undefined) break;
        const beside = [`${last.sort}-${n}`, `a-${n}`, `z-${n}`].map(
          (sort) => ({ table: 'main', partition, sort }) as const,
        );
        // The item that the cursor stands on goes away: the next page begins where it was.
        await commit(
          store,
          { delete: last, when: [] },
          ...beside.map((key) => put({ ...key, attributes: {} })),
        );
        page = await store.query({ ...query, after: page.cursor });
      }
      expect(met.filter((sort) => sorts.includes(sort)).toSorted()).toEqual(sorts);
      expect(new Set(met).size).toBe(met.length);
    });
  }

  test('a cursor that is not of this query is refused', async () => {
    const [partition, other] = [await givenSorted(subject(), ['a1', 'a2', 'a3']), freshPartition()];
    const query: Query = { table: 'main', partition, limit: 1 };
    const { cursor: after = '' } = await subject().query(query);
    const foreign: Query[] = [
      { ...query, partition: other, after },
      { ...query, table: 'material', after },
      { ...query, index: 'list', after },
      { ...query, prefix: 'a', after },
      { ...query, upTo: 'a3', after },
      { ...query, descending: true, after },
      { ...query, after: after.slice(0, -4) },
      { ...query, after: '' },
      { ...query, after: 'made up' },
      { ...query, after: Buffer.from('["x"]').toString('base64url') },
    ];
    for (const one of foreign)
      await expectRefused(subject().query(one), /^the cursor does not belong to this query$/);
    expect((await subject().query({ ...query, limit: 2, after })).items).toHaveLength(2);
  });

  test('a cursor that was made up does not lead out of what the query may read', async () => {
    const partition = await givenSorted(subject(), ['a1', 'b1', 'b2', 'b3', 'c1']);
    const madeUp = async (query: Query, sort: string) => {
      const { cursor = '' } = await subject().query({ ...query, limit: 1 });
      const [fingerprint] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
      const after = Buffer.from(JSON.stringify([fingerprint, sort])).toString('base64url');
      return subject().query({ ...query, after });
    };
    const within: Query = { table: 'main', partition, prefix: 'b', limit: 10 };
    expect((await madeUp(within, 'b1')).items).toHaveLength(2);
    for (const sort of ['', 'a', 'c', 'b\0', 'b\ud800', `b${'b'.repeat(1024)}`]) {
      await expectRefused(madeUp(within, sort), /^the cursor does not belong to this query$/);
    }
    const bounded: Query = { table: 'main', partition, upTo: 'b2', limit: 10 };
    expect((await madeUp(bounded, 'b1')).items).toHaveLength(1);
    await expectRefused(madeUp(bounded, 'b21'), /^the cursor does not belong to this query$/);
  });
}

function describeIndexes(subject: Subject): void {
  const listed = async (partition: string, index: 'list' | 'due' = 'list') => {
    const { items } = await subject().query({ table: 'main', index, partition, limit: 100 });
    return items.map(({ attributes }) => attributes.name);
  };

  test('an item is in an index exactly when it carries an entry for it', async () => {
    const [list, due] = [freshPartition(), freshPartition()];
    await given(subject(), { name: 'none' });
    await given(subject(), { name: 'list' }, { list: { partition: list, sort: '1' } });
    await given(subject(), { name: 'due' }, { due: { partition: due, sort: '1' } });
    const both = { list: { partition: list, sort: '2' }, due: { partition: due, sort: '0' } };
    const key = await given(subject(), { name: 'both' }, both);
    await eventually(() => listed(list)).toEqual(['list', 'both']);
    await eventually(() => listed(due, 'due')).toEqual(['both', 'due']);
    expect(await subject().get(key)).toEqual({ ...key, attributes: { name: 'both' }, indexes: both });
  });

  test('an update sets, moves, keeps and takes out index entries', async () => {
    const [list, due] = [freshPartition(), freshPartition()];
    const update = await given(subject(), { name: 'x' });
    const [first, moved, time] = [
      { partition: list, sort: '1' },
      { partition: list, sort: '2' },
      { partition: due, sort: '1' },
    ];
    const entries = async () => (await subject().get(update))?.indexes;
    await commit(subject(), { update, when: [], indexes: { list: first, due: time } });
    expect(await entries()).toEqual({ list: first, due: time });
    await commit(subject(), { update, when: [], set: { other: 1 } });
    expect(await entries()).toEqual({ list: first, due: time });
    await commit(subject(), { update, when: [], indexes: { list: moved, due: null } });
    expect(await entries()).toEqual({ list: moved });
    await eventually(() => listed(due, 'due')).toEqual([]);
    await eventually(() => listed(list)).toEqual(['x']);
    await commit(subject(), { update, when: [], indexes: { list: null } });
    expect(await entries()).toBeUndefined();
    await eventually(() => listed(list)).toEqual([]);
  });

  test('an update that makes an item puts it into its index', async () => {
    const partition = freshPartition();
    const update = { table: 'main', partition, sort: '1' } as const;
    await commit(subject(), {
      update,
      when: [],
      set: { name: 'made' },
      indexes: { list: { partition, sort: '1' } },
    });
    await eventually(() => listed(partition)).toEqual(['made']);
  });

  test('a deleted item, and one put without its entry, leave the index', async () => {
    const partition = freshPartition();
    const gone = await given(subject(), { name: 'gone' }, { list: { partition, sort: '1' } });
    const left = await given(subject(), { name: 'left' }, { list: { partition, sort: '2' } });
    await given(subject(), { name: 'stays' }, { list: { partition, sort: '3' } });
    await eventually(() => listed(partition)).toEqual(['gone', 'left', 'stays']);
    await commit(subject(), { delete: gone, when: [] }, put({ ...left, attributes: {} }));
    await eventually(() => listed(partition)).toEqual(['stays']);
  });
}

function describeIndexQueries(subject: Subject): void {
  const indexSorts = async (query: Query) =>
    (await allPages(subject(), query)).flatMap(({ items }) =>
      items.map(({ indexes }) => indexes?.list?.sort),
    );

  for (const [behaviour, range, sorts] of RANGES) {
    test(`the entries of an index ${behaviour} come in the order of their bytes, and backwards`, async () => {
      const partition = await givenListed(subject(), SORTS.toReversed());
      for (const limit of [2, 1000]) {
        const query: Query = { table: 'main', index: 'list', partition, limit, ...range };
        await eventually(() => indexSorts(query)).toEqual(sorts);
        await eventually(() => indexSorts({ ...query, descending: true })).toEqual(sorts.toReversed());
      }
    });
  }

  test('items with the same entry are paged with none missing and none twice, both ways', async () => {
    const partition = await givenListed(subject(), ['0', ...Array.from({ length: 20 }, () => '1'), '2']);
    for (const descending of [false, true]) {
      const query: Query = { table: 'main', index: 'list', partition, limit: 3, descending };
      const read = async () => sortsOf(await allPages(subject(), query)).toSorted();
      await eventually(read).toEqual(Array.from({ length: 22 }, (_, i) => `item-${i}`).toSorted());
    }
  });

  test('an index holds whole items', async () => {
    const partition = freshPartition();
    const attributes = { text: 'x', list: [1, { two: 2 }] };
    const indexes = { due: { partition, sort: '1' }, list: { partition, sort: '2' } };
    const key = await given(subject(), attributes, indexes);
    const query: Query = { table: 'main', index: 'due', partition, limit: 1 };
    await eventually(async () => (await subject().query(query)).items).toEqual([
      { ...key, attributes, indexes },
    ]);
  });
}
