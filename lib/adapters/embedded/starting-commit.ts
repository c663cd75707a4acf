import type { Engine } from '../../engine/engine.ts';
import type { StartingCommit } from '../../ports/store.ts';
import type { StoreInFile } from './waking-commit.ts';
import { translated } from './workflow.ts';

/** Commits and starts an execution in one transaction: the store and the engine are in one file. */
export const startingCommit =
  (store: StoreInFile, engine: Engine): StartingCommit =>
  (writes, { name, input }) =>
    translated(() => store.commit(writes, (work) => engine.startWith(name, input, work)));
