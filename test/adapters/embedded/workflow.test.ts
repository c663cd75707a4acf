import { describe, expect, it } from 'vitest';
import { embeddedWorkflow } from '../../../lib/adapters/embedded/workflow.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { DatabaseError } from '../../../lib/engine/database.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { describeWorkflow } from '../../contracts/workflow.ts';
import { engineFixture } from '../../engine/support/fixture.ts';
import { SLEEPING, tokenKeeper, WAITING } from '../../engine/support/machines.ts';

describeWorkflow('embedded', {
  async open(definition, functions) {
    const { engine, clock } = engineFixture({ definition, functions });
    return {
      workflow: embeddedWorkflow(engine),
      settle: () => clock.settle(),
      advance: (seconds) => clock.advance(seconds * 1_000),
      close: () => engine.close(),
    };
  },
});

describe('the embedded workflow', () => {
  const fails = (error: Error): Engine => {
    const refuse = () => Promise.reject(error);
    const broken = () => {
      throw error;
    };
    return {
      start: refuse,
      startWith: refuse,
      sendTaskSuccess: refuse,
      sendTaskSuccessWith: refuse,
      sendTaskFailure: refuse,
      sendTaskHeartbeat: refuse,
      status: broken,
      describe: refuse,
      stop: refuse,
      history: refuse,
      list: broken,
      stateMachine: broken,
      stateMachineOf: broken,
      close: refuse,
    };
  };
  const callsOf = (engine: Engine) => {
    const workflow = embeddedWorkflow(engine);
    return [
      () => workflow.start('one', {}),
      () => workflow.wake('token'),
      () => workflow.status('one'),
      () => workflow.stop('one', 'cause'),
      () => workflow.history('one', { limit: 1 }),
    ];
  };

  it('says of a database that cannot answer now that repeating may help', async () => {
    for (const call of callsOf(fails(new DatabaseError('full', 'the disk is full')))) {
      await expect(call()).rejects.toThrow(TransientError);
    }
  });

  it('says of an engine that is closed that repeating may help', async () => {
    const { engine } = engineFixture({ definition: SLEEPING });
    await engine.close();
    for (const call of callsOf(engine)) await expect(call()).rejects.toThrow(TransientError);
  });

  it('passes on what is broken otherwise', async () => {
    for (const call of callsOf(fails(new RangeError('broken')))) {
      await expect(call()).rejects.toThrow(RangeError);
    }
  });

  it('hides a token wherever it stands, also when the input or an output carries it', async () => {
    const keeper = tokenKeeper();
    const { engine, clock } = engineFixture({
      definition: WAITING,
      functions: { 'hand-over': keeper.handOver },
    });
    await engine.start('first', {});
    await clock.settle();
    const token = String(keeper.tokensOf('first')[0]);
    await engine.start('second', { seconds: 5, note: `"${token}"`, list: [token] });
    await engine.sendTaskSuccess(token, { back: token });
    await clock.settle();
    const workflow = embeddedWorkflow(engine);
    for (const name of ['first', 'second']) {
      expect(JSON.stringify(await workflow.history(name, { limit: 100 }))).not.toContain(token);
    }
  });
});
