import { describe, expect, it } from 'vitest';
import { TASK_TOKEN } from '../../lib/engine/token.ts';
import { engineFixture } from './support/fixture.ts';
import { isHandOver, tokenKeeper, WAITING } from './support/machines.ts';

const refusal = (name: string) => expect.objectContaining({ name });

function waiting(more: Partial<Parameters<typeof engineFixture>[0]> = {}) {
  const keeper = tokenKeeper();
  const fixture = engineFixture({
    definition: WAITING,
    functions: { 'hand-over': keeper.handOver },
    ...more,
  });
  return Object.assign(fixture, { keeper });
}

async function handedOver(name = 'one') {
  const fixture = waiting();
  await fixture.engine.start(name, {});
  await fixture.clock.settle();
  const [token] = fixture.keeper.tokensOf(name);
  if (token === undefined) throw new Error('no token was handed over');
  return { fixture, token };
}

describe('a task token', () => {
  it('is answered once; the second answer comes too late', async () => {
    const { fixture, token } = await handedOver();
    await fixture.engine.sendTaskSuccess(token, { said: 'yes' });
    await expect(fixture.engine.sendTaskSuccess(token, {})).rejects.toEqual(refusal('TaskTimedOut'));
    await expect(fixture.engine.sendTaskFailure(token, {})).rejects.toEqual(refusal('TaskTimedOut'));
    await expect(fixture.engine.sendTaskHeartbeat(token)).rejects.toEqual(refusal('TaskTimedOut'));
    expect((await fixture.engine.describe('one'))?.output).toEqual({ said: 'yes' });
  });

  it('is answered by one of two who answer at once', async () => {
    const { fixture, token } = await handedOver();
    const answers = await Promise.allSettled([
      fixture.engine.sendTaskSuccess(token, 1),
      fixture.engine.sendTaskSuccess(token, 2),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await fixture.engine.describe('one'))?.output).toBe(1);
  });

  it('is as good after a restart as before', async () => {
    const { fixture, token } = await handedOver();
    await fixture.reopen();
    await fixture.engine.sendTaskSuccess(token, 'after');
    expect((await fixture.engine.describe('one'))?.output).toBe('after');
  });

  it('is the same when its function is called again after a crash', async () => {
    let crashing = true;
    const tokens: string[] = [];
    const fixture = engineFixture({
      definition: WAITING,
      functions: {
        'hand-over': (payload) => {
          if (isHandOver(payload)) tokens.push(payload.token);
          return crashing ? new Promise(() => {}) : Promise.resolve(null);
        },
      },
    });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    crashing = false;
    await fixture.reopen();
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    await fixture.engine.sendTaskSuccess(String(tokens[0]), 'mailed before the crash');
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
  });

  it('may be answered by the very function that is given it, before it returns', async () => {
    const fixture = engineFixture({
      definition: WAITING,
      functions: {
        'hand-over': async (payload) => {
          if (isHandOver(payload)) await fixture.engine.sendTaskSuccess(payload.token, 'at once');
          return null;
        },
      },
    });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('at once');
    const { events } = await fixture.engine.history('one', { limit: 100 });
    expect(events.map(({ type }) => type).slice(2, 7)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
    ]);
  });

  it('that its function failed to hand over was not submitted', async () => {
    const functions = { 'hand-over': () => Promise.reject(new RangeError('no mail today')) };
    const fixture = engineFixture({ definition: WAITING, functions });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const { events } = await fixture.engine.history('one', { limit: 100 });
    expect(events.map(({ type }) => type).slice(3)).toEqual(['TaskStarted', 'TaskFailed', 'ExecutionFailed']);
    expect(await fixture.engine.describe('one')).toMatchObject({
      error: 'RangeError',
      cause: 'no mail today',
    });
  });

  it('that is answered with a failure before its function returned counts as submitted', async () => {
    const fixture = engineFixture({
      definition: WAITING,
      functions: {
        'hand-over': async (payload) => {
          if (isHandOver(payload)) await fixture.engine.sendTaskFailure(payload.token, { error: 'No' });
        },
      },
    });
    await fixture.engine.start('one', {});
    await fixture.clock.settle();
    const { events } = await fixture.engine.history('one', { limit: 100 });
    expect(events.map(({ type }) => type).slice(4)).toEqual([
      'TaskSubmitted',
      'TaskFailed',
      'ExecutionFailed',
    ]);
  });

  it('is refused at the very moment that its time is over', async () => {
    const fixture = waiting();
    await fixture.engine.start('one', { seconds: 10 });
    await fixture.clock.settle();
    const [token] = fixture.keeper.tokensOf('one');
    fixture.clock.set(fixture.clock.now() + 10_000);
    await expect(fixture.engine.sendTaskSuccess(String(token), 1)).rejects.toEqual(refusal('TaskTimedOut'));
    await fixture.clock.settle();
    expect((await fixture.engine.describe('one'))?.output).toBe('too late');
  });

  it('is for its own attempt alone: a retry has another one', async () => {
    const { 'Wait for an answer': wait, ...others } = WAITING.States;
    const retried = {
      ...wait,
      TimeoutSeconds: 10,
      Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }],
    };
    const definition = { ...WAITING, States: { 'Wait for an answer': retried, ...others } };
    const fixture = waiting({ definition });
    await fixture.engine.start('one', {});
    await fixture.clock.advance(11_000);
    const [first = '', second = '', ...more] = fixture.keeper.tokensOf('one');
    expect(more).toEqual([]);
    expect(second).not.toBe(first);
    await expect(fixture.engine.sendTaskSuccess(first, 'old')).rejects.toEqual(refusal('TaskTimedOut'));
    await expect(fixture.engine.sendTaskHeartbeat(first)).rejects.toEqual(refusal('TaskTimedOut'));
    await fixture.engine.sendTaskSuccess(second, 'new');
    expect((await fixture.engine.describe('one'))?.output).toBe('new');
  });

  it('of an execution that was stopped is closed', async () => {
    const { fixture, token } = await handedOver();
    await fixture.engine.stop('one', { cause: 'enough' });
    await expect(fixture.engine.sendTaskSuccess(token, 1)).rejects.toEqual(refusal('TaskTimedOut'));
    expect(fixture.engine.status('one')).toBe('ABORTED');
  });

  it('cannot be forged: each changed character makes it invalid', async () => {
    const { fixture, token } = await handedOver();
    for (let i = 0; i < token.length; i += 1) {
      const forged = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      await expect(fixture.engine.sendTaskSuccess(forged, 1)).rejects.toEqual(
        expect.objectContaining({ name: expect.stringMatching(/^(InvalidToken|TaskDoesNotExist)$/) }),
      );
    }
    expect(fixture.engine.status('one')).toBe('RUNNING');
  });

  it('of another database is invalid here', async () => {
    const { token } = await handedOver();
    const { fixture } = await handedOver();
    await expect(fixture.engine.sendTaskSuccess(token, 1)).rejects.toEqual(refusal('InvalidToken'));
  });

  it('that is no token at all is invalid', async () => {
    const { fixture } = await handedOver();
    for (const text of ['', 'x', `CSTT${'A'.repeat(35)}`, `CSTT${'A'.repeat(37)}`, `CSTT${'€'.repeat(36)}`]) {
      await expect(fixture.engine.sendTaskSuccess(text, 1)).rejects.toEqual(refusal('InvalidToken'));
    }
  });

  it('for a task that never was does not exist', async () => {
    const { fixture, token } = await handedOver();
    const unknown = `CSTT${'f'.repeat(8)}${token.slice(12)}`;
    await expect(fixture.engine.sendTaskSuccess(unknown, 1)).rejects.toEqual(refusal('TaskDoesNotExist'));
  });

  it('takes no answer that is not JSON or over 256 KiB', async () => {
    const { fixture, token } = await handedOver();
    for (const output of [undefined, () => 1, 1n, 'x'.repeat(262_143)]) {
      await expect(fixture.engine.sendTaskSuccess(token, output)).rejects.toEqual(refusal('InvalidOutput'));
    }
    await fixture.engine.sendTaskSuccess(token, 'x'.repeat(262_142));
    expect(fixture.engine.status('one')).toBe('SUCCEEDED');
  });

  it('is found in a text by its form', async () => {
    const { token } = await handedOver();
    expect(`a "${token}", b`.replaceAll(TASK_TOKEN, '…')).toBe('a "…", b');
  });
});
