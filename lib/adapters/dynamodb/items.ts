import { PermanentError } from '../../domain/errors.ts';
import type { IndexEntry, IndexName, Item, Table, Value } from '../../ports/store.ts';
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

/** @throws PermanentError for what was not written here: its keys are no texts. */
export function fromDynamodb(table: Table, stored: DynamodbItem): Item {
  const attributes: Record<string, Value | undefined> = { ...stored };
  const partition = taken(attributes, TABLE_KEY.partitionKey);
  const sort = taken(attributes, TABLE_KEY.sortKey);
  const indexes: Partial<Record<IndexName, IndexEntry>> = {};
  for (const index of INDEX_NAMES) {
    const { partitionKey, sortKey } = INDEX_KEYS[index];
    const entry = { partition: taken(attributes, partitionKey), sort: taken(attributes, sortKey) };
    if (isEntry(entry)) indexes[index] = entry;
  }
  if (partition === undefined || sort === undefined) {
    throw new PermanentError(
      `an item of ${table} has no key of texts: the table is not one of this program's`,
    );
  }
  const item = { table, partition, sort, attributes };
  return Object.keys(indexes).length > 0 ? { ...item, indexes } : item;
}

/** Takes a text out of the attributes. */
function taken(attributes: Record<string, Value | undefined>, name: string): string | undefined {
  const { [name]: value } = attributes;
  delete attributes[name];
  return typeof value === 'string' ? value : undefined;
}

const isEntry = (entry: { readonly [part in keyof IndexEntry]: string | undefined }): entry is IndexEntry =>
  entry.partition !== undefined && entry.sort !== undefined;
