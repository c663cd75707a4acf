import { describe, expect, it } from 'vitest';
import { DatabaseError } from '../../lib/engine/database.ts';
import { engineFixture } from './support/fixture.ts';
import { CALLING, SLEEPING, tokenKeeper, WAITING } from './support/machines.ts';

/** A commit that fails like a full disk while `full`. */
function disk() {
  const state = { full: false };
  return {
    state,
    wrap:
      (commit: Parameters<NonNullable<Parameters<typeof engineFixture>[0]['wrap']>>[0]) =>
      <T>(work: () => T): Promise<T> =>
        state.full ? Promise.reject(new DatabaseError('full', 'the disk is full')) : commit(work),
  };
}

const full = expect.objectContaining({ name: 'DatabaseError', problem: 'full' });

describe('while the disk is full', () => {
  it('a start is refused, nothing has happened, and the name is free', async () => {
    const { state, wrap } = disk();
    const fixture = engineFixture({ definition: SLEEPING, wrap });
    state.full = true;
    await expect(fixture.engine.start('one', { seconds: 1 })).rejects.toEqual(full);
    expect(fixture.engine.status('one')).toBeUndefined();
    state.full = false;
    expect(await fixture.engine.start('one', { seconds: 1 })).toBe('started');
  });

  it('an answer is refused and can be given again', async () => {
    const { state, wrap } = disk();
    const keeper = tokenKeeper();
    const fixture = engineFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver }, wrap });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const token = String(keeper.tokensOf('one')[0]);
    state.full = true;
    await expect(fixture.engine.sendTaskSuccess(token, 1)).rejects.toEqual(full);
    await expect(fixture.engine.sendTaskHeartbeat(token)).rejects.toEqual(full);
    await expect(fixture.engine.stop('one', {})).rejects.toEqual(full);
    state.full = false;
    await fixture.engine.sendTaskSuccess(token, 2);
    expect((await fixture.engine.describe('one'))?.output).toBe(2);
  });

  it('what a function did is kept until there is room, and the function is not called again', async () => {
    const { state, wrap } = disk();
    let calls = 0;
    const work = async () => {
      calls += 1;
      state.full = true;
      return 'done';
    };
    const fixture = engineFixture({ definition: CALLING, functions: { work }, wrap });
    await fixture.engine.start('one', {});
    await fixture.clock.advance(120_000);
    expect(fixture.engine.status('one')).toBe('RUNNING');
    expect(fixture.problems.length).toBeGreaterThan(3);
    expect(fixture.problems.length).toBeLessThan(30);
    state.full = false;
    await fixture.clock.advance(30_000);
    expect((await fixture.engine.describe('one'))?.output).toBe('done');
    expect(calls).toBe(1);
  });

  it('a timer fires when there is room', async () => {
    const { state, wrap } = disk();
    const fixture = engineFixture({ definition: SLEEPING, wrap });
    await fixture.engine.start('one', { seconds: 10 });
    state.full = true;
    await fixture.clock.advance(20_000);
    expect(fixture.engine.status('one')).toBe('RUNNING');
    state.full = false;
    await fixture.clock.advance(30_000);
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
    expect(fixture.problems).not.toEqual([]);
  });
});

describe('a definition that changed', () => {
  const version = (n: number) => ({
    QueryLanguage: 'JSONata',
    StartAt: 'Sleep',
    States: {
      Sleep: { Type: 'Wait', Seconds: 10, Next: `End ${n}` },
      [`End ${n}`]: { Type: 'Succeed', Output: n },
    },
  });

  it('does not change executions that are under way', async () => {
    const fixture = engineFixture({ definition: version(1) });
    await fixture.engine.start('old', {});
    await fixture.reopen({ definition: version(2) });
    await fixture.engine.start('new', {});
    await fixture.clock.advance(10_000);
    expect((await fixture.engine.describe('old'))?.output).toBe(1);
    expect((await fixture.engine.describe('new'))?.output).toBe(2);
  });

  it('is stored once, however often it is opened', async () => {
    const fixture = engineFixture({ definition: version(1) });
    await fixture.reopen();
    await fixture.reopen({ definition: version(2) });
    await fixture.reopen();
    const rows = fixture.database.prepare('SELECT count(*) AS n FROM engine_definition').all();
    expect(rows).toEqual([{ n: 2 }]);
  });
});

describe('the journal', () => {
  it('of a long execution is kept in parts and replays whole', async () => {
    let calls = 0;
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Call',
      States: {
        Call: { ...CALLING.States.Call, End: undefined, Next: 'Again' },
        Again: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input.more %}', Next: 'Call' }],
          Default: 'End',
        },
        End: { Type: 'Succeed', Output: '{% $states.input.n %}' },
      },
    };
    const work = async () => {
      calls += 1;
      return { n: calls, more: calls < 60, filler: 'x'.repeat(1_000) };
    };
    const fixture = engineFixture({ definition, functions: { work } });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const parts = fixture.database.prepare('SELECT count(*) AS n FROM engine_part').all();
    expect(parts).toEqual([{ n: 3 }]);
    await fixture.reopen();
    expect((await fixture.engine.describe('one'))?.output).toBe(60);
    const { events } = await fixture.engine.history('one', { limit: 1_000 });
    expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(60);
  });

  it('that is damaged stops its own execution, not the others', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    await fixture.engine.start('damaged', { seconds: 10 });
    await fixture.engine.start('whole', { seconds: 10 });
    fixture.database.prepare(`UPDATE engine_execution SET facts = '[0]' WHERE name = 'damaged'`).run();
    await fixture.clock.advance(60_000);
    expect(fixture.engine.status('whole')).toBe('SUCCEEDED');
    expect(fixture.engine.status('damaged')).toBe('RUNNING');
    await expect(fixture.engine.describe('damaged')).rejects.toThrow('not a fact');
    expect(fixture.problems.length).toBeGreaterThan(0);
    expect(fixture.problems.length).toBeLessThan(20);
  });

  it('of a newer program is refused', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    fixture.database.prepare(`UPDATE engine_setting SET value = '2' WHERE name = 'schema'`).run();
    const { database, clock } = fixture;
    const { openEngine } = await import('../../lib/engine/engine.ts');
    const { groupCommit } = await import('../../lib/engine/database.ts');
    const options = { database, clock, commit: groupCommit(database), definition: SLEEPING, functions: {} };
    expect(() => openEngine(options)).toThrow(expect.objectContaining({ problem: 'newer' }));
  });

  it('is read by its indexes alone, for the next deadline and for what is due', async () => {
    const { database } = engineFixture({ definition: SLEEPING });
    const plan = (sql: string) => JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
    const from = 'FROM engine_execution WHERE wake > 0';
    expect(plan(`SELECT min(wake) ${from}`)).toContain('engine_wake');
    expect(
      plan(`SELECT id, wake ${from} AND wake <= 9 AND (wake, id) > (1, 1) ORDER BY wake, id LIMIT 9`),
    ).toMatch(/SEARCH .*engine_wake/);
    expect(plan('SELECT id FROM engine_execution WHERE wake = 0 ORDER BY id')).toContain('engine_wake');
  });
});
