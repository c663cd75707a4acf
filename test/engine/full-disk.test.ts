import { expect, test } from 'vitest';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { groupCommit } from '../../lib/engine/database.ts';
import type { Store } from '../../lib/ports/store.ts';
import { engineFixture } from './support/fixture.ts';
import { tokenKeeper, WAITING } from './support/machines.ts';

const itemOf = (name: string) => ({ table: 'main' as const, partition: 'p', sort: name });
const FILLER = 'x'.repeat(3_000);

/** Puts items and starts executions in turns until one of each is refused. @returns those that were acknowledged. */
async function fill(store: Store, start: (name: string) => Promise<unknown>) {
  const done = { items: new Set<string>(), executions: new Set<string>(), refusals: new Set<unknown>() };
  const attempt = async (work: () => Promise<unknown>, name: string, acknowledged: Set<string>) => {
    try {
      await work();
      acknowledged.add(name);
      return true;
    } catch (error) {
      done.refusals.add(error);
      return false;
    }
  };
  for (let n = 0; n < 1_000; n += 1) {
    const name = `n${n}`;
    const put = { put: { ...itemOf(name), attributes: { filler: FILLER } }, when: [] };
    const kept = await attempt(() => store.commit([put]), name, done.items);
    const started = await attempt(() => start(name), name, done.executions);
    if (!kept && !started) return done;
  }
  throw new Error('the disk was never full');
}

test('SQLite itself is out of room: engine and store refuse, keep what they acknowledged, and go on', async () => {
  const keeper = tokenKeeper();
  const fixture = engineFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver } });
  const { database, clock } = fixture;
  const store = sqliteStore(database, groupCommit(database));
  await fixture.engine.start('before', {});
  await clock.settle();

  const pages = Number(database.prepare('PRAGMA page_count').pluck().all()[0]);
  database.exec(`PRAGMA max_page_count = ${pages + 60}`);
  const { items, executions, refusals } = await fill(store, (name) =>
    fixture.engine.start(name, { filler: FILLER }),
  );
  expect(items.size).toBeGreaterThan(5);
  expect(executions.size).toBeGreaterThan(5);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ message: expect.stringContaining('the disk is full') });
  }
  expect(new Set([...refusals].map((refusal) => Object(refusal).name))).toEqual(
    new Set(['DatabaseError', 'Countersign.Transient']),
  );
  for (const name of items) expect(await store.get(itemOf(name)), name).toBeDefined();

  database.exec('PRAGMA max_page_count = 100000');
  await clock.advance(60_000);
  expect(await fixture.engine.start('after', {})).toBe('started');
  await clock.settle();
  // Each has its token by now, and its function was not called again for what could not be written.
  const names = ['before', ...executions, 'after'];
  for (const name of names) expect(keeper.tokensOf(name), name).toHaveLength(1);

  await fixture.reopen();
  for (const name of names) {
    await fixture.engine.sendTaskSuccess(String(keeper.tokensOf(name)[0]), name);
    expect((await fixture.engine.describe(name))?.output).toBe(name);
  }
  const reopened = sqliteStore(fixture.database, groupCommit(fixture.database));
  for (const name of items) expect(await reopened.get(itemOf(name)), name).toBeDefined();
});
