import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../lib/adapters/sqlite/schema.ts';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { PERMANENT_ERROR, TRANSIENT_ERROR } from '../../../lib/domain/errors.ts';
import { type Database, groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import type { Item } from '../../../lib/ports/store.ts';

const ITEM: Item = { table: 'main', partition: 'p', sort: 's', attributes: { a: 1 } };

let folder: string;
let database: Database;
const open = () => openDatabase(join(folder, 'store.db'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'));
  database = open();
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

describe('a full disk', () => {
  test('is transient and leaves nothing, and the store goes on when there is room again', async () => {
    const store = sqliteStore(database, groupCommit(database));
    const large = { put: { ...ITEM, attributes: { large: 'x'.repeat(300_000) } }, when: [] };
    const [row] = database.prepare('PRAGMA page_count').raw().all();
    database.pragma(`max_page_count=${String(Array.isArray(row) ? row[0] : row)}`);
    await expect(store.commit([large])).rejects.toMatchObject({ name: TRANSIENT_ERROR });
    expect(await store.get(ITEM)).toBeUndefined();
    database.pragma('max_page_count=1000000');
    expect(await store.commit([large])).toEqual({ committed: true });
    expect(await store.get(ITEM)).toEqual(large.put);
  });
});

test('an update writes only to the indexes whose entries it changes', async () => {
  const store = sqliteStore(database, groupCommit(database));
  const entry = (sort: string) => ({ partition: 'i', sort });
  await store.commit([{ put: { ...ITEM, indexes: { list: entry('1'), due: entry('1') } }, when: [] }]);
  database.exec('CREATE TABLE written (name TEXT)');
  for (const index of ['list', 'due']) {
    database.exec(
      `CREATE TRIGGER watch_${index} AFTER UPDATE OF ${index}_partition, ${index}_sort ON store_items
       BEGIN INSERT INTO written VALUES ('${index}'); END`,
    );
  }
  const written = async (indexes: Item['indexes']) => {
    await store.commit([{ update: ITEM, when: [], add: { a: 1 }, ...(indexes && { indexes }) }]);
    const rows = database.prepare('SELECT DISTINCT name FROM written ORDER BY name').raw().all();
    database.exec('DELETE FROM written');
    return rows.flat();
  };
  expect(await written(undefined)).toEqual([]);
  expect(await written({ list: entry('1'), due: entry('1') })).toEqual([]);
  expect(await written({ list: entry('2'), due: entry('1') })).toEqual(['list']);
  expect(await written({ due: entry('2') })).toEqual(['due']);
  expect(await written({ list: entry('3'), due: entry('3') })).toEqual(['due', 'list']);
});

describe('the tables', () => {
  test('keep what they hold when the file is opened again', async () => {
    await sqliteStore(database, groupCommit(database)).commit([{ put: ITEM, when: [] }]);
    database.close();
    database = open();
    expect(await sqliteStore(database, groupCommit(database)).get(ITEM)).toEqual(ITEM);
  });

  test('keep what they hold when a newer program adds to them', async () => {
    const steps = ['CREATE TABLE first (a TEXT)', 'ALTER TABLE first ADD COLUMN b TEXT'];
    migrate(database, steps.slice(0, 1));
    database.exec(`INSERT INTO first VALUES ('kept')`);
    migrate(database, steps);
    migrate(database, steps);
    expect(database.prepare('SELECT a, b FROM first').raw().all()).toEqual([['kept', null]]);
  });

  test('stay at the last whole version when a step fails', () => {
    const steps = [
      'CREATE TABLE first (a TEXT)',
      'CREATE TABLE second (a TEXT); CREATE TABLE first (a TEXT)',
    ];
    expect(() => migrate(database, steps)).toThrow(/first already exists/);
    migrate(database, [...steps.slice(0, 1), 'CREATE TABLE second (a TEXT)']);
    expect(database.prepare('SELECT * FROM second').raw().all()).toEqual([]);
  });

  test('of a newer program are refused', () => {
    migrate(
      database,
      Array.from({ length: 9 }, (_, i) => `CREATE TABLE made_${i} (a TEXT)`),
    );
    database.exec(`UPDATE store_meta SET value = 99 WHERE name = 'version'`);
    expect(() => sqliteStore(database, groupCommit(database))).toThrow(
      expect.objectContaining({
        name: PERMANENT_ERROR,
        message: expect.stringMatching(/version 99.*knows \d/),
      }),
    );
  });
});
