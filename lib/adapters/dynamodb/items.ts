import type { Attributes, IndexEntry, IndexName, Item, ItemKey, Table, Value } from '../../ports/store.ts';
import { INDEX_KEYS, INDEX_NAMES, TABLE_KEY } from './schema.ts';

/** An item as DynamoDB keeps it: the attributes beside the keys, so that conditions can name them. */
export type DynamodbItem = { readonly [name: string]: Value | undefined };

export const toKey = (key: {
  readonly partition: string;
  readonly sort: string;
}): Record<string, string> => ({
  [TABLE_KEY.partitionKey]: key.partition,
  [TABLE_KEY.sortKey]: key.sort,
});

/** The two attributes that put an item into an index. */
export const toIndexKey = (index: IndexName, entry: IndexEntry): Record<string, string> => ({
  [INDEX_KEYS[index].partitionKey]: entry.partition,
  [INDEX_KEYS[index].sortKey]: entry.sort,
});

export function toDynamodb(item: Item): DynamodbItem {
  const entries = INDEX_NAMES.map((index) => {
    const entry = item.indexes?.[index];
    return entry === undefined ? {} : toIndexKey(index, entry);
  });
  return Object.assign({ ...item.attributes }, ...entries, toKey(item));
}

export function fromDynamodb(table: Table, stored: DynamodbItem): Item {
  const { [TABLE_KEY.partitionKey]: partition, [TABLE_KEY.sortKey]: sort, ...rest } = stored;
  const indexes: Partial<Record<IndexName, IndexEntry>> = {};
  const attributes: Record<string, Value | undefined> = rest;
  for (const index of INDEX_NAMES) {
    const { partitionKey, sortKey } = INDEX_KEYS[index];
    const { [partitionKey]: indexPartition, [sortKey]: indexSort } = attributes;
    delete attributes[partitionKey];
    delete attributes[sortKey];
    if (indexPartition === undefined || indexSort === undefined) continue;
    indexes[index] = { partition: String(indexPartition), sort: String(indexSort) };
  }
  const item = { ...keyIn(table, partition, sort), attributes: attributes satisfies Attributes };
  return Object.keys(indexes).length > 0 ? { ...item, indexes } : item;
}

const keyIn = (table: Table, partition: Value | undefined, sort: Value | undefined): ItemKey => ({
  table,
  partition: String(partition),
  sort: String(sort),
});
