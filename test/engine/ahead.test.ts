import { describe, expect, it } from 'vitest';
import { type Commit, DatabaseError } from '../../lib/engine/database.ts';
import type { Engine, EngineOptions } from '../../lib/engine/engine.ts';
import { engineFixture } from './support/fixture.ts';
import { isHandOver, tokenKeeper, WAITING } from './support/machines.ts';

const full = expect.objectContaining({ name: 'DatabaseError', problem: 'full' });
const tooLate = expect.objectContaining({ name: 'TaskTimedOut' });

const call = (name: string) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name },
  Output: '{% $states.input %}',
});

/** A function, a token, a function. */
const AROUND = {
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States: {
    First: { ...call('first'), Next: 'Wait for an answer' },
    'Wait for an answer': { ...WAITING.States['Wait for an answer'], Next: 'Last' },
    Last: { ...call('last'), End: true },
    'Too late': WAITING.States['Too late'],
  },
};

/** A disk that can be held: what is written to it then waits until it is let go, or refused. */
function heldDisk() {
  const waiting: { go(): void; refuse(): void }[] = [];
  let held = false;
  const queued = <T>(write: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({
        go: () => void write().then(resolve, reject),
        refuse: () => reject(new DatabaseError('full', 'the disk is full')),
      });
    });
  const wrap =
    (commit: Commit): Commit =>
    (work) =>
      held ? queued(() => commit(work)) : commit(work);
  const ending = (end: 'go' | 'refuse') => () => {
    held = false;
    const writes = waiting.splice(0);
    for (const write of writes) write[end]();
    return writes.length;
  };
  return {
    wrap,
    /** Somebody else's write, which resolves or rejects before what is queued after it. */
    other: () => queued(async () => {}),
    hold: () => {
      held = true;
    },
    letGo: ending('go'),
    refuse: ending('refuse'),
  };
}

function around(options: Partial<EngineOptions> = {}) {
  const disk = heldDisk();
  const keeper = tokenKeeper();
  const calls: string[] = [];
  const noting = (name: string) => async () => void calls.push(name);
  const handOver = async (payload: unknown) => {
    calls.push('hand-over');
    return keeper.handOver(payload);
  };
  const functions = { first: noting('first'), 'hand-over': handOver, last: noting('last') };
  const { wrap } = disk;
  const fixture = engineFixture({
    definition: AROUND,
    functions,
    insideDatabase: Object.keys(functions),
    wrap,
    ...options,
  });
  return {
    fixture,
    disk,
    calls,
    tokens: () => keeper.tokensOf('one'),
    /** @returns its token. */
    waiting: async (): Promise<string> => {
      await fixture.engine.start('one', {});
      await fixture.clock.settle();
      return String(keeper.tokensOf('one')[0]);
    },
  };
}

/** Something is asked while a stop is on its way to the disk, and is not answered before the disk has refused the stop. */
async function besideALostStop<T>(ask: (engine: Engine, token: string) => Promise<T>) {
  const { fixture, disk, waiting } = around();
  const token = await waiting();
  disk.hold();
  const stopped = fixture.engine.stop('one', {});
  const asked = ask(fixture.engine, token);
  await fixture.clock.settle();
  expect(await isOver(asked)).toBe(false);
  disk.refuse();
  await expect(stopped).rejects.toEqual(full);
  const answer = await asked;
  await fixture.clock.settle();
  return { answer, output: (await fixture.engine.describe('one'))?.output };
}

/** Whether it has resolved or rejected by now. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  const note = () => {
    over = true;
  };
  promise.then(note, note);
  await new Promise(setImmediate);
  return over;
}

describe('a function with no effect outside the database', () => {
  it('is called before the disk has what led to it; nobody is told of it before', async () => {
    const { fixture, disk, calls, tokens } = around();
    await fixture.engine.start('one', {});
    disk.hold();
    await fixture.clock.settle();
    expect(calls).toEqual(['first', 'hand-over']);
    const answered = fixture.engine.sendTaskSuccess(String(tokens()[0]), 'yes');
    await fixture.clock.settle();
    expect(await isOver(answered)).toBe(false);
    const { events } = await fixture.engine.history('one', { limit: 100 });
    expect(events.at(-1)?.type).toBe('TaskStarted');
    disk.letGo();
    await answered;
    await fixture.clock.settle();
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
  });

  it('is written with what led to it', async () => {
    const { fixture, disk } = around();
    await fixture.engine.start('one', {});
    disk.hold();
    await fixture.clock.settle();
    expect(disk.letGo()).toBe(1);
    await fixture.clock.settle();
    const { events } = await fixture.engine.history('one', { limit: 100 });
    expect(events.at(-1)?.type).toBe('TaskSubmitted');
  });

  it('is not called for an execution that the disk does not have at all', async () => {
    const { fixture, disk, calls } = around();
    disk.hold();
    const started = fixture.engine.start('one', {});
    await fixture.clock.settle();
    expect(calls).toEqual([]);
    disk.refuse();
    await expect(started).rejects.toEqual(full);
    await fixture.clock.settle();
    expect(calls).toEqual([]);
  });

  it('is called for what somebody answered when the disk has the answer', async () => {
    const { fixture, disk, calls, waiting } = around();
    const token = await waiting();
    disk.hold();
    const answered = fixture.engine.sendTaskSuccess(token, 'yes');
    await fixture.clock.settle();
    expect(calls).toEqual(['first', 'hand-over']);
    disk.letGo();
    await answered;
    await fixture.clock.settle();
    expect(calls.at(-1)).toBe('last');
  });

  it('goes on in the place among the tasks that its execution has', async () => {
    const { fixture, disk, calls } = around({ maxConcurrentTasks: 1 });
    await fixture.engine.start('one', {});
    disk.hold();
    await fixture.clock.settle();
    expect(calls).toEqual(['first', 'hand-over']);
    disk.letGo();
  });

  it('is called so often in one go and no more, where it is in a loop', async () => {
    let calls = 0;
    const first = async () => {
      calls += 1;
      return 'x'.repeat(1_000);
    };
    const States = { First: { ...call('first'), Next: 'Again' }, Again: { Type: 'Pass', Next: 'First' } };
    const { fixture, disk } = around({ definition: { ...AROUND, States }, functions: { first } });
    await fixture.engine.start('one', {});
    disk.hold();
    await fixture.clock.settle();
    expect(calls).toBeGreaterThan(5);
    expect(calls).toBeLessThan(25);
    disk.refuse();
    await fixture.engine.stop('one', {});
  });
});

it('a function with an effect outside is called when the disk has what led to it', async () => {
  const { fixture, disk, calls } = around({ insideDatabase: ['first'] });
  await fixture.engine.start('one', {});
  disk.hold();
  await fixture.clock.settle();
  expect(calls).toEqual(['first']);
  disk.letGo();
  await fixture.clock.settle();
  expect(calls).toEqual(['first', 'hand-over']);
});

describe('what the disk refuses', () => {
  it('never was: the token is as good as before', async () => {
    const { fixture, disk, calls, waiting } = around();
    const token = await waiting();
    disk.hold();
    const answered = fixture.engine.sendTaskSuccess(token, 'yes');
    await fixture.clock.settle();
    disk.refuse();
    await expect(answered).rejects.toEqual(full);
    await fixture.clock.advance(60_000);
    expect(fixture.engine.status('one')).toBe('RUNNING');
    await fixture.engine.sendTaskSuccess(token, 'again');
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('again');
    expect(calls).toEqual(['first', 'hand-over', 'last']);
  });

  it('is written later when a function did it, whose successor has the same token then', async () => {
    const { fixture, disk, calls, tokens } = around();
    await fixture.engine.start('one', {});
    disk.hold();
    await fixture.clock.settle();
    disk.refuse();
    await fixture.clock.advance(60_000);
    expect(calls).toEqual(['first', 'hand-over', 'hand-over']);
    expect(new Set(tokens()).size).toBe(1);
    await fixture.engine.sendTaskSuccess(String(tokens()[0]), 'yes');
    await fixture.clock.settle();
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
  });

  it('is no reason to refuse anybody else', async () => {
    const { output } = await besideALostStop((engine, token) => engine.sendTaskSuccess(token, 'yes'));
    expect(output).toBe('yes');
  });
});

describe('whoever goes on the moment that the disk refuses', () => {
  it('goes on from what is on disk', async () => {
    const { fixture, disk, waiting } = around();
    const token = await waiting();
    disk.hold();
    const again = disk.other().catch(() => fixture.engine.sendTaskSuccess(token, 'again'));
    const stopped = fixture.engine.stop('one', {});
    await fixture.clock.settle();
    disk.refuse();
    await expect(stopped).rejects.toEqual(full);
    await again;
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('again');
  });

  it('writes nothing that does not fit what is on disk', async () => {
    const { fixture, disk, tokens } = around();
    await fixture.engine.start('one', {});
    disk.hold();
    const answered = disk.other().catch(() => fixture.engine.sendTaskSuccess(String(tokens()[0]), 'yes'));
    await fixture.clock.settle();
    disk.refuse();
    await expect(answered).rejects.toEqual(full);
    await fixture.clock.advance(60_000);
    await fixture.engine.sendTaskSuccess(String(tokens()[0]), 'again');
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('again');
  });
});

describe('before the disk has what it would be refused for', () => {
  it('a heartbeat waits', async () => {
    const { output } = await besideALostStop((engine, token) => engine.sendTaskHeartbeat(token));
    expect(output).toBeUndefined();
  });

  it('an answer with other work waits, and its work is done once', async () => {
    let works = 0;
    const work = () => {
      works += 1;
      return { committed: true };
    };
    const told = await besideALostStop((engine, token) => engine.sendTaskSuccessWith(token, 'yes', work));
    expect(told).toEqual({ answer: { committed: true }, output: 'yes' });
    expect(works).toBe(1);
  });
});

it('functions run at most so many at once, also where a token is answered while its own still runs', async () => {
  const { fixture, calls } = around({
    maxConcurrentTasks: 1,
    functions: {
      first: async () => {},
      'hand-over': async (payload) => {
        if (isHandOver(payload)) await fixture.engine.sendTaskSuccess(payload.token, 'at once');
        await fixture.clock.sleep(1_000);
      },
      last: async () => void calls.push('last'),
    },
  });
  await fixture.engine.start('one', {});
  await fixture.clock.settle();
  expect(calls).toEqual([]);
  await fixture.clock.advance(1_000);
  expect(calls).toEqual(['last']);
});

it('whoever comes second is refused when the disk has the first', async () => {
  const { fixture, disk, waiting } = around();
  const token = await waiting();
  disk.hold();
  const stopped = fixture.engine.stop('one', {});
  const answered = fixture.engine.sendTaskSuccess(token, 'yes');
  await fixture.clock.settle();
  disk.letGo();
  await stopped;
  await expect(answered).rejects.toEqual(tooLate);
});

it('a time that is over before the disk has it is not forgotten', async () => {
  const States = {
    First: { ...call('first'), Next: 'Asleep' },
    Asleep: { Type: 'Wait', Seconds: 1, End: true },
  };
  const { fixture, disk, calls } = around({ definition: { ...AROUND, States } });
  await fixture.engine.start('one', {});
  disk.hold();
  await fixture.clock.advance(1_000);
  expect(calls).toEqual(['first']);
  disk.letGo();
  await fixture.clock.settle();
  await fixture.clock.advance(0);
  expect(fixture.engine.status('one')).toBe('SUCCEEDED');
});

it('what is ahead of the disk is on it when the engine has closed', async () => {
  const { fixture, waiting } = around();
  const token = await waiting();
  const answered = fixture.engine.sendTaskSuccess(token, 'yes');
  await fixture.reopen();
  await answered;
  expect(fixture.engine.status('one')).toBe('SUCCEEDED');
});
