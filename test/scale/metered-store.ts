import { itemBytes } from '../../lib/adapters/store/size.ts';
import type { Item, ItemKey, Store, Write } from '../../lib/ports/store.ts';

/** What DynamoDB would charge on demand, in request units. */
export interface Units {
  read: number;
  write: number;
}

/** A write takes a unit a started KB, a consistent read one for each started 4 KB (DynamoDB developer guide, read and write units). */
const WRITE_UNIT = 1_024;
const READ_UNIT = 4_096;
/** Each write and check of a transaction is prepared and committed. */
const TRANSACTIONAL = 2;

const writeUnits = (item: Item | undefined): number => Math.max(1, Math.ceil(bytesOf(item) / WRITE_UNIT));
const bytesOf = (item: Item | undefined): number => (item === undefined ? 0 : itemBytes(item));

/** A store that counts what the same calls would cost in DynamoDB. */
export function meteredStore(store: Store): { readonly store: Store; readonly units: Units } {
  const units: Units = { read: 0, write: 0 };
  return {
    units,
    store: {
      get: async (key) => {
        const item = await store.get(key);
        units.read += Math.max(1, Math.ceil(bytesOf(item) / READ_UNIT));
        return item;
      },
      query: async (query) => {
        const page = await store.query(query);
        const bytes = page.items.reduce((sum, item) => sum + bytesOf(item), 0);
        // A query of an index is eventually consistent, for half the price.
        const price = query.index === undefined ? 1 : 0.5;
        units.read += price * Math.max(1, Math.ceil(bytes / READ_UNIT));
        return page;
      },
      commit: async (writes) => {
        const before = await Promise.all(writes.map((write) => store.get(keyOf(write))));
        const result = await store.commit(writes);
        const after = await Promise.all(writes.map((write) => store.get(keyOf(write))));
        writes.forEach((write, i) => {
          units.write += TRANSACTIONAL * Math.max(writeUnits(before[i]), writeUnits(after[i]));
          if (result.committed && !('check' in write)) units.write += indexUnits(before[i], after[i]);
        });
        return result;
      },
    },
  };
}

const keyOf = (write: Write): ItemKey => {
  if ('put' in write) return write.put;
  if ('delete' in write) return write.delete;
  return 'update' in write ? write.update : write.check;
};

/** An index has whole items: one write for each entry that is there, and one more for an entry that has moved. */
function indexUnits(before: Item | undefined, after: Item | undefined): number {
  const entries = (['list', 'due'] as const).map((index) => {
    const [was, is] = [before?.indexes?.[index], after?.indexes?.[index]];
    if (was === undefined && is === undefined) return 0;
    const moved = was !== undefined && is !== undefined && JSON.stringify(was) !== JSON.stringify(is);
    return (moved ? 2 : 1) * Math.max(writeUnits(before), writeUnits(after));
  });
  return entries.reduce((sum, entry) => sum + entry, 0);
}
