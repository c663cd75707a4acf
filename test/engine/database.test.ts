import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { DatabaseError, groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { startChild } from './support/child.ts';
import { temporaryFile } from './support/temporary.ts';

function problemOf(path: string): unknown {
  try {
    openDatabase(path).close();
    return 'none';
  } catch (error) {
    if (!(error instanceof DatabaseError)) return error;
    expect(error.message).not.toContain('\n');
    expect(error.message).toContain(path);
    return error.problem;
  }
}

/** Our file with a table of some pages in it. */
function filled(): string {
  const path = temporaryFile();
  const database = openDatabase(path);
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)');
  const insert = database.prepare('INSERT INTO t (text) VALUES (?)');
  database.exec('BEGIN');
  for (let i = 0; i < 200; i += 1) insert.run('x'.repeat(500));
  database.exec('COMMIT');
  database.close();
  return path;
}

const numberOf = (database: ReturnType<typeof openDatabase>, sql: string) =>
  Number(database.prepare(sql).pluck().all()[0]);
const count = (database: ReturnType<typeof openDatabase>) => numberOf(database, 'SELECT count(*) FROM t');

describe('a database', () => {
  it('is made with rights for its owner alone', () => {
    const path = temporaryFile();
    openDatabase(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that was closed is one file, and opens again', () => {
    const path = filled();
    expect(() => statSync(`${path}-wal`)).toThrow('ENOENT');
    const database = openDatabase(path);
    expect(count(database)).toBe(200);
    database.close();
    database.close();
    expect(problemOf(path)).toBe('none');
  });

  it('of another program is refused and not touched', () => {
    const path = temporaryFile();
    const other = new Libsql(path);
    other.exec('CREATE TABLE theirs (id INTEGER)');
    other.close();
    const before = readFileSync(path);
    expect(problemOf(path)).toBe('not-ours');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('that is no database is refused and not touched', () => {
    const path = temporaryFile();
    writeFileSync(path, 'a letter to my aunt, '.repeat(100));
    const before = readFileSync(path);
    expect(problemOf(path)).toBe('not-ours');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of a newer version is refused', () => {
    const path = filled();
    const newer = new Libsql(path);
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    expect(problemOf(path)).toBe('newer');
  });

  it('whose pages are overwritten is refused', () => {
    const path = filled();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 8_192, 40_960);
    writeFileSync(path, bytes);
    expect(problemOf(path)).toBe('damaged');
  });

  it('that was cut off is refused', () => {
    const path = filled();
    truncateSync(path, statSync(path).size - 20_480);
    expect(problemOf(path)).toBe('damaged');
  });

  it('in a folder that is not there, or that is a folder, cannot be written', () => {
    const path = temporaryFile();
    expect(problemOf(join(path, 'below.db'))).toBe('unwritable');
    mkdirSync(`${path}.d`);
    expect(problemOf(`${path}.d`)).toBe('unwritable');
  });

  it('that another process has open is refused, and free when that process is killed', async () => {
    const path = temporaryFile();
    const child = startChild('../crash/database-child.ts', [path]);
    await child.said((line) => line === 'ready');
    expect(problemOf(path)).toBe('in-use');
    await child.kill();
    expect(problemOf(path)).toBe('none');
  });

  it('has every row whose commit was acknowledged, wherever its process was killed', async () => {
    const path = temporaryFile();
    for (let round = 1; round <= 4; round += 1) {
      const child = startChild('../crash/database-child.ts', [path]);
      const enough = 200 * round;
      await child.said((line) => Number(line) > enough);
      await child.kill();
      const database = openDatabase(path);
      const rows: unknown = database.prepare('SELECT id FROM t').raw().all();
      const ids = new Set(Array.isArray(rows) ? rows.map((row: unknown[]) => row[0]) : []);
      database.close();
      const acknowledged = child.lines.map(Number).filter((n) => !Number.isNaN(n));
      expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    }
  });

  it('copied while nobody writes is a database of ours', () => {
    const path = filled();
    const copy = join(dirname(path), 'copy.db');
    copyFileSync(path, copy);
    expect(problemOf(copy)).toBe('none');
  });
});

describe('a group commit', () => {
  function opened() {
    const path = temporaryFile();
    const database = openDatabase(path);
    database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    database.exec('CREATE TABLE child (id INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)');
    const insert = database.prepare('INSERT INTO t (id) VALUES (?)');
    return { path, database, commit: groupCommit(database), add: (id: number) => void insert.run(id) };
  }

  it('gives each work its own result', async () => {
    const { database, commit } = opened();
    expect(await Promise.all([1, 2, 3].map((n) => commit(() => n * n)))).toEqual([1, 4, 9]);
    database.close();
  });

  it('writes what is asked for at once together', async () => {
    const { path, database, commit, add } = opened();
    const walSize = () => statSync(`${path}-wal`).size;
    const before = walSize();
    await Promise.all(Array.from({ length: 50 }, (_, i) => commit(() => add(i))));
    const together = walSize() - before;
    for (let i = 50; i < 100; i += 1) await commit(() => add(i));
    expect(walSize() - before - together).toBeGreaterThan(10 * together);
    database.close();
  });

  it('keeps the others when one throws, and nothing of the one', async () => {
    const { database, commit, add } = opened();
    const results = await Promise.allSettled([
      commit(() => add(1)),
      commit(() => {
        add(2);
        throw new Error('changed my mind');
      }),
      commit(() => add(1)),
      commit(() => add(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: new Error('changed my mind') });
    expect(database.prepare('SELECT id FROM t ORDER BY id').raw().all()).toEqual([[1], [3]]);
    database.close();
  });

  it('rejects all of a group whose COMMIT fails, keeps nothing of it, and goes on', async () => {
    const { database, commit, add } = opened();
    const results = await Promise.allSettled([
      commit(() => add(1)),
      commit(() => database.exec('INSERT INTO child (id) VALUES (77)')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(count(database)).toBe(0);
    await commit(() => add(2));
    expect(count(database)).toBe(1);
    database.close();
  });

  it('is refused when the file may not grow, and goes on when it may', async () => {
    const { database, commit } = opened();
    database.exec('CREATE TABLE big (text TEXT)');
    const insert = database.prepare('INSERT INTO big (text) VALUES (?)');
    const pages = numberOf(database, 'PRAGMA page_count');
    database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const large = () => commit(() => void insert.run('x'.repeat(100_000)));
    await expect(large()).rejects.toMatchObject({ name: 'DatabaseError', problem: 'full' });
    await commit(() => void insert.run('small'));
    database.exec('PRAGMA max_page_count = 100000');
    await large();
    expect(numberOf(database, 'SELECT count(*) FROM big')).toBe(2);
    database.close();
  });
});
