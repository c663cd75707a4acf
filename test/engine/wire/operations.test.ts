import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { SLEEPING, tokenKeeper, WAITING } from '../support/machines.ts';
import { executionArn, STATE_MACHINE, wireFixture } from './fixture.ts';

const START = new Date(Date.UTC(2026, 0, 1));

async function waiting() {
  const keeper = tokenKeeper();
  const fixture = await wireFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver } });
  const start = async (name: string, input: object = {}) => {
    const command = { stateMachineArn: STATE_MACHINE, name, input: JSON.stringify(input) };
    const answer = await fixture.client.send(new StartExecutionCommand(command));
    await fixture.clock.settle();
    return answer;
  };
  const describeOne = (name: string) =>
    fixture.client.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }));
  return { ...keeper, fixture, client: fixture.client, clock: fixture.clock, start, describeOne };
}

describe('StartExecution', () => {
  test('answers the ARN and the time, and the execution runs with its input', async () => {
    const { start, given, fixture } = await waiting();
    const { executionArn: arn, startDate, $metadata } = await start('one', { seconds: 60 });
    expect([arn, startDate, $metadata.httpStatusCode]).toEqual([executionArn('one'), START, 200]);
    expect(given).toHaveLength(1);
    expect((await fixture.engine.describe('one'))?.input).toEqual({ seconds: 60 });
  });

  test('without a name it gets a UUID, without input an empty object', async () => {
    const { client, fixture } = await waiting();
    const { executionArn: arn } = await client.send(
      new StartExecutionCommand({ stateMachineArn: STATE_MACHINE }),
    );
    const name = arn?.split(':').at(-1) ?? '';
    expect(name).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    expect((await fixture.engine.describe(name))?.input).toEqual({});
  });

  test('the same name and input while it runs is the same execution, with its first date', async () => {
    const { start, clock, given } = await waiting();
    const first = await start('one', { a: 1, b: 2 });
    await clock.advance(5_000);
    const second = await start('one', { b: 2, a: 1 });
    expect([second.executionArn, second.startDate]).toEqual([first.executionArn, first.startDate]);
    expect(given).toHaveLength(1);
  });

  test('the same name with another input exists already', async () => {
    const { start } = await waiting();
    await start('one', { a: 1 });
    await expect(start('one', { a: 2 })).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${executionArn('one')}'`,
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('the name of a closed execution exists already, with the same input too', async () => {
    const { start, client } = await waiting();
    await start('one');
    await client.send(new StopExecutionCommand({ executionArn: executionArn('one') }));
    await expect(start('one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  test('many at once with one name and input are one execution', async () => {
    const { start, given } = await waiting();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => start('one', { a: 1 })));
    expect(new Set(answers.map(({ executionArn: arn }) => arn))).toEqual(new Set([executionArn('one')]));
    expect(given).toHaveLength(1);
  });
});

describe('DescribeExecution', () => {
  test('of a running execution has neither stop date nor output', async () => {
    const { start, describeOne } = await waiting();
    await start('one', { seconds: 60 });
    const { $metadata: _metadata, ...answer } = await describeOne('one');
    expect(answer).toEqual({
      executionArn: executionArn('one'),
      stateMachineArn: STATE_MACHINE,
      name: 'one',
      status: 'RUNNING',
      startDate: START,
      input: '{"seconds":60}',
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
    });
  });

  test('of a closed one has when it stopped and what came out, to the millisecond', async () => {
    const { start, describeOne, client, clock, tokensOf } = await waiting();
    await start('one');
    await clock.advance(1_234);
    await client.send(
      new SendTaskSuccessCommand({ taskToken: tokensOf('one')[0], output: '{"said":"yes"}' }),
    );
    const answer = await describeOne('one');
    expect(answer).toMatchObject({
      status: 'SUCCEEDED',
      stopDate: new Date(START.getTime() + 1_234),
      output: '{"said":"yes"}',
      outputDetails: { included: true },
    });
  });

  test('of a failed one has error and cause', async () => {
    const { start, describeOne, client, tokensOf } = await waiting();
    await start('one');
    const failure = { taskToken: tokensOf('one')[0], error: 'Denied', cause: 'not today' };
    await client.send(new SendTaskFailureCommand(failure));
    const answer = await describeOne('one');
    expect(answer).toMatchObject({ status: 'FAILED', error: 'Denied', cause: 'not today' });
    expect(answer.output).toBeUndefined();
  });

  test('with METADATA_ONLY has no data', async () => {
    const { start, client } = await waiting();
    await start('one', { seconds: 60 });
    const command = { executionArn: executionArn('one'), includedData: 'METADATA_ONLY' } as const;
    const answer = await client.send(new DescribeExecutionCommand(command));
    expect(answer.input).toBeUndefined();
    expect(answer.inputDetails).toEqual({ included: false });
  });
});

describe('the answers to a task token', () => {
  test('success wakes the task once', async () => {
    const { start, describeOne, client, clock, tokensOf } = await waiting();
    await start('one');
    const taskToken = tokensOf('one')[0];
    await client.send(new SendTaskSuccessCommand({ taskToken, output: 'null' }));
    await clock.settle();
    expect((await describeOne('one')).output).toBe('null');
    await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
      message: "Task Timed Out: 'Provided task does not exist anymore'",
    });
  });

  test('heartbeats keep a task alive that would have been given up', async () => {
    const keeper = tokenKeeper();
    const definition = {
      ...WAITING,
      States: {
        ...WAITING.States,
        'Wait for an answer': { ...WAITING.States['Wait for an answer'], HeartbeatSeconds: 60 },
      },
    };
    const { client, clock, engine } = await wireFixture({
      definition,
      functions: { 'hand-over': keeper.handOver },
    });
    await engine.start('one', {});
    await clock.settle();
    for (let beats = 0; beats < 3; beats += 1) {
      await clock.advance(59_000);
      await client.send(new SendTaskHeartbeatCommand({ taskToken: keeper.tokensOf('one')[0] }));
    }
    expect(engine.status('one')).toBe('RUNNING');
    await clock.advance(60_000);
    expect(engine.status('one')).toBe('SUCCEEDED');
  });
});

describe('StopExecution', () => {
  test('aborts with error and cause, and answers when', async () => {
    const { start, describeOne, client, clock } = await waiting();
    await start('one');
    await clock.advance(2_000);
    const stop = { executionArn: executionArn('one'), error: 'Replaced', cause: 'by another' };
    const { stopDate } = await client.send(new StopExecutionCommand(stop));
    expect(stopDate).toEqual(new Date(START.getTime() + 2_000));
    expect(await describeOne('one')).toMatchObject({
      status: 'ABORTED',
      error: 'Replaced',
      cause: 'by another',
      stopDate,
    });
  });

  test('of a closed execution changes nothing and answers when it was closed', async () => {
    const { start, describeOne, client, clock, tokensOf } = await waiting();
    await start('one');
    await client.send(new SendTaskSuccessCommand({ taskToken: tokensOf('one')[0], output: '{}' }));
    await clock.advance(9_000);
    const { stopDate } = await client.send(new StopExecutionCommand({ executionArn: executionArn('one') }));
    expect(stopDate).toEqual(START);
    expect((await describeOne('one')).status).toBe('SUCCEEDED');
  });
});

describe('GetExecutionHistory', () => {
  const history = async (changes: object = {}) => {
    const all = await waiting();
    await all.start('one');
    const taskToken = all.tokensOf('one')[0] ?? '';
    await all.client.send(new SendTaskSuccessCommand({ taskToken, output: '{"a":1}' }));
    const command = { executionArn: executionArn('one'), ...changes };
    const { events = [] } = await all.client.send(new GetExecutionHistoryCommand(command));
    return { ...all, taskToken, events };
  };

  test('has each event with its time and its details under their own name', async () => {
    const { events, taskToken } = await history();
    const details = events.map(({ id, type, ...event }) => [
      id,
      type,
      Object.keys(event).find((name) => name.endsWith('Details')),
    ]);
    expect(details).toEqual([
      [1, 'ExecutionStarted', 'executionStartedEventDetails'],
      [2, 'TaskStateEntered', 'stateEnteredEventDetails'],
      [3, 'TaskScheduled', 'taskScheduledEventDetails'],
      [4, 'TaskStarted', 'taskStartedEventDetails'],
      [5, 'TaskSubmitted', 'taskSubmittedEventDetails'],
      [6, 'TaskSucceeded', 'taskSucceededEventDetails'],
      [7, 'TaskStateExited', 'stateExitedEventDetails'],
      [8, 'SucceedStateEntered', 'stateEnteredEventDetails'],
      [9, 'SucceedStateExited', 'stateExitedEventDetails'],
      [10, 'ExecutionSucceeded', 'executionSucceededEventDetails'],
    ]);
    expect(events[2]).toEqual({
      id: 3,
      previousEventId: 2,
      timestamp: START,
      type: 'TaskScheduled',
      taskScheduledEventDetails: {
        resourceType: 'lambda',
        resource: 'invoke.waitForTaskToken',
        region: 'local',
        timeoutInSeconds: 604_800,
        // As on AWS: whoever may call this API sees the tokens.
        parameters: JSON.stringify({
          FunctionName: 'hand-over',
          Payload: { token: taskToken, name: 'one' },
        }),
      },
    });
  });

  test('in reverse order begins with the newest event', async () => {
    const { events } = await history({ reverseOrder: true });
    expect(events.map(({ id }) => id)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('without execution data has no input, output, parameters or token', async () => {
    const { events, taskToken } = await history({ includeExecutionData: false });
    expect(events).toHaveLength(10);
    expect(JSON.stringify(events)).not.toContain(taskToken);
    expect(JSON.stringify(events)).not.toMatch(/"(input|output|parameters)"/);
    expect(events[2]?.taskScheduledEventDetails).toMatchObject({ resource: 'invoke.waitForTaskToken' });
  });
});

describe('the state machine', () => {
  test('is described with its definition, and listed', async () => {
    const { client } = await waiting();
    const { $metadata: _metadata, ...described } = await client.send(
      new DescribeStateMachineCommand({ stateMachineArn: STATE_MACHINE }),
    );
    expect(described).toMatchObject({
      stateMachineArn: STATE_MACHINE,
      name: 'main',
      status: 'ACTIVE',
      type: 'STANDARD',
      creationDate: START,
      roleArn: 'arn:aws:iam::000000000000:role/main',
    });
    expect(JSON.parse(described.definition ?? '')).toEqual(WAITING);
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toEqual([
      { stateMachineArn: STATE_MACHINE, name: 'main', type: 'STANDARD', creationDate: START },
    ]);
  });

  test('of an execution is what it started with, also when another one was opened since', async () => {
    const { start, fixture, client, clock } = await waiting();
    await start('old');
    await clock.advance(60_000);
    await fixture.reopen({ definition: SLEEPING });
    await fixture.engine.start('new', { seconds: 1 });
    const ofExecution = async (name: string) => {
      const command = new DescribeStateMachineForExecutionCommand({ executionArn: executionArn(name) });
      const { definition = '', updateDate } = await client.send(command);
      return [JSON.parse(definition), updateDate];
    };
    expect(await ofExecution('old')).toEqual([WAITING, START]);
    expect(await ofExecution('new')).toEqual([SLEEPING, new Date(START.getTime() + 60_000)]);
  });

  test('with METADATA_ONLY has an empty definition', async () => {
    const { client } = await waiting();
    const command = { stateMachineArn: STATE_MACHINE, includedData: 'METADATA_ONLY' } as const;
    const { definition } = await client.send(new DescribeStateMachineCommand(command));
    expect(definition).toBe('{}');
  });
});

test('ListExecutions has the newest first, with their states and dates, and filters by status', async () => {
  const { start, client, clock } = await waiting();
  await start('one');
  await clock.advance(1_000);
  await start('two');
  await client.send(new StopExecutionCommand({ executionArn: executionArn('one') }));
  const list = async (more: object) => {
    const { executions } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE, ...more }),
    );
    return executions;
  };
  const common = { stateMachineArn: STATE_MACHINE, redriveCount: 0 };
  const later = new Date(START.getTime() + 1_000);
  const one = {
    ...common,
    executionArn: executionArn('one'),
    name: 'one',
    status: 'ABORTED',
    startDate: START,
    stopDate: later,
  };
  const two = {
    ...common,
    executionArn: executionArn('two'),
    name: 'two',
    status: 'RUNNING',
    startDate: later,
  };
  expect(await list({})).toEqual([two, one]);
  expect(await list({ statusFilter: 'RUNNING' })).toEqual([two]);
  expect(await list({ statusFilter: 'ABORTED', redriveFilter: 'NOT_REDRIVEN' })).toEqual([one]);
  expect(await list({ statusFilter: 'FAILED' })).toEqual([]);
  expect(await list({ redriveFilter: 'REDRIVEN' })).toEqual([]);
});
