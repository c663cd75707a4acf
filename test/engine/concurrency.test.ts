import { describe, expect, it } from 'vitest';
import { engineFixture } from './support/fixture.ts';
import { CALLING, isHandOver, SLEEPING, WAITING } from './support/machines.ts';

const named = (name: string) => expect.objectContaining({ name });

/** A function whose calls end when they are let go. */
function gate() {
  const waiting: (() => void)[] = [];
  const seen = { most: 0, running: 0, calls: 0 };
  const work = async () => {
    seen.calls += 1;
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    seen.running -= 1;
    return 'done';
  };
  const openAll = () => {
    for (const release of waiting.splice(0)) release();
  };
  return { seen, work, openAll };
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `e${i}`);

describe('functions', () => {
  it('run at most so many at once, and each in the end', async () => {
    const { seen, work, openAll } = gate();
    const fixture = engineFixture({ definition: CALLING, functions: { work }, maxConcurrentTasks: 4 });
    await Promise.all(names(25).map((name) => fixture.engine.start(name, {})));
    for (let round = 0; round < 8; round += 1) {
      await fixture.clock.settle();
      openAll();
    }
    await fixture.clock.settle();
    expect(seen).toEqual({ most: 4, running: 0, calls: 25 });
    expect(names(25).every((name) => fixture.engine.status(name) === 'SUCCEEDED')).toBe(true);
  });

  it('that are slow block no other', async () => {
    const work = async (payload: unknown) =>
      JSON.stringify(payload).includes('slow') ? new Promise(() => {}) : 'quick';
    const fixture = engineFixture({ definition: CALLING, functions: { work }, maxConcurrentTasks: 2 });
    await fixture.engine.start('slow', 'slow');
    await Promise.all(names(10).map((name) => fixture.engine.start(name, 'quick')));
    await fixture.clock.settle();
    expect(names(10).every((name) => fixture.engine.status(name) === 'SUCCEEDED')).toBe(true);
    expect(fixture.engine.status('slow')).toBe('RUNNING');
  });

  it('that hang give their place back when their time is over', async () => {
    const work = async (payload: unknown) =>
      JSON.stringify(payload).includes('hang') ? new Promise(() => {}) : 'done';
    const fixture = engineFixture({
      definition: CALLING,
      functions: { work },
      maxConcurrentTasks: 1,
      taskTimeoutSeconds: 5,
    });
    await fixture.engine.start('first', 'hang');
    await fixture.engine.start('second', 'go');
    await fixture.clock.advance(5_000);
    expect(fixture.engine.status('first')).toBe('FAILED');
    expect(fixture.engine.status('second')).toBe('SUCCEEDED');
  });

  it('that throw synchronously, or throw no error, fail like any other', async () => {
    const functions = {
      work: () => {
        throw 'just a text';
      },
    };
    const fixture = engineFixture({ definition: CALLING, functions });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    expect(await fixture.engine.describe('one')).toMatchObject({ error: 'Error', cause: 'just a text' });
  });

  it('that return no JSON fail', async () => {
    const fixture = engineFixture({ definition: CALLING, functions: { work: async () => 1n } });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    expect(await fixture.engine.describe('one')).toMatchObject({ error: 'Runtime.MarshalError' });
  });

  it('that return after their token was answered do not answer for the next task', async () => {
    const { work, openAll } = gate();
    const late = gate();
    const handOver = async (payload: unknown) => {
      if (isHandOver(payload)) await fixture.engine.sendTaskSuccess(payload.token, 'answered');
      return late.work();
    };
    const definition = {
      ...WAITING,
      States: {
        ...WAITING.States,
        Answered: { ...CALLING.States.Call, Output: '{% $states.result.Payload %}' },
      },
    };
    const fixture = engineFixture({ definition, functions: { 'hand-over': handOver, work } });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    late.openAll();
    await fixture.clock.settle();
    expect(fixture.engine.status('one')).toBe('RUNNING');
    openAll();
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('done');
    const { events } = await fixture.engine.history('one', { limit: 99 });
    expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(2);
  });

  it('that answer after their execution was stopped change nothing', async () => {
    const { work, openAll } = gate();
    const fixture = engineFixture({ definition: CALLING, functions: { work } });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    await fixture.engine.stop('one', { error: 'Enough', cause: 'of it' });
    openAll();
    await fixture.clock.settle();
    expect(await fixture.engine.describe('one')).toMatchObject({ status: 'ABORTED', error: 'Enough' });
    expect(fixture.problems).toEqual([]);
  });
});

describe('a name', () => {
  it('is given once, also to those who ask at once, and stays taken', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    const answers = await Promise.all(names(5).map(() => fixture.engine.start('one', { seconds: 0 })));
    expect(answers.toSorted()).toEqual(['exists', 'exists', 'exists', 'exists', 'started']);
    await fixture.clock.settle();
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
    expect(await fixture.engine.start('one', { seconds: 0 })).toBe('exists');
    await fixture.reopen();
    expect(await fixture.engine.start('one', { seconds: 0 })).toBe('exists');
  });

  it.each(['', 'a b', 'a/b', 'a*', 'x'.repeat(81), 'a\n', 'a#'])('%j is none', async (name) => {
    const fixture = engineFixture({ definition: SLEEPING });
    await expect(fixture.engine.start(name, {})).rejects.toEqual(named('InvalidName'));
  });

  it('that nobody knows has no status, no description, no history, and stopping it does nothing', async () => {
    const { engine } = engineFixture({ definition: SLEEPING });
    expect(engine.status('none')).toBeUndefined();
    expect(await engine.describe('none')).toBeUndefined();
    expect(await engine.history('none', { limit: 9 })).toEqual({ events: [] });
    await engine.stop('none', {});
  });
});

describe('an input', () => {
  it.each([undefined, 1n, () => 1, 'x'.repeat(262_143)])(
    'that is no JSON or too large is refused',
    async (input) => {
      const { engine } = engineFixture({ definition: SLEEPING });
      await expect(engine.start('one', input)).rejects.toEqual(named('InvalidExecutionInput'));
      expect(engine.status('one')).toBeUndefined();
    },
  );

  it('is kept as JSON has it', async () => {
    const { engine } = engineFixture({ definition: SLEEPING });
    await engine.start('one', { seconds: 9, gone: undefined, at: new Date(0) });
    expect((await engine.describe('one'))?.input).toEqual({ seconds: 9, at: '1970-01-01T00:00:00.000Z' });
  });
});

describe('closing', () => {
  it('lets the function that runs end, and keeps what it did', async () => {
    const { seen, work, openAll } = gate();
    const fixture = engineFixture({ definition: CALLING, functions: { work }, drainMilliseconds: 5_000 });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const closed = fixture.engine.close();
    openAll();
    await closed;
    await fixture.reopen();
    expect((await fixture.engine.describe('one'))?.output).toBe('done');
    expect(seen.calls).toBe(1);
  });

  it('does not wait for a function that hangs; it is called again later', async () => {
    const { seen, work, openAll } = gate();
    const fixture = engineFixture({ definition: CALLING, functions: { work }, drainMilliseconds: 20 });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    await fixture.reopen();
    openAll();
    await fixture.clock.settle();
    expect(seen.calls).toBe(2);
    expect((await fixture.engine.describe('one'))?.output).toBe('done');
    expect(fixture.problems).toEqual([]);
  });

  it('starts no further state; the next engine does', async () => {
    const { seen, work, openAll } = gate();
    const { Call } = CALLING.States;
    const definition = {
      ...CALLING,
      States: { Call: { ...Call, End: undefined, Next: 'Second' }, Second: Call },
    };
    const fixture = engineFixture({ definition, functions: { work }, drainMilliseconds: 5_000 });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const closed = fixture.engine.close();
    openAll();
    await closed;
    expect(seen.calls).toBe(1);
    await fixture.reopen();
    openAll();
    await fixture.clock.settle();
    const { events } = await fixture.engine.history('one', { limit: 99 });
    expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(2);
  });

  it('leaves no timer, and refuses every call from then on', async () => {
    const fixture = engineFixture({ definition: SLEEPING });
    const { engine, clock } = fixture;
    await engine.start('one', { seconds: 60 });
    await Promise.all([engine.close(), engine.close()]);
    expect(clock.armed).toBe(0);
    const closed = named('EngineClosed');
    await expect(engine.start('two', {})).rejects.toEqual(closed);
    await expect(engine.sendTaskSuccess('x', 1)).rejects.toEqual(closed);
    await expect(engine.sendTaskFailure('x', {})).rejects.toEqual(closed);
    await expect(engine.sendTaskHeartbeat('x')).rejects.toEqual(closed);
    await expect(engine.describe('one')).rejects.toEqual(closed);
    await expect(engine.stop('one', {})).rejects.toEqual(closed);
    await expect(engine.history('one', { limit: 1 })).rejects.toEqual(closed);
    expect(() => engine.status('one')).toThrow('closed');
  });
});
