import type { Database } from '../../engine/database.ts';
import type { Item, Table } from '../../ports/store.ts';
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
