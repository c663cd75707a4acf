import { onTestFinished } from 'vitest';
import { type Commit, type Database, groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { type Engine, type EngineOptions, openEngine } from '../../../lib/engine/engine.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { memoryFile } from './temporary.ts';

/** An engine on a file of its own with a clock that stands still; can be closed and opened again. */
export interface Fixture {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly database: Database;
  readonly problems: unknown[];
  /** As after a stop of the process, with other options if given. */
  reopen(changes?: Partial<EngineOptions>): Promise<void>;
}

type Given = Pick<EngineOptions, 'definition'> & Partial<EngineOptions>;

export function engineFixture(
  given: Given & { wrap?: (commit: Commit, database: Database) => Commit },
): Fixture {
  const { wrap = (commit: Commit) => commit, ...options } = given;
  const path = memoryFile();
  const clock = manualClock();
  const problems: unknown[] = [];
  const open = (changes: Partial<EngineOptions> = {}) => {
    const database = openDatabase(path);
    const commit = wrap(groupCommit(database), database);
    const onError = (error: unknown) => problems.push(error);
    const engine = openEngine({
      database,
      commit,
      clock,
      onError,
      functions: {},
      drainMilliseconds: 50,
      ...options,
      ...changes,
    });
    return { database, engine };
  };
  let opened = open();
  const close = async () => {
    await opened.engine.close();
    opened.database.close();
  };
  onTestFinished(close);
  return {
    get engine() {
      return opened.engine;
    },
    get database() {
      return opened.database;
    },
    clock,
    problems,
    async reopen(changes) {
      await close();
      opened = open(changes);
      await clock.settle();
    },
  };
}
