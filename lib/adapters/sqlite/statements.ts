import type { Database } from '../../engine/database.ts';
import type { Attributes, IndexEntry, IndexName, Item, ItemKey, Query, Table } from '../../ports/store.ts';
import type { Range } from './range.ts';
import { readCacheOf } from './read-cache.ts';

/** What the store asks of its table. Every statement is prepared once. */
export interface Statements {
  find(key: ItemKey): Item | undefined;
  /** The same, kept for the next time: not within a transaction, which can be taken back. */
  read(key: ItemKey): Item | undefined;
  /** The first `limit` items of the range in the query's order; kept like an item. */
  page(query: Query, range: Range): readonly Item[];
  /**
   * @param before the item as it is; absent when that is not known, or there is none.
   * @returns says that what was saved is durable.
   */
  save(item: Item, before?: Item): () => void;
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
  const cache = readCacheOf(database);
  const rowOf = ({ table, partition, sort }: ItemKey): Row | undefined =>
    tables[table].find.get([table, partition, sort]) as Row | undefined;
  return {
    find: (key) => {
      const known = cache.item(key);
      if (known !== undefined) return known.value;
      const row = rowOf(key);
      return row && toItem(key.table, row);
    },
    read: (key) => {
      const known = cache.item(key);
      if (known !== undefined) return known.value;
      const row = rowOf(key);
      const item = row && toItem(key.table, row);
      cache.keepItem(key, item, row?.[2].length ?? 0);
      return item;
    },
    page: (query, range) => {
      const known = cache.page(query);
      if (known !== undefined) return known.value;
      const read = query.index === undefined ? tables[query.table].pages : indexes[query.index];
      const rows = read(query, range) as readonly Row[];
      const items = rows.map((row) => toItem(query.table, row));
      const characters = rows.reduce((sum, [, , attributes]) => sum + attributes.length, 0);
      cache.keepPage(query, items, characters);
      return items;
    },
    save: (item, before) => {
      const row = toRow(item);
      const { save, updates } = tables[item.table];
      const durable = cache.write(item, itemOf(item.table, row), row[2].length);
      if (before === undefined) save.run([item.table, ...row]);
      else updates[changeOf(before.indexes, item.indexes)].run([item.table, ...row]);
      return durable;
    },
    remove: (key) => {
      cache.forget(key);
      const { table, partition, sort } = key;
      tables[table].remove.run([table, partition, sort]);
    },
  };
}

type Statement = ReturnType<Database['prepare']>;
type ReadRows = (query: Query, range: Range) => readonly unknown[];

const ofTable = (database: Database, rows: string) => ({
  find: database.prepare(`SELECT ${COLUMNS} FROM ${rows} WHERE ${KEY}`).raw(),
  save: database.prepare(`
    INSERT INTO ${rows} (table_name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (table_name, partition_key, sort_key) DO UPDATE SET attributes = excluded.attributes,
      list_partition = excluded.list_partition, list_sort = excluded.list_sort,
      due_partition = excluded.due_partition, due_sort = excluded.due_sort`),
  remove: database.prepare(`DELETE FROM ${rows} WHERE ${KEY}`),
  updates: updates(database, rows),
  pages: tablePages(database, rows),
});

/** Which entries in the indexes an update changes. */
type Change = IndexName | 'none' | 'both';

/** SQLite writes to every index whose columns an update names, also where they stay as they are. */
function updates(database: Database, rows: string): Record<Change, Statement> {
  const [list, due] = ['list_partition = ?5, list_sort = ?6', 'due_partition = ?7, due_sort = ?8'];
  const update = (...changes: readonly string[]) =>
    database.prepare(
      `UPDATE ${rows} SET ${['attributes = ?4', ...changes].join(', ')}
       WHERE table_name = ?1 AND partition_key = ?2 AND sort_key = ?3`,
    );
  return { none: update(), list: update(list), due: update(due), both: update(list, due) };
}

function changeOf(before: Item['indexes'], after: Item['indexes']): Change {
  const list = !isSame(before?.list, after?.list);
  const due = !isSame(before?.due, after?.due);
  if (list && due) return 'both';
  if (list) return 'list';
  return due ? 'due' : 'none';
}

const isSame = (a?: IndexEntry, b?: IndexEntry): boolean =>
  a?.partition === b?.partition && a?.sort === b?.sort;

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

const toRow = ({ partition, sort, attributes, indexes: { list, due } = {} }: Item): Row => [
  partition,
  sort,
  JSON.stringify(attributes),
  list?.partition ?? null,
  list?.sort ?? null,
  due?.partition ?? null,
  due?.sort ?? null,
];

/** The item of a row that was written, made as if it was read, when somebody asks for it. */
function itemOf(table: Table, row: Row): { readonly value: Item } {
  let item: Item | undefined;
  return {
    get value() {
      item ??= toItem(table, row);
      return item;
    },
  };
}

function toItem(table: Item['table'], row: Row): Item {
  const [partition, sort, attributes, listPartition, listSort, duePartition, dueSort] = row;
  const indexes = { ...entry('list', listPartition, listSort), ...entry('due', duePartition, dueSort) };
  const item = { table, partition, sort, attributes: JSON.parse(attributes) as Attributes };
  return Object.keys(indexes).length > 0 ? { ...item, indexes } : item;
}

const entry = (index: IndexName, partition?: string | null, sort?: string | null): Item['indexes'] =>
  partition && sort ? { [index]: { partition, sort } } : {};
