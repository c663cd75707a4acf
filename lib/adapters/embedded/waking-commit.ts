import { type Engine, EngineError } from '../../engine/engine.ts';
import type { CommitResult, WakingCommit, Write } from '../../ports/store.ts';

/** A store in the engine's own file, whose commits can be made durable together with other work on it. */
export interface StoreInFile {
  commit(
    writes: readonly Write[],
    within?: (work: () => CommitResult) => Promise<CommitResult>,
  ): Promise<CommitResult>;
}

/**
 * Commits and wakes in one transaction: the store and the engine are in one file. Where nothing waits on the token any
 * more it is a commit like every other.
 */
export const wakingCommit =
  (store: StoreInFile, engine: Engine): WakingCommit =>
  async (writes, taskToken) => {
    try {
      return await store.commit(writes, (work) => engine.sendTaskSuccessWith(taskToken, {}, work));
    } catch (error) {
      // Refused before anything was written.
      if (error instanceof EngineError) return store.commit(writes);
      throw error;
    }
  };
