import type { Key, KeyState } from '../../domain/key.ts';
import type { Store } from '../../ports/store.ts';
import { keyList, keyOfItem } from './key.ts';

interface Reading {
  readonly descending: boolean;
  /** How many the reader is likely to want: the size of a page, within limits. */
  readonly atOnce: number;
}

const LEAST_AT_ONCE = 100;
const MOST_AT_ONCE = 1_000;

/**
 * Every key of some lists, ordered by id. Holds one page of each list at a time. A key that goes from one list to
 * another meanwhile comes once.
 */
export async function* storedKeys(
  store: Store,
  lists: readonly { readonly instanceId: string; readonly state: KeyState }[],
  reading: Reading,
): AsyncGenerator<Key> {
  const sources = lists.map(({ instanceId, state }) => keysOf(store, keyList(instanceId, state), reading));
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (let before = ''; ; ) {
    const next = firstOf(heads, reading.descending);
    const head = heads[next];
    if (head === undefined || head.done) return;
    if (head.value.id !== before) yield head.value;
    before = head.value.id;
    heads[next] = await (sources[next]?.next() ?? { done: true, value: undefined });
  }
}

/** The position of the head with the first id; -1 when every list is at its end. */
function firstOf(heads: readonly IteratorResult<Key, void>[], descending: boolean): number {
  let first = -1;
  let firstId = '';
  heads.forEach((head, position) => {
    if (head.done) return;
    if (first === -1 || (descending ? head.value.id > firstId : head.value.id < firstId)) {
      first = position;
      firstId = head.value.id;
    }
  });
  return first;
}

async function* keysOf(
  store: Store,
  partition: string,
  { descending, atOnce }: Reading,
): AsyncGenerator<Key, void> {
  const limit = Math.min(Math.max(atOnce, LEAST_AT_ONCE), MOST_AT_ONCE);
  const query = { table: 'main', index: 'list', partition, limit, descending } as const;
  let after: string | undefined;
  do {
    const page = await store.query(after === undefined ? query : { ...query, after });
    yield* page.items.map(keyOfItem);
    after = page.cursor;
  } while (after !== undefined);
}
