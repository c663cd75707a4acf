import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { type EngineOptions, openEngine } from '../../../lib/engine/engine.ts';
import type { FaultPoint } from '../../../lib/engine/faults.ts';
import type { ItemKey, Write } from '../../../lib/ports/store.ts';
import { tokenKeeper, WAITING } from '../../engine/support/machines.ts';
import { manualClock } from '../../support/manual-clock.ts';

export const DECISION: ItemKey = { table: 'main', partition: 'key#1', sort: 'decision' };

export const decide = (status: string): Write => ({
  put: { ...DECISION, attributes: { status } },
  when: [{ item: 'absent' }],
});

/** A store and an engine on one file, whose executions wait on their tokens. */
export function oneFile() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-one-file-'));
  const faults: { at?: (point: FaultPoint) => void } = {};
  const open = (file: string, fault?: EngineOptions['fault']) => {
    const database = openDatabase(join(folder, file));
    const commit = groupCommit(database, fault);
    const store = sqliteStore(database, commit);
    const keeper = tokenKeeper();
    const functions = { 'hand-over': keeper.handOver };
    const clock = manualClock();
    const engine = openEngine({ database, commit, clock, definition: WAITING, functions });
    onTestFinished(async () => {
      await engine.close();
      database.close();
    });
    return { store, engine, keeper, clock };
  };
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const opened = open('one.db', (point) => faults.at?.(point));
  /** The file as a kill at this moment of the next commit would leave it, opened again. */
  const killedAt = (point: FaultPoint) => {
    faults.at = (reached) => {
      if (reached !== point) return;
      delete faults.at;
      for (const end of ['', '-wal'])
        copyFileSync(join(folder, `one.db${end}`), join(folder, `two.db${end}`));
    };
    return () => open('two.db');
  };
  /** Has no room for anything, until it is told otherwise. */
  const full = () => {
    faults.at = () => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL', rawCode: 13 });
    };
    return () => void delete faults.at;
  };
  return { ...opened, killedAt, full };
}
