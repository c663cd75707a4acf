import { updated } from '../../lib/adapters/sqlite/changes.ts';
import { allHold } from '../../lib/adapters/sqlite/conditions.ts';
import type { Item, ItemKey, Query, Store, Write } from '../../lib/ports/store.ts';

type Partition = Map<string, Item>;

/** The store's port over memory, without its indexes: what the product costs without a database. */
export function memoryStore(): Store {
  const partitions = new Map<string, Partition>();
  const partitionOf = ({ table, partition }: Pick<ItemKey, 'table' | 'partition'>): Partition => {
    const name = `${table} ${partition}`;
    const found = partitions.get(name) ?? new Map();
    partitions.set(name, found);
    return found;
  };
  const find = (key: ItemKey) => partitionOf(key).get(key.sort);
  return {
    get: async (key) => find(key),
    query: async (query) => ({ items: query.index === undefined ? page(partitionOf(query), query) : [] }),
    commit: async (writes) => {
      const failed = writes.flatMap((write, i) =>
        allHold(write.when, find(keyOf(write))?.attributes) ? [] : [i],
      );
      if (failed.length > 0) return { committed: false, failed };
      for (const write of writes) apply(write, partitionOf(keyOf(write)));
      return { committed: true };
    },
  };
}

const page = (partition: Partition, { prefix = '', limit }: Query): readonly Item[] =>
  [...partition.values()]
    .filter(({ sort }) => sort.startsWith(prefix))
    .sort((a, b) => (a.sort < b.sort ? -1 : 1))
    .slice(0, limit);

function apply(write: Write, partition: Partition): void {
  if ('put' in write) partition.set(write.put.sort, write.put);
  if ('delete' in write) partition.delete(write.delete.sort);
  if ('update' in write) partition.set(write.update.sort, updated(partition.get(write.update.sort), write));
}

function keyOf(write: Write): ItemKey {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}
