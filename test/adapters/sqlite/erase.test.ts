import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../lib/adapters/sqlite/schema.ts';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { type Database, groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { holdStill } from '../../../lib/engine/snapshot.ts';
import type { Store, Write } from '../../../lib/ports/store.ts';

let folder: string;
let database: Database;
let store: Store;

const open = () => {
  database = openDatabase(join(folder, 'store.db'));
  store = sqliteStore(database, groupCommit(database));
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-erase-'));
  open();
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const keyOf = (i: number, table: 'main' | 'material' = 'material') =>
  ({ table, partition: `key#${i}`, sort: 'it' }) as const;
const secret = () => `sealed.${randomBytes(90).toString('base64url')}`;
const put = (i: number, sealed: string): Write => ({
  put: { ...keyOf(i), attributes: { versions: { first: sealed } } },
  when: [],
});

/** How many of the secrets are in any of the files, WAL and all. */
const left = (secrets: readonly string[]): number => {
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  return secrets.filter((one) => bytes.some((text) => text.includes(one))).length;
};

/** Keys that were rotated now and then, so that SQLite has moved their rows between pages. */
async function filled(count: number): Promise<readonly string[]> {
  const secrets = Array.from({ length: count }, secret);
  for (const [i, sealed] of secrets.entries()) await store.commit([put(i, sealed)]);
  for (let round = 1; round <= 3; round += 1) {
    for (let i = round; i < count; i += 1 + round) {
      const more = Object.fromEntries(
        Array.from({ length: round * (i % 4) }, (_, n) => [`v${n}`, 'x'.repeat(150)]),
      );
      const set = { versions: { first: secrets[i] ?? '', ...more } };
      await store.commit([{ update: keyOf(i), when: [], set }]);
    }
  }
  return secrets;
}

test('what is deleted of key material is in no file when the commit resolves, and the rest stays', async () => {
  const secrets = await filled(200);
  expect(left(secrets)).toBe(200);
  // In another order than they were written, several at once.
  for (let i = 0; i < 150; i += 3) {
    await Promise.all(
      [0, 1, 2].map((more) => store.commit([{ delete: keyOf(((i + more) * 7) % 150), when: [] }])),
    );
    if (i % 30 === 0) expect(left(secrets)).toBe(200 - i - 3);
  }
  expect(left(secrets)).toBe(50);
  for (let i = 150; i < 200; i += 1) {
    expect((await store.get(keyOf(i)))?.attributes).toMatchObject({ versions: { first: secrets[i] } });
  }
});

test('what material that was moved has left behind is in no file either when it is deleted', async () => {
  const secrets = await filled(60);
  const movedKey = (i: number) => ({ table: 'material', partition: `retained#${i}`, sort: 'it' }) as const;
  for (let i = 0; i < 60; i += 1) {
    const attributes = { sealed: secrets[i] };
    await store.commit([
      { put: { ...movedKey(i), attributes }, when: [] },
      { delete: keyOf(i), when: [] },
    ]);
  }
  await store.commit(Array.from({ length: 40 }, (_, i) => ({ delete: movedKey(i), when: [] })));
  expect(left(secrets)).toBe(20);
});

test('a process that was killed right after the commit is finished by the next that opens the file', async () => {
  const secrets = await filled(30);
  // As the commit alone leaves it.
  database.exec(`
    BEGIN;
    DELETE FROM store_material WHERE partition_key <> 'key#7';
    INSERT INTO store_meta (name, value) VALUES ('erase', 1);
    COMMIT;`);
  expect(left(secrets)).toBe(30);
  const killed = mkdtempSync(join(tmpdir(), 'countersign-erase-'));
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(killed, name));
  database.close();
  rmSync(folder, { recursive: true });
  folder = killed;
  open();
  expect(left(secrets)).toBe(1);
  expect(await store.get(keyOf(7))).toBeDefined();
});

test('a copy that is being made is not disturbed, and the file is rid of it when the copy is done', async () => {
  const secrets = await filled(5);
  const hold = holdStill(database);
  const bytes = readFileSync(join(folder, 'store.db'));
  await store.commit([{ delete: keyOf(1), when: [] }]);
  expect(readFileSync(join(folder, 'store.db')).equals(bytes)).toBe(true);
  hold.release();
  expect(left(secrets)).toBe(4);
});

test('material of a file from before it had a table of its own is moved there, without traces', async () => {
  const secrets = Array.from({ length: 400 }, secret);
  for (const [i, sealed] of secrets.entries()) {
    const other = { ...keyOf(i, 'main'), attributes: { text: 'x'.repeat((i * 397) % 900) } };
    await store.commit([put(i, sealed), { put: other, when: [] }]);
  }
  // As the program before had them: in one table, whose rows have moved since.
  database.exec(`
    CREATE TABLE before AS
      SELECT * FROM (SELECT * FROM store_items UNION ALL SELECT * FROM store_material) ORDER BY partition_key;
    DELETE FROM store_items;
    INSERT INTO store_items SELECT * FROM before;
    DROP TABLE before; DROP TABLE store_material; DROP TABLE store_material_copy;
    DROP TRIGGER store_events_place; DROP TABLE store_events; DROP TABLE store_event_sinks; DROP TABLE store_event_epochs;
    DROP TRIGGER store_unfinished_insert; DROP TRIGGER store_unfinished_update;
    DROP TRIGGER store_unfinished_finish; DROP TRIGGER store_unfinished_delete; DROP TABLE store_unfinished;
    UPDATE store_meta SET value = 1 WHERE name = 'version';`);
  const grow = database.prepare(
    `UPDATE store_items SET attributes = ? WHERE table_name = 'main' AND rowid = ?`,
  );
  for (let round = 1; round <= 3; round += 1) {
    for (let row = round; row <= 800; row += 1 + round) {
      grow.run(JSON.stringify({ text: 'x'.repeat((row * 397 * round) % (900 * round)) }), row);
    }
  }
  migrate(database);
  store = sqliteStore(database, groupCommit(database));
  expect((await store.get(keyOf(399)))?.attributes).toEqual({ versions: { first: secrets[399] } });
  expect((await store.get(keyOf(399, 'main')))?.attributes).toHaveProperty('text');
  for (let i = 0; i < 400; i += 100) {
    await store.commit(Array.from({ length: 100 }, (_, n) => ({ delete: keyOf(i + n), when: [] })));
  }
  expect(left(secrets)).toBe(0);
});
