import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExecutionDescription, HistoryEvent } from './api.ts';
import { type Commit, type Database, DatabaseError } from './database.ts';
import type { Fault } from './faults.ts';
import { openJournal } from './journal.ts';
import { replayFrom } from './replay.ts';
import { description } from './views.ts';

/*
 * Lets go of executions that closed long ago. It walks the table in the order of the ids, so many rows a sweep, round
 * and round: no index that every execution would pay for, and a bounded price however many wait.
 */

/** Rows that one sweep looks at: at a sweep a minute, a million takes eight hours. */
const LOOKED_AT = 2_000;
const ROWS = 200;
/** What is kept and dropped together: a file's fsync for so many executions, or for so many events of long ones. */
const MOST_TOGETHER = 100;
const MOST_EVENTS_TOGETHER = 5_000;

/** A closed execution with everything that there is of it. Its events hold task tokens, which are spent. */
export interface ClosedExecution extends ExecutionDescription {
  readonly events: readonly HistoryEvent[];
}

export interface RetentionOptions {
  readonly database: Database;
  readonly commit: Commit;
  /**
   * Resolves when these are kept elsewhere, durably; only then are they dropped. After a crash in between it is called
   * with them again.
   */
  readonly keep: (executions: readonly ClosedExecution[]) => Promise<void>;
  /** Told of one whose journal does not replay: it stays, and keeps no other from going. */
  readonly onError?: (error: unknown, execution: number) => void;
  /** For tests, which have the process killed at any of these points. */
  readonly fault?: Fault;
}

export interface Retention {
  /**
   * Looks at the next executions and drops those that closed before this time, in milliseconds since 1970.
   * @returns how many it dropped.
   * @throws what `keep` throws, and DatabaseError; what was not dropped then is found again.
   */
  readonly sweep: (closedBefore: number) => Promise<number>;
}

interface Found {
  readonly id: number;
  readonly execution: ClosedExecution;
}

/** Over the tables of an engine that is open in this process. */
export function openRetention(options: RetentionOptions): Retention {
  const { database, keep, fault } = options;
  const look = looker(database);
  const drop = dropper(options);
  const load = loader(options);
  let after = 0;

  async function keepAndDrop(found: readonly Found[]): Promise<number> {
    if (found.length === 0) return 0;
    fault?.('retention: found, not kept');
    await keep(found.map(({ execution }) => execution));
    fault?.('retention: kept, not dropped');
    await drop(found.map(({ id }) => id));
    fault?.('retention: dropped');
    return found.length;
  }

  async function dropClosed(ids: readonly number[], closedBefore: number): Promise<number> {
    let dropped = 0;
    let found: Found[] = [];
    for (const id of ids) {
      const one = await load(id);
      // A replay takes no turn of the event loop: requests come in between.
      await nextTurn();
      if (one === undefined || (one.execution.stopDate ?? closedBefore) >= closedBefore) continue;
      found.push(one);
      if (!isFull(found)) continue;
      dropped += await keepAndDrop(found);
      found = [];
    }
    return dropped + (await keepAndDrop(found));
  }

  return {
    async sweep(closedBefore) {
      let dropped = 0;
      for (let looked = 0; looked < LOOKED_AT; looked += ROWS) {
        const batch = look(after);
        const old = batch.filter(([, closed, head]) => closed === 1 && timeOf(head) < closedBefore);
        const ids = old.map(([id]) => id);
        dropped += await dropClosed(ids, closedBefore);
        after = batch.length < ROWS ? 0 : (batch.at(-1)?.[0] ?? 0);
        if (after === 0) break;
      }
      return dropped;
    },
  };
}

const isFull = (found: readonly Found[]): boolean =>
  found.length >= MOST_TOGETHER ||
  found.reduce((sum, { execution }) => sum + execution.events.length, 0) >= MOST_EVENTS_TOGETHER;

/** An execution whole; undefined when it does not replay. */
function loader({ database, commit, onError }: RetentionOptions) {
  const journal = openJournal(database, commit);
  const replay = replayFrom(journal);
  return async (id: number): Promise<Found | undefined> => {
    const row = journal.byId(id);
    if (row === undefined) return undefined;
    try {
      const { execution } = await replay.load(row, true);
      return { id, execution: { ...description(execution), events: execution.history.events } };
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      onError?.(error, id);
      return undefined;
    }
  };
}

function dropper({ database, commit, fault }: RetentionOptions) {
  const dropParts = database.prepare('DELETE FROM engine_part WHERE execution = ?');
  const drop = database.prepare('DELETE FROM engine_execution WHERE id = ? AND wake IS NULL');
  return (ids: readonly number[]): Promise<void> =>
    commit(() => {
      for (const id of ids) {
        dropParts.run(id);
        fault?.('retention: parts dropped, rest as before');
        drop.run(id);
      }
    });
}

function looker(database: Database) {
  // The newest row stays: from the highest id follows the next one, and none is given twice.
  const rows = database
    .prepare(
      `SELECT id, wake IS NULL, substr(facts, 1, 48) FROM engine_execution
       WHERE id > ? AND id < (SELECT max(id) FROM engine_execution) ORDER BY id LIMIT ${ROWS}`,
    )
    .raw();
  return (after: number): readonly Look[] => rows.all(after).filter(isLook);
}

type Look = readonly [id: number, closed: number, head: string];

const isLook = (row: unknown): row is Look => Array.isArray(row) && typeof row[0] === 'number';

/** The time of the first fact in the text; the last is no earlier. */
const timeOf = (facts: string): number => Number(/^\["\w+",(\d+)/.exec(facts)?.[1] ?? 0);
