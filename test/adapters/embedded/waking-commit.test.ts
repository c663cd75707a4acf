import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { wakingCommit } from '../../../lib/adapters/embedded/waking-commit.ts';
import { sqliteStore } from '../../../lib/adapters/sqlite/store.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { type EngineOptions, openEngine } from '../../../lib/engine/engine.ts';
import type { FaultPoint } from '../../../lib/engine/faults.ts';
import type { ItemKey, Write } from '../../../lib/ports/store.ts';
import { tokenKeeper, WAITING } from '../../engine/support/machines.ts';
import { manualClock } from '../../support/manual-clock.ts';

const DECISION: ItemKey = { table: 'main', partition: 'key#1', sort: 'decision' };
const decide = (status: string): Write => ({
  put: { ...DECISION, attributes: { status } },
  when: [{ item: 'absent' }],
});

/** A store and an engine on one file, and an execution that waits on its token. */
async function waiting() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-waking-'));
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
    return { store, engine, keeper, clock, database, decideAndWake: wakingCommit(store, engine) };
  };
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const opened = open('one.db', (point) => faults.at?.(point));
  await opened.engine.start('one', {});
  await opened.clock.settle();
  const token = String(opened.keeper.tokensOf('one')[0]);
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
  return { ...opened, token, killedAt, faults };
}

it('a decision and its wake-up are durable together', async () => {
  const { decideAndWake, token, killedAt } = await waiting();
  const afterTheKill = killedAt('commit: on disk, not acknowledged');
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeDefined();
  expect(again.engine.status('one')).toBe('SUCCEEDED');
});

it('a kill before they are on disk leaves neither', async () => {
  const { decideAndWake, token, killedAt } = await waiting();
  const afterTheKill = killedAt('commit: written, not on disk');
  await decideAndWake([decide('approved')], token);
  const again = afterTheKill();
  expect(await again.store.get(DECISION)).toBeUndefined();
  expect(again.engine.status('one')).toBe('RUNNING');
});

it('a decision whose condition does not hold wakes nobody, and the next one does', async () => {
  const { decideAndWake, store, engine, token } = await waiting();
  await store.commit([decide('denied')]);
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: false, failed: [0] });
  expect(engine.status('one')).toBe('RUNNING');
  const other: Write = { put: { ...DECISION, sort: 'other', attributes: {} }, when: [] };
  expect(await decideAndWake([other], token)).toEqual({ committed: true });
  expect(engine.status('one')).toBe('SUCCEEDED');
});

it('a token that nothing waits on any more does not keep a decision from being written', async () => {
  const { decideAndWake, store, engine, token } = await waiting();
  await engine.sendTaskSuccess(token, {});
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  expect(await store.get(DECISION)).toBeDefined();
  expect(await decideAndWake([decide('denied')], 'not a token')).toEqual({ committed: false, failed: [0] });
});

it('of two decisions at once one is written, and the execution is woken once', async () => {
  const { decideAndWake, engine, token } = await waiting();
  const results = await Promise.all(
    ['approved', 'denied'].map((status) => decideAndWake([decide(status)], token)),
  );
  expect(results.filter(({ committed }) => committed)).toHaveLength(1);
  const { events } = await engine.history('one', { limit: 100 });
  expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(1);
});

it('a full disk refuses both, and both go through when there is room', async () => {
  const { decideAndWake, store, engine, token, faults } = await waiting();
  faults.at = () => {
    throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL', rawCode: 13 });
  };
  await expect(decideAndWake([decide('approved')], token)).rejects.toThrow(TransientError);
  delete faults.at;
  expect(await store.get(DECISION)).toBeUndefined();
  expect(engine.status('one')).toBe('RUNNING');
  expect(await decideAndWake([decide('approved')], token)).toEqual({ committed: true });
  expect(engine.status('one')).toBe('SUCCEEDED');
});
