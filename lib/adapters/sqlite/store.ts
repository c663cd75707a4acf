import { type Commit, type Database, demandOpen } from '../../engine/database.ts';
import type { CommitResult, Item, ItemKey, Page, Query, Store, Write } from '../../ports/store.ts';
import { decodeCursor, encodeCursor, type Position } from '../store/cursor.ts';
import { assertKey, assertQuery, assertSize, assertTransaction, keyOf } from '../store/limits.ts';
import { updated } from './changes.ts';
import { allHold } from './conditions.ts';
import { eraser } from './erase.ts';
import { translated } from './errors.ts';
import { type Range, rangeOf } from './range.ts';
import { migrate } from './schema.ts';
import { type Statements, statements } from './statements.ts';

export interface SqliteStore extends Store {
  /** @param within makes the work durable, alone or together with other work on the same database. */
  commit(writes: readonly Write[], within?: Within): Promise<CommitResult>;
}

type Within = (work: () => CommitResult) => Promise<CommitResult>;

/**
 * The store in one SQLite file, whose tables it brings up to date first.
 *
 * 1. A transaction is one work of a group commit: its conditions are all checked before anything is written, so a
 *    refusal has nothing to take back, and no savepoint is paid for.
 * 2. No one else writes to the file and a work is synchronous: between check and write nothing changes. So what was read,
 *    and what was written and is durable, is good until it is written again (read-cache.ts).
 * 3. What one transaction of a group has written, the next one sees; what a reader sees is durable, because no
 *    reader runs between BEGIN and COMMIT.
 * 4. What a commit has deleted of key material is in none of the database's files when it resolves. Material that a
 *    commit moves is not gone: what the move leaves behind goes when it is.
 *
 * @param commit the database's group commit; resolves when the work is durable.
 */
export function sqliteStore(database: Database, commit: Commit): SqliteStore {
  migrate(database);
  const sql = statements(database);
  const erase = eraser(database, commit);
  const read = <T>(work: () => T): T =>
    orTranslated(() => {
      demandOpen(database);
      return work();
    });
  return {
    get: async (key) => {
      assertKey(key);
      return read(() => sql.read(key));
    },
    query: async (query) => {
      assertQuery(query);
      const position = decodeCursor(query);
      return read(() => readPage(sql, query, rangeOf(query, position)));
    },
    commit: async (writes, within = commit) => {
      assertTransaction(writes);
      if (writes.length === 0) return { committed: true };
      const deletes = endsMaterial(writes);
      let durable: Transacted['durable'] = [];
      const result = await within(() => {
        const done = transact(sql, writes);
        durable = done.durable;
        if (deletes && done.result.committed) erase.begin();
        return done.result;
      }).catch((error: unknown) => {
        throw translated(error);
      });
      for (const isDurable of durable) isDurable();
      if (deletes && result.committed) await erase.finish();
      return result;
    },
  };
}

/** Whether key material is deleted for good. A transaction that writes some as well moves it, within its table. */
const endsMaterial = (writes: readonly Write[]): boolean =>
  writes.some((write) => 'delete' in write && write.delete.table === 'material') &&
  !writes.some((write) => 'put' in write && write.put.table === 'material');

function orTranslated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(error);
  }
}

/** What a write leaves behind: an item, or `undefined` for none. */
interface Change {
  readonly key: ItemKey;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

interface Transacted {
  readonly result: CommitResult;
  /** To be called when what was written is durable. */
  readonly durable: readonly (() => void)[];
}

/** Checks everything, then writes everything. */
function transact(sql: Statements, writes: readonly Write[]): Transacted {
  const failed: number[] = [];
  const changes: Change[] = [];
  writes.forEach((write, position) => {
    const before = needsBefore(write) ? sql.find(keyOf(write)) : undefined;
    if (!allHold(write.when, before?.attributes)) failed.push(position);
    else if (!('check' in write)) changes.push({ key: keyOf(write), before, after: outcome(write, before) });
  });
  if (failed.length > 0) return { result: { committed: false, failed }, durable: [] };
  return { result: { committed: true }, durable: changes.flatMap((change) => written(sql, change)) };
}

function written(sql: Statements, { key, before, after }: Change): readonly (() => void)[] {
  if (after !== undefined) return [sql.save(after, before)];
  sql.remove(key);
  return [];
}

const needsBefore = (write: Write): boolean => 'update' in write || write.when.length > 0;

function outcome(write: Exclude<Write, { check: ItemKey }>, before: Item | undefined): Item | undefined {
  if ('put' in write) return write.put;
  if ('delete' in write) return undefined;
  const after = updated(before, write);
  assertSize(after);
  return after;
}

function readPage(sql: Statements, query: Query, range: Range): Page {
  const items = sql.page(query, range);
  const last = items.at(-1);
  // A full page may be the last one: the next is then empty, as DynamoDB does it.
  if (last === undefined || items.length < query.limit) return { items };
  return { items, cursor: encodeCursor(query, positionOf(query, last)) };
}

function positionOf({ index }: Query, last: Item): Position {
  const entry = index && last.indexes?.[index];
  if (entry === undefined) return { sort: last.sort };
  return { sort: entry.sort, item: { partition: last.partition, sort: last.sort } };
}
