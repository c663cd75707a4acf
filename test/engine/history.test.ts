import { describe, expect, it } from 'vitest';
import { engineFixture } from './support/fixture.ts';
import { SLEEPING, tokenKeeper, WAITING } from './support/machines.ts';

async function finished() {
  const fixture = engineFixture({ definition: SLEEPING });
  await fixture.engine.start('one', { seconds: 0 });
  await fixture.clock.settle();
  return fixture.engine;
}

describe('a history', () => {
  it('is read in pages, forwards and backwards, each event once', async () => {
    const engine = await finished();
    for (const reverse of [false, true]) {
      const ids: number[] = [];
      let after: string | undefined;
      do {
        const page = await engine.history('one', {
          limit: 3,
          reverse,
          ...(after === undefined ? {} : { after }),
        });
        expect(page.events.length).toBeLessThanOrEqual(3);
        ids.push(...page.events.map(({ id }) => id));
        after = page.cursor;
      } while (after !== undefined);
      expect(ids).toEqual(reverse ? [4, 3, 2, 1] : [1, 2, 3, 4]);
    }
  });

  it('of a running execution ends where it stands', async () => {
    const { engine } = engineFixture({ definition: SLEEPING });
    await engine.start('one', { seconds: 60 });
    const { events, cursor } = await engine.history('one', { limit: 1_000 });
    expect(events.map(({ type }) => type)).toEqual(['ExecutionStarted', 'WaitStateEntered']);
    expect(cursor).toBeUndefined();
    expect(await engine.describe('one')).toEqual({
      name: 'one',
      status: 'RUNNING',
      input: { seconds: 60 },
      startDate: events[0]?.timestamp,
    });
  });

  it('has its payloads as JSON strings, marked as whole', async () => {
    const engine = await finished();
    const { events } = await engine.history('one', { limit: 1_000 });
    expect(events[0]?.details).toEqual({
      input: '{"seconds":0}',
      inputDetails: { truncated: false },
      roleArn: 'arn:aws:iam::000000000000:role/main',
    });
  });

  it('holds the task token, as on AWS, in the parameters alone', async () => {
    const keeper = tokenKeeper();
    const { engine, clock } = engineFixture({
      definition: WAITING,
      functions: { 'hand-over': keeper.handOver },
    });
    await engine.start('one', {});
    await clock.settle();
    const { events } = await engine.history('one', { limit: 1_000 });
    const [token] = keeper.tokensOf('one');
    const holding = events.filter(({ details }) => JSON.stringify(details).includes(String(token)));
    expect(holding.map(({ type }) => type)).toEqual(['TaskScheduled']);
  });

  it('that reaches 25,000 events ends its execution', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }] },
      },
    };
    const { engine } = engineFixture({ definition });
    await engine.start('one', {});
    expect(await engine.describe('one')).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    const { events } = await engine.history('one', { limit: 1, reverse: true });
    expect(events).toMatchObject([{ id: 25_000, type: 'ExecutionFailed' }]);
  });
});
