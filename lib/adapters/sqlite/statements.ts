import type { Database } from '../../engine/database.ts';
import type { Attributes, IndexEntry, IndexName, Item, ItemKey, Query, Table } from '../../ports/store.ts';
import type { Range } from './range.ts';

/** What the store asks of its table. Every statement is prepared once. */
export interface Statements {
  find(key: ItemKey): Item | undefined;
  /** The first `limit` items of the range in the query's order. */
  page(query: Query, range: Range): readonly Item[];
  save(item: Item): void;
  remove(key: ItemKey): void;
}

const COLUMNS =
  'partition_key, sort_key, attributes, list_partition, list_sort, due_partition, due_sort' as const;

/** A row as the columns above, without their names. */
type Row = readonly [string, string, string, ...(string | null)[]];

const KEY = 'table_name = ? AND partition_key = ? AND sort_key = ?';

/** Where each table's items are. */
export const ROWS: { readonly [table in Table]: string } = {
  main: 'store_items',
  material: 'store_material',
};

export function statements(database: Database): Statements {
  const tables = { main: ofTable(database, ROWS.main), material: ofTable(database, ROWS.material) };
  const indexes = { list: indexPages(database, 'list'), due: indexPages(database, 'due') };
  return {
    find: ({ table, partition, sort }) => {
      const row = tables[table].find.get(table, partition, sort);
      return row === undefined ? undefined : toItem(table, row as Row);
    },
    page: (query, range) => {
      const read = query.index === undefined ? tables[query.table].pages : indexes[query.index];
      const rows = read(query, range);
      return rows.map((row) => toItem(query.table, row as Row));
    },
    save: ({ table, partition, sort, attributes, indexes }) => {
      const { list, due } = indexes ?? {};
      const indexed = [...columns(list), ...columns(due)];
      tables[table].save.run(table, partition, sort, JSON.stringify(attributes), ...indexed);
    },
    remove: ({ table, partition, sort }) => {
      tables[table].remove.run(table, partition, sort);
    },
  };
}

type ReadRows = (query: Query, range: Range) => readonly unknown[];

const ofTable = (database: Database, rows: string) => ({
  find: database.prepare(`SELECT ${COLUMNS} FROM ${rows} WHERE ${KEY}`).raw(),
  save: database.prepare(`
    INSERT INTO ${rows} (table_name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (table_name, partition_key, sort_key) DO UPDATE SET attributes = excluded.attributes,
      list_partition = excluded.list_partition, list_sort = excluded.list_sort,
      due_partition = excluded.due_partition, due_sort = excluded.due_sort`),
  remove: database.prepare(`DELETE FROM ${rows} WHERE ${KEY}`),
  pages: tablePages(database, rows),
});

function tablePages(database: Database, rows: string): ReadRows {
  const inOrder = (order: 'ASC' | 'DESC') =>
    database
      .prepare(
        `SELECT ${COLUMNS} FROM ${rows}
         WHERE table_name = ? AND partition_key = ? AND sort_key >= ? AND sort_key < ?
         ORDER BY sort_key ${order} LIMIT ?`,
      )
      .raw();
  const [ascending, descending] = [inOrder('ASC'), inOrder('DESC')];
  return (query, { from, before }) =>
    (query.descending ? descending : ascending).all(
      query.table,
      query.partition,
      from[0],
      before[0],
      query.limit,
    );
}

function indexPages(database: Database, index: IndexName): ReadRows {
  const inOrder = (order: 'ASC' | 'DESC') =>
    database
      .prepare(
        `SELECT ${COLUMNS} FROM ${ROWS.main}
         WHERE ${index}_partition = ? AND (${index}_sort, partition_key, sort_key) >= (?, ?, ?)
           AND (${index}_sort, partition_key, sort_key) < (?, ?, ?)
         ORDER BY ${index}_sort ${order}, partition_key ${order}, sort_key ${order} LIMIT ?`,
      )
      .raw();
  const [ascending, descending] = [inOrder('ASC'), inOrder('DESC')];
  return (query, { from, before }) =>
    (query.descending ? descending : ascending).all(query.partition, ...from, ...before, query.limit);
}

const columns = (entry: IndexEntry | undefined): readonly (string | null)[] =>
  entry === undefined ? [null, null] : [entry.partition, entry.sort];

function toItem(table: Item['table'], row: Row): Item {
  const [partition, sort, attributes, listPartition, listSort, duePartition, dueSort] = row;
  const indexes = { ...entry('list', listPartition, listSort), ...entry('due', duePartition, dueSort) };
  const item = { table, partition, sort, attributes: JSON.parse(attributes) as Attributes };
  return Object.keys(indexes).length > 0 ? { ...item, indexes } : item;
}

const entry = (index: IndexName, partition?: string | null, sort?: string | null): Item['indexes'] =>
  partition && sort ? { [index]: { partition, sort } } : {};
