import type { Commit } from './database.ts';
import type { Within } from './journal.ts';

/**
 * Has the engine write something in one transaction with other work on its database, and only when that says so.
 * @param write makes it, by the way to the disk that it is given.
 * @returns what the work returned.
 */
export async function togetherWith<T extends { readonly committed: boolean }>(
  work: () => T,
  commit: Commit,
  write: (within: Within) => Promise<unknown>,
): Promise<T> {
  let done: T | undefined;
  await write((writeIt) =>
    commit(() => {
      done = work();
      return done.committed ? writeIt() : undefined;
    }),
  );
  if (done === undefined) throw new Error('the work was not done');
  return done;
}
