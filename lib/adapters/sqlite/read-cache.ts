import type { Database } from '../../engine/database.ts';
import type { Item, ItemKey, Query } from '../../ports/store.ts';

/** What a read found; of an item that is not there it is `undefined`. */
interface Found<T> {
  readonly value: T;
}

/** An item that was read, or one that was written and is nobody's to read before that is durable. */
interface Kept {
  found: Found<Item | undefined> | undefined;
}

/** Items by their sort keys, and first pages by what was asked for. */
interface Partition {
  readonly items: Map<string, Kept>;
  readonly pages: Map<string, Found<readonly Item[]>>;
}

/** In characters of JSON, some 10 MB of objects: a request and the steps that follow it read some thousands. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * What was read of `main`, and what was written. That the file says the same is sure, because this process alone writes
 * to it, and because of a transaction, which can be taken back, nothing is found before it is durable. Key material is
 * never kept.
 */
export interface ReadCache {
  item(key: ItemKey): Found<Item | undefined> | undefined;
  page(query: Query): Found<readonly Item[]> | undefined;
  /** @param characters how long it is in the file. */
  keepItem(key: ItemKey, item: Item | undefined, characters: number): void;
  keepPage(query: Query, items: readonly Item[], characters: number): void;
  /** This item is being written; whether that is taken back does not matter. */
  forget(key: ItemKey): void;
  /**
   * The same, of an item that can be found again when that is durable.
   * @param found what the file then has of it
   * @returns says that it is durable. An item that was written or read once more since is not changed by it.
   */
  write(key: ItemKey, found: Found<Item>, characters: number): () => void;
}

const caches = new WeakMap<Database, ReadCache>();

/** The one cache of a database: every statement that writes items has to be able to reach it. */
export function readCacheOf(database: Database): ReadCache {
  const cache = caches.get(database) ?? readCache();
  caches.set(database, cache);
  return cache;
}

function readCache(): ReadCache {
  const partitions = new Map<string, Partition>();
  let kept = 0;
  const clear = () => {
    partitions.clear();
    kept = 0;
  };
  // Full: everything goes. What is read again and again comes back at once, and nothing has to be kept in order.
  const roomIn = (partition: string, characters: number): Partition => {
    if (kept > MOST_CHARACTERS) clear();
    kept += partition.length + characters;
    const found = partitions.get(partition) ?? { items: new Map(), pages: new Map() };
    partitions.set(partition, found);
    return found;
  };
  const readOf = ({ table, partition }: Pick<ItemKey, 'table' | 'partition'>): Partition | undefined =>
    table === 'main' ? partitions.get(partition) : undefined;
  const forget = (key: ItemKey) => {
    const found = readOf(key);
    found?.items.delete(key.sort);
    found?.pages.clear();
  };
  const keep = ({ table, partition, sort }: ItemKey, kept: Kept, characters: number) => {
    if (table === 'main') roomIn(partition, sort.length + characters).items.set(sort, kept);
  };
  return {
    item: (key) => readOf(key)?.items.get(key.sort)?.found,
    page: (query) => (isFirst(query) ? readOf(query)?.pages.get(nameOf(query)) : undefined),
    keepItem: (key, value, characters) => keep(key, { found: { value } }, characters),
    keepPage: (query, value, characters) => {
      const { table, partition } = query;
      if (table === 'main' && isFirst(query))
        roomIn(partition, characters).pages.set(nameOf(query), { value });
    },
    forget,
    write: (key, found, characters) => {
      forget(key);
      const kept: Kept = { found: undefined };
      keep(key, kept, characters);
      return () => {
        kept.found = found;
      };
    },
  };
}

/** The first page of a partition: an index has entries of many. */
const isFirst = ({ index, after }: Query): boolean => index === undefined && after === undefined;

const nameOf = ({ prefix = '', upTo = '', limit, descending = false }: Query): string =>
  `${limit} ${descending} ${prefix}\0${upTo}`;
