import type { Item, ItemKey, Store, Write } from '../../lib/ports/store.ts';

/** A store that can be put back to what it held: a race is run again and again from one beginning. */
export interface RewindableStore extends Store {
  /** Takes back everything that was committed through it. */
  rewind(): Promise<void>;
}

/** A transaction's most writes. */
const MOST_WRITES = 100;

/** Keeps what was there before the first commit that changes it, and writes that again. */
export function rewindable(inner: Store): RewindableStore {
  const originals = new Map<string, Write>();
  const changed = new Set<string>();
  const keep = async (write: Write) => {
    const key = changedBy(write);
    if (key === undefined || originals.has(nameOf(key))) return;
    const original = isNew(write) ? undefined : await inner.get(key);
    originals.set(nameOf(key), original ? { put: original, when: [] } : { delete: key, when: [] });
  };
  return {
    get: (key) => inner.get(key),
    query: (query) => inner.query(query),
    commit: async (writes) => {
      await Promise.all(writes.map(keep));
      const result = await inner.commit(writes);
      if (!result.committed) return result;
      for (const key of writes.flatMap((write) => changedBy(write) ?? [])) changed.add(nameOf(key));
      return result;
    },
    rewind: async () => {
      const back = [...changed].flatMap((name) => originals.get(name) ?? []);
      for (let i = 0; i < back.length; i += MOST_WRITES) await inner.commit(back.slice(i, i + MOST_WRITES));
      changed.clear();
    },
  };
}

const nameOf = ({ table, partition, sort }: ItemKey): string => JSON.stringify([table, partition, sort]);

function changedBy(write: Write): ItemKey | undefined {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : undefined;
}

/** Committed only where nothing is: what is put back is that nothing is there. */
const isNew = (write: Write): write is Extract<Write, { put: Item }> =>
  'put' in write && write.when.some((condition) => 'item' in condition && condition.item === 'absent');
