import type { Database } from '../../engine/database.ts';
import type { Item, ItemKey, Table } from '../../ports/store.ts';
import { ROWS } from './statements.ts';

/** Any one item of a table, or undefined when it has none: to try on it what is to be done with all. */
export function anyItem(database: Database, table: Table): Item | undefined {
  const row = database
    .prepare(`SELECT partition_key, sort_key, attributes FROM ${ROWS[table]} WHERE table_name = ? LIMIT 1`)
    .raw()
    .get(table);
  if (!Array.isArray(row)) return undefined;
  const [partition, sort, attributes] = row.map(String);
  return { table, partition: partition ?? '', sort: sort ?? '', attributes: JSON.parse(attributes ?? '{}') };
}

/** One item of a file whose tables may be of an earlier version: nothing in it is brought up to date for that. */
export function oneItem(database: Database, { table, partition, sort }: ItemKey): Item | undefined {
  const row = database
    .prepare(
      `SELECT attributes FROM ${ROWS[table]} WHERE table_name = ? AND partition_key = ? AND sort_key = ?`,
    )
    .raw()
    .get(table, partition, sort);
  if (!Array.isArray(row)) return undefined;
  return { table, partition, sort, attributes: JSON.parse(String(row[0])) };
}
