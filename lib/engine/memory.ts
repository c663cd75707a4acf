import type { Execution } from './execution.ts';
import type { Writing } from './journal.ts';
import type { Loaded } from './replay.ts';

/**
 * How many executions that wait stay in memory, at most 4 KiB of facts each: of those whose ids leave the same remainder,
 * the one that came to wait last.
 */
const MOST_RECENT = 256;
const MOST_RECENT_CHARACTERS = 4_096;

/** An execution that has gone on while the disk does not have all of it. */
export interface Ahead {
  readonly writing: Writing;
  /** Resolves when memory is what the disk has: true when it was written, false when it was let go. */
  readonly over: Promise<boolean>;
}

/** The executions in memory: what is not here is replayed from the journal. */
export interface Memory {
  get(id: number): Loaded | undefined;
  /** There while the disk has not all of it: nobody decides on anything else, and nobody on this once it is lost. */
  ahead(id: number): Ahead | undefined;
  /** Whether its function runs. */
  isLive(id: number): boolean;
  /** Keeps one whose function runs. */
  live(loaded: Loaded): void;
  /** Keeps one that waits, so that what follows soon needs no replay, until another takes its place. */
  remember(loaded: Loaded): void;
  /** Keeps it until this is on disk; lets go of it when the disk refuses. */
  goAhead(execution: Execution, writing: Writing): void;
  /** For whoever moves it: what is known of it is not true any more. What is ahead stays so. */
  takeOut(id: number): void;
  /** Resolves when the disk has everything. */
  settled(): Promise<void>;
}

export function memory(): Memory {
  const live = new Map<number, Loaded>();
  // An array: with Maps that so much comes to and goes from, more of it outlived the young generation.
  const recent: (Loaded | undefined)[] = Array.from({ length: MOST_RECENT });
  const ahead = new Map<number, Ahead & { readonly execution: Execution }>();

  const recentOf = (id: number): Loaded | undefined => {
    const loaded = recent[id % MOST_RECENT];
    return loaded?.execution.id === id ? loaded : undefined;
  };
  const forget = (id: number): void => {
    if (recentOf(id) !== undefined) recent[id % MOST_RECENT] = undefined;
  };
  const takeOut = (id: number): void => {
    live.delete(id);
    forget(id);
  };

  return {
    get(id) {
      const gone = ahead.get(id);
      if (gone !== undefined) return { execution: gone.execution, tail: gone.writing.row.tail };
      return live.get(id) ?? recentOf(id);
    },
    ahead: (id) => ahead.get(id),
    isLive: (id) => live.has(id),
    live(loaded) {
      forget(loaded.execution.id);
      live.set(loaded.execution.id, loaded);
    },
    remember(loaded) {
      if (loaded.tail.length > MOST_RECENT_CHARACTERS || loaded.tail.parts > 0) return;
      recent[loaded.execution.id % MOST_RECENT] = loaded;
    },
    goAhead(execution, writing) {
      const { id } = execution;
      if (ahead.get(id)?.writing === writing) return;
      const letGo = () => {
        takeOut(id);
        ahead.delete(id);
        return false;
      };
      const over = writing.durable.then(() => ahead.delete(id), letGo);
      ahead.set(id, { execution, writing, over });
    },
    takeOut,
    async settled() {
      await Promise.all([...ahead.values()].map(({ over }) => over));
    },
  };
}
