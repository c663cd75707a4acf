import { TransientError } from '../../lib/domain/errors.ts';
import type { Store } from '../../lib/ports/store.ts';

/** Where a process dies, seen from its commits: with the commit not made, or made and its answer lost. */
export interface Death {
  /** 1 for the first commit after `dieAt`. */
  readonly commit: number;
  readonly when: 'before' | 'after';
  /** Whether whoever still calls is told so, as by a store that is away, or never hears again, as after a kill. */
  readonly afterwards: 'fails' | 'hangs';
}

/** A store that can be made to die at a commit. Until it is revived, nothing is read or written any more. */
export interface MortalStore extends Store {
  dieAt(death: Death): void;
  revive(): void;
  /** From here on nobody is answered: what is still under way must not touch a closed database. */
  end(): void;
  readonly dead: boolean;
  /** Resolves when it dies the next time. */
  readonly died: Promise<void>;
  /** How many commits were made since `dieAt`, or since the beginning. */
  readonly commits: number;
}

export function mortalStore(inner: Store): MortalStore {
  let death: Death | undefined;
  let dead = false;
  let commits = 0;
  let tell = () => {};
  const nextDeath = () =>
    new Promise<void>((resolve) => {
      tell = resolve;
    });
  let died = nextDeath();
  const die = () => {
    dead = true;
    tell();
  };
  const alive = async () => {
    if (!dead) return;
    if (death?.afterwards === 'hangs') await new Promise(() => {});
    throw new TransientError('the process is dead');
  };
  return {
    get: async (key) => {
      await alive();
      return inner.get(key);
    },
    query: async (query) => {
      await alive();
      return inner.query(query);
    },
    commit: async (writes) => {
      await alive();
      commits += 1;
      const dies = death?.commit === commits;
      if (dies && death?.when === 'before') die();
      await alive();
      const result = await inner.commit(writes);
      if (dies) die();
      await alive();
      return result;
    },
    dieAt: (next) => {
      death = next;
      commits = 0;
    },
    revive: () => {
      dead = false;
      died = nextDeath();
    },
    end: () => {
      death = { commit: 0, when: 'before', afterwards: 'hangs' };
      dead = true;
    },
    get died() {
      return died;
    },
    get dead() {
      return dead;
    },
    get commits() {
      return commits;
    },
  };
}
