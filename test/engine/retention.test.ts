import { describe, expect, test } from 'vitest';
import { groupCommit } from '../../lib/engine/database.ts';
import { type ClosedExecution, openRetention } from '../../lib/engine/retention.ts';
import { engineFixture, type Fixture } from './support/fixture.ts';
import { CALLING, SLEEPING, tokenKeeper, WAITING } from './support/machines.ts';

const DAY = 86_400_000;

function retaining({ database }: Fixture, keep?: (executions: readonly ClosedExecution[]) => Promise<void>) {
  const kept: ClosedExecution[] = [];
  const retention = openRetention({
    database,
    commit: groupCommit(database),
    keep: async (executions) => {
      await keep?.(executions);
      kept.push(...executions);
    },
  });
  return { kept, names: () => kept.map(({ name }) => name), sweep: retention.sweep };
}

/** Executions that each sleep so many days, and one after them that is started last. */
async function sleepers(days: readonly number[]): Promise<Fixture> {
  const fixture = engineFixture({ definition: SLEEPING });
  for (const [i, day] of days.entries())
    await fixture.engine.start(`sleeper-${i}`, { seconds: day * 86_400 });
  await fixture.engine.start('last', { seconds: 1 });
  await fixture.clock.settle();
  return fixture;
}

describe('the retention of closed executions', () => {
  test('one goes when it closed before the time, not when it began before it; one that runs stays', async () => {
    const fixture = await sleepers([1, 10, 100]);
    const { clock, engine } = fixture;
    const start = clock.now();
    await clock.advance(50 * DAY);
    const { names, sweep } = retaining(fixture);
    expect(await sweep(start + 1 * DAY)).toBe(0);
    expect(await sweep(start + 1 * DAY + 1)).toBe(1);
    expect(names()).toEqual(['sleeper-0']);
    expect(engine.status('sleeper-0')).toBeUndefined();
    expect(await sweep(start + 50 * DAY)).toBe(1);
    expect(engine.status('sleeper-2')).toBe('RUNNING');
    await clock.advance(51 * DAY);
    expect(engine.status('sleeper-2')).toBe('SUCCEEDED');
  });

  test('what is kept is the whole execution, as it was told before', async () => {
    const fixture = await sleepers([1]);
    await fixture.clock.advance(2 * DAY);
    const { engine } = fixture;
    const told = await engine.describe('sleeper-0');
    const { events } = await engine.history('sleeper-0', { limit: 1_000 });
    const { kept, sweep } = retaining(fixture);
    await sweep(fixture.clock.now());
    expect(kept).toEqual([{ ...told, events }]);
    expect(await engine.describe('sleeper-0')).toBeUndefined();
    expect((await engine.history('sleeper-0', { limit: 1 })).events).toEqual([]);
  });

  test('the newest execution stays, so that its id is not given again', async () => {
    const fixture = await sleepers([1]);
    await fixture.clock.advance(2 * DAY);
    const { names, sweep } = retaining(fixture);
    await sweep(fixture.clock.now());
    expect(names()).toEqual(['sleeper-0']);
    await fixture.reopen();
    await fixture.engine.start('next', { seconds: 1 });
    await fixture.clock.advance(2 * DAY);
    const later = retaining(fixture);
    await later.sweep(fixture.clock.now());
    expect(later.names()).toEqual(['last']);
  });

  test('nothing goes that could not be kept, and it is tried again', async () => {
    const fixture = await sleepers([1, 1]);
    await fixture.clock.advance(2 * DAY);
    let full = true;
    const { names, sweep } = retaining(fixture, async () => {
      if (full) throw new Error('no room');
    });
    await expect(sweep(fixture.clock.now())).rejects.toThrow('no room');
    expect(fixture.engine.status('sleeper-0')).toBe('SUCCEEDED');
    full = false;
    expect(await sweep(fixture.clock.now())).toBe(2);
    expect(names()).toEqual(['sleeper-0', 'sleeper-1']);
  });

  test('a sweep is bounded, the next goes on where it ended, and after the last comes the first again', async () => {
    const fixture = await sleepers([]);
    const insert = fixture.database.prepare(
      `INSERT INTO engine_execution SELECT ?, 'copy-' || ?, definition, status, wake, parts, facts
       FROM engine_execution WHERE name = 'last'`,
    );
    await fixture.clock.advance(DAY);
    for (let id = 1_000; id < 5_500; id += 1) insert.run(id, id);
    const { sweep } = retaining(fixture);
    const now = fixture.clock.now();
    expect(await sweep(now)).toBe(2_000);
    expect(await sweep(now)).toBe(2_000);
    expect(await sweep(now)).toBe(500);
    expect(await sweep(now)).toBe(0);
    expect(countOf(fixture, 'engine_execution')).toBe(1);
  });

  test('the space of what has gone is used again, parts of long executions included', async () => {
    const functions = { work: async () => 'x'.repeat(40_000) };
    const definition = {
      ...CALLING,
      States: {
        Call: { ...CALLING.States.Call, End: undefined, Output: {}, Next: 'Again' },
        Again: { ...CALLING.States.Call, End: undefined, Output: {}, Next: 'Once more' },
        'Once more': { ...CALLING.States.Call, Output: {} },
      },
    };
    const fixture = engineFixture({ definition, functions });
    const run = async (names: readonly string[]) => {
      for (const name of names) await fixture.engine.start(name, {});
      await fixture.clock.advance(DAY);
    };
    await run(['a', 'b', 'c', 'd', 'last']);
    expect(countOf(fixture, 'engine_part')).toBeGreaterThan(0);
    const pages = pagesOf(fixture);
    const { sweep } = retaining(fixture);
    expect(await sweep(fixture.clock.now())).toBe(4);
    expect(countOf(fixture, 'engine_part')).toBe(
      countOf(fixture, "engine_part WHERE execution = (SELECT id FROM engine_execution WHERE name = 'last')"),
    );
    await run(['e', 'f', 'g']);
    expect(pagesOf(fixture)).toBeLessThanOrEqual(pages);
  });

  test('an execution whose journal does not replay stays, and keeps no other', async () => {
    const fixture = await sleepers([1, 1]);
    await fixture.clock.advance(2 * DAY);
    fixture.database.exec(
      `UPDATE engine_execution SET facts = facts || ',["woke",1767225600000]' WHERE name = 'sleeper-0'`,
    );
    const stayed: number[] = [];
    const { sweep } = openRetention({
      database: fixture.database,
      commit: groupCommit(fixture.database),
      keep: async () => {},
      onError: (_, execution) => stayed.push(execution),
    });
    expect(await sweep(fixture.clock.now())).toBe(1);
    expect(stayed).toEqual([1]);
    expect(fixture.engine.status('sleeper-0')).toBe('SUCCEEDED');
  });

  test('the token of an execution that has gone is of no task', async () => {
    const keeper = tokenKeeper();
    const fixture = engineFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver } });
    for (const name of ['one', 'two']) await fixture.engine.start(name, { seconds: 10 });
    await fixture.clock.advance(DAY);
    await retaining(fixture).sweep(fixture.clock.now());
    const token = String(keeper.tokensOf('one')[0]);
    await expect(fixture.engine.sendTaskSuccess(token, {})).rejects.toMatchObject({
      name: 'TaskDoesNotExist',
    });
  });
});

const numberOf = ({ database }: Fixture, sql: string): number => {
  const row: unknown = database.prepare(sql).raw().get();
  return Array.isArray(row) ? Number(row[0]) : Number.NaN;
};
const countOf = (fixture: Fixture, from: string) => numberOf(fixture, `SELECT count(*) FROM ${from}`);
const pagesOf = (fixture: Fixture) => numberOf(fixture, 'PRAGMA page_count');
