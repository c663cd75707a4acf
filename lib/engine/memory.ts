import type { Execution } from './execution.ts';
import type { Writing } from './journal.ts';
import type { Loaded } from './replay.ts';

/** How many executions that wait stay in memory, at most 4 KiB of facts each: those that came to wait last. */
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
  /** Keeps one that waits, so that what follows soon needs no replay, until many others have come to wait. */
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
  // The oldest first.
  const recent = new Map<number, Loaded>();
  const ahead = new Map<number, Ahead & { readonly execution: Execution }>();

  const takeOut = (id: number): void => {
    live.delete(id);
    recent.delete(id);
  };

  return {
    get(id) {
      const gone = ahead.get(id);
      if (gone !== undefined) return { execution: gone.execution, tail: gone.writing.tail };
      return live.get(id) ?? recent.get(id);
    },
    ahead: (id) => ahead.get(id),
    isLive: (id) => live.has(id),
    live(loaded) {
      recent.delete(loaded.execution.id);
      live.set(loaded.execution.id, loaded);
    },
    remember(loaded) {
      if (loaded.tail.length > MOST_RECENT_CHARACTERS || loaded.tail.parts > 0) return;
      recent.set(loaded.execution.id, loaded);
      const [oldest] = recent.keys();
      if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest);
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
