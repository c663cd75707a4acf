import { PermanentError } from '../../domain/errors.ts';
import type { Condition, Item, ItemKey, Query, Write } from '../../ports/store.ts';
import { itemBytes, mostItemBytes } from './size.ts';
import { assertAttributes, assertName, assertValue, isUnicode } from './values.ts';

/** Actions in one transaction, bytes of one item and of one transaction (DynamoDB, TransactWriteItems). */
export const MOST_WRITES = 100;
export const MOST_ITEM_BYTES = 400 * 1024;
export const MOST_TRANSACTION_BYTES = 4 * 1024 * 1024;

/** Operands of `IN` in one DynamoDB condition. */
const MOST_ALTERNATIVES = 100;
const MOST_PAGE_ITEMS = 1000;
/** Bytes of a partition and of a sort key in DynamoDB, in a table as in an index. */
const MOST_PARTITION_BYTES = 2048;
const MOST_SORT_BYTES = 1024;

/** The item that a write is about. */
export const keyOf = (write: Write): ItemKey => {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
};

/**
 * Refuses, in both stores alike, what one of them could not do: a transaction that one accepts and the other
 * does not would be found only after it has been deployed.
 * @throws PermanentError naming the write and the limit.
 */
export function assertTransaction(writes: readonly Write[]): void {
  if (writes.length > MOST_WRITES) {
    throw new PermanentError(`a transaction of ${writes.length} writes: at most ${MOST_WRITES} are possible`);
  }
  const seen = new Set<string>();
  for (const write of writes) {
    const key = keyOf(write);
    assertKey(key);
    // U+0000 is in no key.
    const name = `${key.table}\0${key.partition}\0${key.sort}`;
    if (seen.has(name)) throw new PermanentError(`a transaction names the item ${nameOf(key)} twice`);
    seen.add(name);
    for (const condition of write.when) assertCondition(condition, key);
    if ('put' in write) assertPut(write.put);
    if ('update' in write) assertUpdate(write);
  }
  assertTogether(writes.flatMap(writtenBy));
}

/** What a write says of its item; nothing of one that is deleted or checked. */
function writtenBy(write: Write): readonly Item[] {
  if ('put' in write) return [write.put];
  return 'update' in write ? [{ ...write.update, attributes: { ...write.set, ...write.add } }] : [];
}

function assertTogether(items: readonly Item[]): void {
  const most = total(items, assertSize);
  const bytes = most <= MOST_TRANSACTION_BYTES ? most : total(items, itemBytes);
  if (bytes <= MOST_TRANSACTION_BYTES) return;
  throw new PermanentError(`a transaction of ${bytes} bytes: at most ${MOST_TRANSACTION_BYTES} are possible`);
}

const total = (items: readonly Item[], bytesOf: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + bytesOf(item), 0);

/**
 * @returns no fewer than the bytes of the item: it is only counted exactly where that decides.
 * @throws PermanentError when it is larger than a store takes.
 */
export function assertSize(item: Item): number {
  const most = mostItemBytes(item);
  const bytes = most <= MOST_ITEM_BYTES ? most : itemBytes(item);
  if (bytes <= MOST_ITEM_BYTES) return bytes;
  throw new PermanentError(`${nameOf(item)} has ${bytes} bytes: at most ${MOST_ITEM_BYTES} are possible`);
}

/** @throws PermanentError when the query asks what a store cannot answer. */
export function assertQuery(query: Query): void {
  const { limit, index, table, prefix, upTo } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PAGE_ITEMS) {
    throw new PermanentError(`a query for ${limit} items: 1 to ${MOST_PAGE_ITEMS} are possible`);
  }
  if (index !== undefined && table !== 'main') {
    throw new PermanentError(`a query of the index ${index} of ${table}: only main has indexes`);
  }
  if (prefix !== undefined && upTo !== undefined) {
    throw new PermanentError('a query takes a prefix or an upper bound, not both');
  }
  assertKeyText('partition', query.partition, MOST_PARTITION_BYTES);
  if (prefix !== undefined && prefix !== '') assertKeyText('prefix', prefix, MOST_SORT_BYTES);
  if (upTo !== undefined) assertKeyText('upper bound', upTo, MOST_SORT_BYTES);
}

/** @throws PermanentError when an item cannot be kept under this key. */
export function assertKey(key: { readonly partition: string; readonly sort: string }): void {
  assertKeyText('partition', key.partition, MOST_PARTITION_BYTES);
  assertKeyText('sort key', key.sort, MOST_SORT_BYTES);
}

const nameOf = (key: ItemKey): string => `${key.table} ${JSON.stringify([key.partition, key.sort])}`;

// SQLite's text functions end at U+0000.
const isStorable = (text: string): boolean => !text.includes('\0') && isUnicode(text);

/** Whether an item could have this sort key. */
export const canBeSortKey = (text: string): boolean =>
  text !== '' && Buffer.byteLength(text) <= MOST_SORT_BYTES && isStorable(text);

function assertKeyText(what: string, text: string, mostBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > mostBytes) {
    throw new PermanentError(`a ${what} of ${bytes} bytes: 1 to ${mostBytes} are possible`);
  }
  if (!isStorable(text)) {
    throw new PermanentError(`the ${what} ${JSON.stringify(text)} holds a character that cannot be stored`);
  }
}

function assertCondition(condition: Condition, key: ItemKey): void {
  if ('item' in condition) return;
  const { attribute } = condition;
  assertName(attribute);
  if ('values' in condition) assertAlternatives(attribute, condition.values);
  if (!('value' in condition)) return;
  assertValue(attribute, condition.value);
  if (condition.is !== 'equal' && typeof condition.value === 'boolean') {
    throw new PermanentError(`${attribute} of ${nameOf(key)} is compared by order: booleans have none`);
  }
}

function assertAlternatives(attribute: string, values: readonly (string | number)[]): void {
  for (const value of values) assertValue(attribute, value);
  if (values.length > MOST_ALTERNATIVES) {
    throw new PermanentError(`a condition with ${values.length} values: at most ${MOST_ALTERNATIVES}`);
  }
}

function assertPut(item: Item): void {
  assertAttributes(item.attributes);
  assertIndexes(item, item.indexes);
}

function assertUpdate(write: Extract<Write, { update: ItemKey }>): void {
  assertAttributes(write.set ?? {});
  assertAttributes(write.add ?? {});
  for (const [attribute, by] of Object.entries(write.add ?? {})) {
    // DynamoDB adds decimals, JavaScript binary fractions: only of whole numbers are the sums the same.
    if (!Number.isInteger(by)) throw new PermanentError(`${by} is added to ${attribute}: add whole numbers`);
  }
  for (const attribute of write.remove ?? []) assertName(attribute);
  assertIndexes(write.update, write.indexes);
  const set = Object.keys(write.set ?? {}).filter((attribute) => write.set?.[attribute] !== undefined);
  const changed = [...set, ...Object.keys(write.add ?? {}), ...(write.remove ?? [])];
  if (new Set(changed).size < changed.length) {
    throw new PermanentError(
      `an update of ${nameOf(write.update)} changes one attribute twice: ${changed.sort().join(', ')}`,
    );
  }
}

function assertIndexes(
  key: ItemKey,
  indexes: Item['indexes'] | Extract<Write, { update: ItemKey }>['indexes'],
) {
  for (const [index, entry] of Object.entries(indexes ?? {})) {
    if (key.table !== 'main')
      throw new PermanentError(`an entry in the index ${index}: only main has indexes`);
    if (entry) assertKey(entry);
  }
}
