import type { Database } from '../../engine/database.ts';
import type { Attributes, IndexEntry, IndexName, Item, ItemKey, Query } from '../../ports/store.ts';
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
const FIND = `SELECT ${COLUMNS} FROM store_items WHERE ${KEY}`;
const REMOVE = `DELETE FROM store_items WHERE ${KEY}`;
const SAVE = `
  INSERT INTO store_items (table_name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (table_name, partition_key, sort_key) DO UPDATE SET attributes = excluded.attributes,
    list_partition = excluded.list_partition, list_sort = excluded.list_sort,
    due_partition = excluded.due_partition, due_sort = excluded.due_sort`;

export function statements(database: Database): Statements {
  const find = database.prepare(FIND).raw();
  const save = database.prepare(SAVE);
  const remove = database.prepare(REMOVE);
  const pages = {
    table: tablePages(database),
    list: indexPages(database, 'list'),
    due: indexPages(database, 'due'),
  };
  return {
    find: ({ table, partition, sort }) => {
      const row = find.get(table, partition, sort);
      return row === undefined ? undefined : toItem(table, row as Row);
    },
    page: (query, range) => {
      const rows = pages[query.index ?? 'table'](query, range);
      return rows.map((row) => toItem(query.table, row as Row));
    },
    save: ({ table, partition, sort, attributes, indexes }) => {
      const { list, due } = indexes ?? {};
      save.run(table, partition, sort, JSON.stringify(attributes), ...columns(list), ...columns(due));
    },
    remove: ({ table, partition, sort }) => {
      remove.run(table, partition, sort);
    },
  };
}

type ReadRows = (query: Query, range: Range) => readonly unknown[];

function tablePages(database: Database): ReadRows {
  const inOrder = (order: 'ASC' | 'DESC') =>
    database
      .prepare(
        `SELECT ${COLUMNS} FROM store_items
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
        `SELECT ${COLUMNS} FROM store_items
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
