import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { beginEpoch, sqliteEventFeed, sqliteSinkPositions } from '../../../lib/adapters/sqlite/event-feed.ts';
import { storeGauges } from '../../../lib/adapters/sqlite/gauges.ts';
import { migrate } from '../../../lib/adapters/sqlite/schema.ts';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { type Database, groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import type { Item, Write } from '../../../lib/ports/store.ts';

function opened(file = newFile()) {
  const database = openDatabase(file);
  const commit = groupCommit(database);
  const store = sqliteStore(database, commit);
  onTestFinished(() => void database.close());
  return { file, database, commit, store, feed: sqliteEventFeed(database) };
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-feed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

const event = (key: string, sequence: number, at = sequence): Write => ({
  put: {
    table: 'main',
    partition: `key#i#${key}`,
    sort: `event#${String(sequence).padStart(15, '0')}`,
    attributes: { sequence, at },
  },
  when: [{ item: 'absent' }],
});

const authorization = (id: string, status: string, due = true): Item => ({
  table: 'main',
  partition: 'key#i#k',
  sort: `authorization#${id}`,
  attributes: { status, requestedAt: 1_000 + id.length, windowEndsAt: 9_000 + id.length },
  ...(due && { indexes: { due: { partition: 'due#authorization#1', sort: `000000000005000#${id}` } } }),
});

const placesOf = async (feed: ReturnType<typeof opened>['feed'], after = 0) =>
  (await feed.after(after, 1_000)).map(({ position, item }) => [
    position,
    `${item.partition}/${Number(item.attributes.sequence)}`,
  ]);

describe('the feed of events', () => {
  test('has every event once, in the order of the commits, also of those that share a group', async () => {
    const { store, feed } = opened();
    await Promise.all([
      store.commit([event('b', 1)]),
      store.commit([event('a', 1), event('a', 2)]),
      store.commit([event('b', 2)]),
    ]);
    const order = ['key#i#b/1', 'key#i#a/1', 'key#i#a/2', 'key#i#b/2'];
    expect(await placesOf(feed)).toEqual(order.map((one, i) => [i + 1, one]));
    expect(await placesOf(feed, 2)).toEqual(order.slice(2).map((one, i) => [i + 3, one]));
    expect(await feed.newest()).toBe(4);
  });

  test('has no event of a transaction whose condition did not hold, and nothing that is no event', async () => {
    const { store, feed } = opened();
    await store.commit([event('a', 1)]);
    const again = await store.commit([event('a', 2), event('a', 1)]);
    expect(again.committed).toBe(false);
    await store.commit([{ put: authorization('x', 'pending'), when: [] }]);
    expect(await placesOf(feed)).toEqual([[1, 'key#i#a/1']]);
  });

  test('gives no place twice: an event that is written over keeps its own, and one that is gone leaves a gap', async () => {
    const { store, feed } = opened();
    await store.commit([event('a', 1)]);
    const [first] = [event('a', 1)];
    if ('put' in (first as Write)) await store.commit([{ ...(first as { put: Item }), when: [] }]);
    expect(await placesOf(feed)).toEqual([[1, 'key#i#a/1']]);
    await store.commit([
      { delete: { table: 'main', partition: 'key#i#a', sort: 'event#000000000000001' }, when: [] },
    ]);
    await store.commit([event('a', 2)]);
    expect(await placesOf(feed)).toEqual([[2, 'key#i#a/2']]);
  });

  test('has the events of a file from before there was a feed, by time', async () => {
    const { file, database, store } = opened();
    await store.commit([
      event('a', 1, 200),
      event('b', 1, 100),
      { put: authorization('x', 'lapsed'), when: [] },
    ]);
    asBeforeTheFeed(database);
    database.close();
    const again = opened(file);
    await again.store.commit([event('a', 2, 50)]);
    expect((await placesOf(again.feed)).map(([, one]) => one)).toEqual([
      'key#i#b/1',
      'key#i#a/1',
      'key#i#a/2',
    ]);
    expect(storeGauges(again.database)(0).unfinished).toMatchObject([{ status: 'lapsed', count: 1 }]);
  });

  test('begins in an epoch of its own, also of an older file, and each copy in one that begins where it ends', async () => {
    const { database, store, feed } = opened();
    const [first, ...others] = await feed.epochs();
    expect(first).toEqual({ id: expect.stringMatching(/^[\da-f]{16}$/), beginsAfter: 0 });
    expect(others).toEqual([]);
    await store.commit([event('a', 1), event('a', 2)]);
    beginEpoch(database);
    const [same, second] = await feed.epochs();
    expect(same).toEqual(first);
    expect(second?.beginsAfter).toBe(2);
    expect(second?.id).not.toBe(first?.id);
    asBeforeTheFeed(database);
    migrate(database);
    expect((await sqliteEventFeed(database).epochs())[0]?.id).not.toBe(first?.id);
  });

  test('keeps how far a sink is, and that it wants no more', async () => {
    const { database, commit } = opened();
    const positions = sqliteSinkPositions(database, commit);
    expect(positions.read('a')).toEqual({ name: 'a', position: 0 });
    await positions.save({ name: 'a', position: 3, goneAt: 12 });
    await positions.save({ name: 'b', position: 1 });
    expect(positions.all()).toEqual([
      { name: 'a', position: 3, goneAt: 12 },
      { name: 'b', position: 1 },
    ]);
    await positions.save({ name: 'a', position: 3 });
    expect(positions.read('a')).toEqual({ name: 'a', position: 3 });
  });
});

/** Back to version 2 of the store's tables, the last without a feed. */
function asBeforeTheFeed(database: Database): void {
  const made = database
    .prepare(`SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'table') AND name GLOB ?`)
    .raw();
  for (const glob of ['store_events*', 'store_event_*', 'store_unfinished*']) {
    for (const row of made.all(glob)) {
      const [type, name] = row as [string, string];
      database.exec(`DROP ${type} IF EXISTS ${name}`);
    }
  }
  database.exec(`UPDATE store_meta SET value = 2 WHERE name = 'version'`);
}

describe('what monitoring counts', () => {
  test('are the authorizations that are not finished, through every change of theirs', async () => {
    const { store, database } = opened();
    const read = storeGauges(database);
    const put = (item: Item) => store.commit([{ put: item, when: [] }]);
    await put(authorization('x', 'pending'));
    await put(authorization('yy', 'pending'));
    await put(authorization('zzz', 'lapsed'));
    expect(read(0).unfinished).toEqual([
      { status: 'lapsed', count: 1, oldestRequestedAt: 1_003, firstWindowEnd: 9_003 },
      { status: 'pending', count: 2, oldestRequestedAt: 1_001, firstWindowEnd: 9_001 },
    ]);
    await put(authorization('x', 'approved'));
    await put(authorization('yy', 'withdrawn', false));
    await store.commit([
      {
        update: { table: 'main', partition: 'key#i#k', sort: 'authorization#zzz' },
        when: [],
        indexes: { due: null },
      },
    ]);
    expect(read(0).unfinished.map(({ status, count }) => [status, count])).toEqual([['approved', 1]]);
    await store.commit([
      { delete: { table: 'main', partition: 'key#i#k', sort: 'authorization#x' }, when: [] },
    ]);
    expect(read(0).unfinished).toEqual([]);
  });

  test('is what is due by kind, over all shards, and mail that was not delivered', async () => {
    const { store, database } = opened();
    const mail = (id: string, shard: number, at: string, list?: string): Write => ({
      put: {
        table: 'main',
        partition: 'mails#i',
        sort: `mail#${id}`,
        attributes: {},
        indexes: {
          due: { partition: `due#mail#${shard}`, sort: `${at}#${id}` },
          ...(list !== undefined && { list: { partition: list, sort: id } }),
        },
      },
      when: [],
    });
    await store.commit([
      mail('a', 0, '000000000001000', 'undelivered#i#due'),
      mail('b', 7, '000000000002000', 'undelivered#j#due'),
      mail('c', 7, '000000000009000', 'undelivered#j#given-up'),
      { put: authorization('x', 'pending'), when: [] },
    ]);
    expect(storeGauges(database)(5_000)).toMatchObject({
      outbox: 3,
      undelivered: { due: 2, 'given-up': 1 },
      overdue: { mail: 2, authorization: 1 },
    });
  });

  test('is read from indexes alone, however many wait', () => {
    const { database } = opened();
    const plan = (sql: string): string =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .raw()
        .all()
        .map((row) => String((row as unknown[])[3]))
        .join('\n');
    const group =
      'SELECT status, count(*), min(requested_at), min(window_ends_at) FROM store_unfinished GROUP BY 1';
    expect(plan(group)).toBe('SCAN store_unfinished USING COVERING INDEX store_unfinished_status');
    const mails = `SELECT count(*) FROM store_items WHERE due_partition >= 'due#mail#' AND due_partition < 'due#mail$'`;
    expect(plan(mails)).toContain('COVERING INDEX store_items_due');
  });

  test('nothing of it stands in the way of an older file: the steps are made one by one', () => {
    const { database } = opened();
    expect(() => migrate(database)).not.toThrow();
  });
});
