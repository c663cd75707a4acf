import { PermanentError } from '../../domain/errors.ts';
import type { Attributes, Condition, Item, ItemKey, Query, Value, Write } from '../../ports/store.ts';

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

/** What DynamoDB keeps beside the attributes of an item; refused as attributes in both stores. */
const RESERVED: ReadonlySet<string> = new Set(['pk', 'sk', 'listPk', 'listSk', 'duePk', 'dueSk']);

// Half a surrogate pair has no UTF-8 form.
const LONE_SURROGATE = /\p{Surrogate}/u;

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
    const name = nameOf(key);
    if (seen.has(name)) throw new PermanentError(`a transaction names the item ${name} twice`);
    seen.add(name);
    for (const condition of write.when) assertCondition(condition, name);
    if ('put' in write) assertPut(write.put);
    if ('update' in write) assertUpdate(write, name);
  }
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

function assertKeyText(what: string, text: string, mostBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > mostBytes) {
    throw new PermanentError(`a ${what} of ${bytes} bytes: 1 to ${mostBytes} are possible`);
  }
  // SQLite's text functions end at U+0000.
  if (text.includes('\0') || LONE_SURROGATE.test(text)) {
    throw new PermanentError(`the ${what} ${JSON.stringify(text)} holds a character that cannot be stored`);
  }
}

function assertName(attribute: string): void {
  if (attribute === '' || RESERVED.has(attribute)) {
    throw new PermanentError(`an attribute cannot be named '${attribute}'`);
  }
}

function assertCondition(condition: Condition, item: string): void {
  if ('item' in condition) return;
  assertName(condition.attribute);
  if (condition.is === 'oneOf' && condition.values.length > MOST_ALTERNATIVES) {
    throw new PermanentError(
      `a condition with ${condition.values.length} values: at most ${MOST_ALTERNATIVES}`,
    );
  }
  if (condition.is !== 'equal' && 'value' in condition && typeof condition.value === 'boolean') {
    throw new PermanentError(`${condition.attribute} of ${item} is compared by order: booleans have none`);
  }
}

function assertPut(item: Item): void {
  assertAttributes(item.attributes);
  assertIndexes(item, item.indexes);
}

function assertUpdate(write: Extract<Write, { update: ItemKey }>, item: string): void {
  assertAttributes(write.set ?? {});
  assertAttributes(write.add ?? {});
  for (const attribute of write.remove ?? []) assertName(attribute);
  assertIndexes(write.update, write.indexes);
  const set = Object.keys(write.set ?? {}).filter((attribute) => write.set?.[attribute] !== undefined);
  const changed = [...set, ...Object.keys(write.add ?? {}), ...(write.remove ?? [])];
  if (new Set(changed).size < changed.length) {
    throw new PermanentError(
      `an update of ${item} changes one attribute twice: ${changed.sort().join(', ')}`,
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

function assertAttributes(attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    assertName(name);
    if (value !== undefined) assertValue(name, value);
  }
}

/** DynamoDB's client takes no number that a double does not hold exactly, JSON none that is not finite. */
function assertValue(name: string, value: Value): void {
  if (typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw new PermanentError(`${name} holds half a surrogate pair`);
    return;
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return;
    throw new PermanentError(`${name} is ${value}: a number must be finite and at most 2^53 - 1`);
  }
  for (const inner of Object.values(value)) assertValue(name, inner);
}
