import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Commit, type Database, demandOpen } from '../../engine/database.ts';
import type { Attributes, Item, Table } from '../../ports/store.ts';
import { readCacheOf } from './read-cache.ts';
import { ROWS } from './statements.ts';

/** Rows that are looked at in one go: nothing else is done in that time, some 20 milliseconds. */
const WINDOW: { readonly [table in Table]: number } = { main: 5_000, material: 250 };

export interface Rows {
  readonly table: Table;
  /** Only rows in whose attributes this text is. Absent: all. */
  readonly holding?: string;
}

interface FoundRow extends Item {
  readonly rowid: number;
}

/** Looks at every row of a table, a window of rows at a time, so that requests are answered in between. */
export async function visitRows(database: Database, rows: Rows, visit: (item: Item) => void): Promise<void> {
  const windows = windowsOf(database, rows);
  for (let from = 0; from < windows.last(); from += WINDOW[rows.table]) {
    for (const item of windows.find(from)) visit(item);
    await nextTurn();
  }
}

/**
 * Looks at every row of a table and writes what has become of it, a window of rows in each transaction. A row that
 * others move meanwhile can be missed: whoever needs all of them does it again until nothing changes.
 * @param change the row's new attributes, or undefined to leave it; without waiting
 * @param onWindow how many rows were changed by now
 * @returns how many rows were changed
 */
export async function rewriteRows(
  { database, commit }: { readonly database: Database; readonly commit: Commit },
  rows: Rows,
  change: (item: Item) => Attributes | undefined,
  onWindow: (changed: number) => void,
): Promise<number> {
  const windows = windowsOf(database, rows);
  const save = database.prepare(`UPDATE ${ROWS[rows.table]} SET attributes = ? WHERE rowid = ?`);
  const cache = readCacheOf(database);
  let changed = 0;
  for (let from = 0; from < windows.last(); from += WINDOW[rows.table]) {
    changed += await commit(() => {
      let inWindow = 0;
      for (const { rowid, ...item } of windows.find(from)) {
        const after = change(item);
        if (after === undefined) continue;
        cache.forget(item);
        save.run(JSON.stringify(after), rowid);
        inWindow += 1;
      }
      return inWindow;
    });
    onWindow(changed);
  }
  return changed;
}

interface Windows {
  /** The row id of the last row. */
  last(): number;
  find(from: number): readonly FoundRow[];
}

function windowsOf(database: Database, { table, holding = '' }: Rows): Windows {
  const last = database.prepare(`SELECT max(rowid) FROM ${ROWS[table]}`).raw();
  const find = database
    .prepare(
      `SELECT rowid, partition_key, sort_key, attributes FROM ${ROWS[table]}
       WHERE rowid > ? AND rowid <= ? AND table_name = ? AND instr(attributes, ?) > 0`,
    )
    .raw();
  const rows = (statement: typeof find, ...bound: (string | number)[]): readonly (readonly unknown[])[] => {
    demandOpen(database);
    return statement.all(...bound) as (readonly unknown[])[];
  };
  return {
    last: () => Number(rows(last)[0]?.[0] ?? 0),
    find: (from) =>
      rows(find, from, from + WINDOW[table], table, holding).map(([rowid, partition, sort, attributes]) => ({
        rowid: Number(rowid),
        table,
        partition: String(partition),
        sort: String(sort),
        attributes: JSON.parse(String(attributes)),
      })),
  };
}
