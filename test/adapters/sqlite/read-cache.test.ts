import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCacheOf } from '../../../lib/adapters/sqlite/read-cache.ts';
import { rewriteRows } from '../../../lib/adapters/sqlite/rewrite.ts';
import { type SqliteStore, sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { type Commit, type Database, groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import type { CommitResult, Item, Table, Write } from '../../../lib/ports/store.ts';

let folder: string;
let database: Database;
let commit: Commit;
let store: SqliteStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'));
  database = openDatabase(join(folder, 'store.db'));
  commit = groupCommit(database);
  store = sqliteStore(database, commit);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const item = (attributes: Item['attributes'], table: Table = 'main', sort = 'item'): Item => ({
  table,
  partition: 'partition',
  sort,
  attributes,
});
const put = (written: Item): Write => ({ put: written, when: [] });
const ALL = { table: 'main', partition: 'partition', limit: 10 } as const;

/** What a reader finds who asked before as well, so that what was found can have been kept. */
const found = async () => [await store.get(item({})), (await store.query(ALL)).items] as const;

test('what was read is not read from the file again', async () => {
  await store.commit([put(item({ a: 1 }))]);
  const [first, page] = await found();
  const [again, pageAgain] = await found();
  expect(again).toBe(first);
  expect(pageAgain).toBe(page);
});

const CHANGES: readonly (readonly [string, Item | undefined, Write, Item | undefined])[] = [
  ['put', item({ a: 1 }), put(item({ a: 2 })), item({ a: 2 })],
  ['made', undefined, put(item({ a: 1 })), item({ a: 1 })],
  ['updated', item({ a: 1 }), { update: item({}), when: [], add: { a: 1 } }, item({ a: 2 })],
  ['deleted', item({ a: 1 }), { delete: item({}), when: [] }, undefined],
];

test.each(CHANGES)('what was %s since is read as it is now', async (_how, before, write, after) => {
  if (before !== undefined) await store.commit([put(before)]);
  expect(await found()).toEqual([before, before === undefined ? [] : [before]]);
  await store.commit([write]);
  expect(await found()).toEqual([after, after === undefined ? [] : [after]]);
});

test('a page has what was added to its partition since', async () => {
  await store.commit([put(item({ a: 1 }))]);
  await found();
  await store.commit([put(item({ b: 1 }, 'main', 'other'))]);
  expect((await store.query(ALL)).items.map(({ sort }) => sort)).toEqual(['item', 'other']);
});

test('conditions are checked on what another transaction of the same group has written', async () => {
  await store.commit([put(item({ a: 1 }))]);
  await found();
  const raise = (from: number): Write => ({
    put: item({ a: from + 1 }),
    when: [{ attribute: 'a', is: 'equal', value: from }],
  });
  const results = await Promise.all([
    store.commit([raise(1)]),
    store.commit([raise(1)]),
    store.commit([raise(2)]),
  ]);
  expect(results.map(({ committed }) => committed)).toEqual([true, false, true]);
  expect(await store.get(item({}))).toEqual(item({ a: 3 }));
});

test('nothing is kept of what was read within a transaction that was taken back', async () => {
  await store.commit([put(item({ a: 1 }))]);
  await found();
  const seen: CommitResult[] = [];
  const isTwo: Write = { check: item({}), when: [{ attribute: 'a', is: 'equal', value: 2 }] };
  const takenBack = store.commit([put(item({ a: 2 }))], async (work) => {
    database.exec('BEGIN IMMEDIATE');
    work();
    seen.push(await store.commit([isTwo], async (check) => check()));
    database.exec('ROLLBACK');
    throw new Error('the disk is full');
  });
  await expect(takenBack).rejects.toThrow('the disk is full');
  expect(seen).toEqual([{ committed: true }]);
  expect(await found()).toEqual([item({ a: 1 }), [item({ a: 1 })]]);
});

const ODD = {
  kept: 'ü',
  none: undefined,
  zero: -0,
  nested: { none: undefined, list: [1, { '2': 'b', '1': 'a' }] },
} as unknown as Item['attributes'];

const WRITTEN: readonly (readonly [string, Item, Write])[] = [
  ['put', item({}), put({ ...item(ODD), indexes: {} })],
  [
    'updated',
    { ...item(ODD), indexes: { due: { partition: 'p', sort: 's' } } },
    { update: item({}), when: [], set: ODD },
  ],
];

test.each(WRITTEN)(
  'what was %s is found, without the file, as the file has it',
  async (_how, before, write) => {
    await store.commit([put(before)]);
    await store.commit([write]);
    const kept = readCacheOf(database).item(item({}))?.value;
    readCacheOf(database).forget(item({}));
    expect(kept).toBeDefined();
    expect(kept).toStrictEqual(await store.get(item({})));
  },
);

test("what was written is nobody's to find before it is durable, and never when it was taken back", async () => {
  await store.commit([put(item({ a: 1 }))]);
  const kept: unknown[] = [];
  const takenBack = store.commit(
    [put(item({ a: 2 })), put(item({ b: 2 }, 'main', 'other'))],
    async (work) => {
      database.exec('BEGIN IMMEDIATE');
      work();
      kept.push(readCacheOf(database).item(item({})));
      database.exec('ROLLBACK');
      throw new Error('the disk is full');
    },
  );
  await expect(takenBack).rejects.toThrow('the disk is full');
  kept.push(readCacheOf(database).item(item({})));
  expect(kept).toEqual([undefined, undefined]);
  expect(await found()).toEqual([item({ a: 1 }), [item({ a: 1 })]]);
});

test('of two transactions of a group that write one item, what the second wrote is found', async () => {
  await Promise.all([store.commit([put(item({ a: 1 }))]), store.commit([put(item({ a: 2 }))])]);
  expect(readCacheOf(database).item(item({}))?.value).toEqual(item({ a: 2 }));
});

test('a transaction that is run again, because another one of its group has thrown, is found as it ended', async () => {
  const add: Write = { update: item({}), when: [], add: { a: 1 } };
  const broken = commit(() => {
    throw new Error('broken');
  });
  const [first, , second] = await Promise.allSettled([store.commit([add]), broken, store.commit([add])]);
  expect([first.status, second.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(await found()).toEqual([item({ a: 2 }), [item({ a: 2 })]]);
});

test('what a transaction wrote that throws is not found, but what another of its group wrote before', async () => {
  const first = store.commit([put(item({ a: 1 }))]);
  const second = store.commit([put(item({ a: 2 }))], (work) =>
    commit(() => {
      work();
      throw new Error('broken');
    }),
  );
  await expect(second).rejects.toThrow('broken');
  expect(await first).toEqual({ committed: true });
  expect(await found()).toEqual([item({ a: 1 }), [item({ a: 1 })]]);
});

test('a transaction that hears late that it is durable does not hide what was written since', async () => {
  let hear = () => {};
  const late = store.commit([put(item({ a: 1 }))], async (work) => {
    const result = await commit(work);
    await new Promise<void>((resolve) => {
      hear = resolve;
    });
    return result;
  });
  await store.commit([put(item({ a: 2 }))]);
  hear();
  await late;
  expect(await found()).toEqual([item({ a: 2 }), [item({ a: 2 })]]);
});

test('rows that are rewritten are read as they are now', async () => {
  await store.commit([put(item({ a: 1 }))]);
  await found();
  await rewriteRows(
    { database, commit },
    { table: 'main' },
    () => ({ a: 2 }),
    () => {},
  );
  expect(await found()).toEqual([item({ a: 2 }), [item({ a: 2 })]]);
});

test('key material is not kept, nor taken for another item of the same key', async () => {
  const material = item({ sealed: 'x' }, 'material');
  await store.commit([put(item({ a: 1 })), put(material)]);
  await found();
  expect(await store.get(material)).toEqual(material);
  expect(await store.query({ ...ALL, table: 'material' })).toEqual({ items: [material] });
  expect(readCacheOf(database).item(material)).toBeUndefined();
  expect(await found()).toEqual([item({ a: 1 }), [item({ a: 1 })]]);
});

test('an index, and what follows a page, are read from the file', async () => {
  const listed = (sort: string): Item => ({
    ...item({}, 'main', sort),
    indexes: { list: { partition: 'partition', sort } },
  });
  await store.commit([put(listed('a')), put(listed('b'))]);
  const first = await store.query({ ...ALL, limit: 1 });
  const next = { ...ALL, limit: 1, after: first.cursor ?? '' };
  expect((await store.query(next)).items).toEqual([listed('b')]);
  expect((await store.query({ ...ALL, index: 'list', limit: 1 })).items).toEqual([listed('a')]);
  await store.commit([{ update: listed('a'), when: [], indexes: { list: null } }]);
  expect((await store.query({ ...ALL, index: 'list', limit: 1 })).items).toEqual([listed('b')]);
});

test('what is kept does not grow without end', () => {
  const cache = readCacheOf(database);
  const keyOf = (n: number) => ({ table: 'main', partition: `partition-${n}`, sort: 'item' }) as const;
  const keptOf = (count: number) =>
    Array.from({ length: count }, (_, n) => cache.item(keyOf(n))).filter((kept) => kept !== undefined);
  for (let n = 0; n < 100; n += 1) cache.keepItem(keyOf(n), undefined, 100_000);
  expect(keptOf(100).length).toBeGreaterThan(0);
  expect(keptOf(100).length).toBeLessThan(45);
});
