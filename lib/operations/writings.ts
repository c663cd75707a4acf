import type { CommitResult, Store, Write } from '../ports/store.ts';

/** One wait for the next writing to a partition. */
export interface Writing {
  readonly written: Promise<undefined>;
  /** Nobody waits for it any more. */
  forget(): void;
}

/** What this process has written, told to whoever waits for it. A hint to look, never a reason to decide. */
export interface Writings {
  /** The next commit from now on that writes to `main` under this partition key. */
  next(partition: string): Writing;
}

/** Some way to commit. */
type Committing<Rest extends readonly unknown[]> = (
  writes: readonly Write[],
  ...rest: Rest
) => Promise<CommitResult>;

interface Told {
  readonly store: Store;
  readonly writings: Writings;
  /** Another way to commit to the same store, and news of what is committed by it. */
  readonly told: <Rest extends readonly unknown[]>(commit: Committing<Rest>) => Committing<Rest>;
}

/**
 * The store, and news of what is committed through it.
 * @param seen is told of every commit, whether its conditions held or not.
 */
export function toldStore(
  store: Store,
  seen: (writes: readonly Write[], committed: boolean) => void = () => {},
): Told {
  const waiting = new Map<string, Set<() => void>>();
  const tell = (partition: string) => {
    for (const told of waiting.get(partition) ?? []) told();
  };
  const told: Told['told'] =
    (commit) =>
    async (writes, ...rest) => {
      const result = await commit(writes, ...rest);
      seen(writes, result.committed);
      if (result.committed && waiting.size > 0) for (const partition of partitionsOf(writes)) tell(partition);
      return result;
    };
  return {
    store: {
      get: (key) => store.get(key),
      query: (query) => store.query(query),
      commit: told((writes) => store.commit(writes)),
    },
    writings: { next: (partition) => nextIn(waiting, partition) },
    told,
  };
}

function nextIn(waiting: Map<string, Set<() => void>>, partition: string): Writing {
  const waiters = waiting.get(partition) ?? new Set();
  waiting.set(partition, waiters);
  let told: () => void = () => {};
  const written = new Promise<undefined>((resolve) => {
    told = () => resolve(undefined);
  });
  waiters.add(told);
  const forget = () => {
    waiters.delete(told);
    if (waiters.size === 0 && waiting.get(partition) === waiters) waiting.delete(partition);
  };
  return { written, forget };
}

const partitionsOf = (writes: readonly Write[]): ReadonlySet<string> =>
  new Set(
    writes.flatMap((write) => {
      if ('put' in write) return [write.put.partition];
      return 'update' in write ? [write.update.partition] : [];
    }),
  );
