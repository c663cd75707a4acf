import type { IndexName, Table } from '../../ports/store.ts';

/** The names of the two string attributes that make a primary key. */
export interface KeyNames {
  readonly partitionKey: string;
  readonly sortKey: string;
}

/** The primary key of both tables. */
export const TABLE_KEY = { partitionKey: 'pk', sortKey: 'sk' } as const satisfies KeyNames;

/**
 * The global secondary indexes of `main`, by their names in DynamoDB. They hold whole items (projection ALL),
 * and only the items that carry both keys.
 */
export const INDEX_KEYS = {
  list: { partitionKey: 'listPk', sortKey: 'listSk' },
  due: { partitionKey: 'duePk', sortKey: 'dueSk' },
} as const satisfies Record<IndexName, KeyNames>;

/** The indexes of each table: what the tables are deployed from, and what tests create them from. */
export const TABLE_INDEXES = {
  main: ['list', 'due'],
  material: [],
} as const satisfies Record<Table, readonly IndexName[]>;

export const INDEX_NAMES = TABLE_INDEXES.main;
