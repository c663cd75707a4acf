import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { PERMANENT_ERROR } from '../../../lib/domain/errors.ts';
import type {
  Attributes,
  Condition,
  Item,
  ItemKey,
  Page,
  Query,
  Store,
  Write,
} from '../../../lib/ports/store.ts';

/** The store under test, once it is open. */
export type Subject = () => Store;

/** A partition that no other test writes to. */
export const freshPartition = (): string => `partition-${randomUUID()}`;

export const freshKey = (): ItemKey => ({ table: 'main', partition: freshPartition(), sort: 'item' });

export const put = (item: Item, ...when: readonly Condition[]): Write => ({ put: item, when });

/** Makes an item with these attributes under a key of its own. */
export async function given(
  store: Store,
  attributes: Attributes,
  indexes?: Item['indexes'],
): Promise<ItemKey> {
  const key = freshKey();
  await commit(store, put({ ...key, attributes, ...(indexes && { indexes }) }));
  return key;
}

export async function commit(store: Store, ...writes: readonly Write[]): Promise<void> {
  expect(await store.commit(writes)).toEqual({ committed: true });
}

/** Items of one partition with nothing but these sort keys. */
export async function givenSorted(store: Store, sorts: readonly string[]): Promise<string> {
  const partition = freshPartition();
  await commit(store, ...sorts.map((sort) => put({ table: 'main', partition, sort, attributes: {} })));
  return partition;
}

/** Items of `main` in one partition of an index, one for each sort key of the index. */
export async function givenListed(store: Store, sorts: readonly string[]): Promise<string> {
  const [partition, list] = [freshPartition(), freshPartition()];
  const items = sorts.map((sort, i) => ({
    table: 'main' as const,
    partition,
    sort: `item-${i}`,
    attributes: { sort },
    indexes: { list: { partition: list, sort } },
  }));
  await commit(store, ...items.map((item) => put(item)));
  return list;
}

const MOST_PAGES = 100;

/** All pages of a query, to the end. */
export async function allPages(store: Store, query: Query): Promise<readonly Page[]> {
  const pages = [await store.query(query)];
  for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor) {
    // A store that answers at once would keep any time-out from firing.
    if (pages.length === MOST_PAGES) throw new Error('the pages have no end');
    pages.push(await store.query({ ...query, after: cursor }));
  }
  return pages;
}

export const sortsOf = (pages: readonly Page[]): readonly string[] =>
  pages.flatMap(({ items }) => items.map(({ sort }) => sort));

/** Waits for what an index, which may lag behind, ends up with. */
export const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 5000, interval: 50 });

/** A mistake of the caller's: nothing that repeating would mend. */
export const expectRefused = (attempt: Promise<unknown>, message: RegExp): Promise<void> =>
  expect(attempt).rejects.toMatchObject({ name: PERMANENT_ERROR, message: expect.stringMatching(message) });
