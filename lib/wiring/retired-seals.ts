import { sealedUnder } from '../adapters/file/sealer.ts';
import type { SqliteStore } from '../adapters/sqlite/store.ts';
import { TransientError } from '../domain/errors.ts';

/**
 * A store that takes nothing sealed under a master key that is going: a call that sealed before the new key came, and
 * writes after everything was sealed anew, would leave something that nobody can open. It is asked to repeat.
 */
export function refusingRetiredSeals(store: SqliteStore): {
  readonly store: SqliteStore;
  /** From now on nothing is written that is sealed under the master key of this id. */
  readonly retire: (keyId: string) => void;
} {
  const retired = new Set<string>();
  return {
    retire: (keyId) => void retired.add(`"${sealedUnder(keyId)}`),
    store: {
      get: (key) => store.get(key),
      query: (query) => store.query(query),
      commit: async (writes, within) => {
        const text = retired.size === 0 ? '' : JSON.stringify(writes);
        if ([...retired].some((seal) => text.includes(seal)))
          throw new TransientError('sealed under a master key that is going');
        return store.commit(writes, within);
      },
    },
  };
}
