import { request as httpRequest } from 'node:http';
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
import { DatabaseError } from '../../../lib/engine/database.ts';
import { SLEEPING, tokenKeeper, WAITING } from '../support/machines.ts';
import { executionArn, STATE_MACHINE, wireFixture } from './fixture.ts';
import { replaceBody, tamper } from './tampering.ts';

async function waiting() {
  const keeper = tokenKeeper();
  const fixture = await wireFixture({ definition: WAITING, functions: { 'hand-over': keeper.handOver } });
  await fixture.engine.start('one', {});
  await fixture.clock.settle();
  return {
    ...fixture,
    engine: fixture.engine,
    client: fixture.client,
    token: keeper.tokensOf('one')[0] ?? '',
  };
}

const OTHER_MACHINE = STATE_MACHINE.replace(':main', ':other');
const UNKNOWN = executionArn('unknown');

describe('an exception of AWS is answered for', () => {
  const start = (changes: object) =>
    new StartExecutionCommand({ stateMachineArn: STATE_MACHINE, name: 'two', ...changes });
  const cases: readonly (readonly [string, object, string, string | RegExp])[] = [
    [
      'a state machine that is not this one',
      start({ stateMachineArn: OTHER_MACHINE }),
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${OTHER_MACHINE}'`,
    ],
    [
      'a version of the state machine',
      new DescribeStateMachineCommand({ stateMachineArn: `${STATE_MACHINE}:1` }),
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${STATE_MACHINE}:1'`,
    ],
    [
      'the list of another state machine',
      new ListExecutionsCommand({ stateMachineArn: OTHER_MACHINE }),
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${OTHER_MACHINE}'`,
    ],
    [
      'what is no ARN',
      start({ stateMachineArn: 'main' }),
      'InvalidArn',
      "Invalid Arn: 'Invalid ARN prefix: main'",
    ],
    [
      'an ARN of another service',
      new DescribeExecutionCommand({ executionArn: 'arn:aws:s3:::bucket' }),
      'InvalidArn',
      "Invalid Arn: 'arn:aws:s3:::bucket'",
    ],
    [
      'an ARN of another kind',
      new DescribeExecutionCommand({ executionArn: STATE_MACHINE }),
      'InvalidArn',
      "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
    ],
    ...[
      new DescribeExecutionCommand({ executionArn: UNKNOWN }),
      new GetExecutionHistoryCommand({ executionArn: UNKNOWN }),
      new StopExecutionCommand({ executionArn: UNKNOWN }),
      new DescribeStateMachineForExecutionCommand({ executionArn: UNKNOWN }),
    ].map(
      (command) =>
        [
          `an execution that nobody started, in ${command.constructor.name}`,
          command,
          'ExecutionDoesNotExist',
          `Execution Does Not Exist: '${UNKNOWN}'`,
        ] as const,
    ),
    ['a name with a blank', start({ name: 'a b' }), 'InvalidName', /^Invalid Name: '/],
    [
      'input that is no JSON',
      start({ input: 'not json' }),
      'InvalidExecutionInput',
      /^Invalid State Machine Execution Input: '/,
    ],
    [
      'empty input',
      start({ input: '' }),
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'Invalid execution input.'",
    ],
    [
      'input over 256 KiB',
      start({ input: `"${'ä'.repeat(131_072)}"` }),
      'ValidationException',
      "1 validation error detected: Value at 'input' failed to satisfy constraint: " +
        'Member must have size less than or equal to 262144 bytes in UTF-8 encoding',
    ],
    [
      'a name over 80 characters',
      start({ name: 'a'.repeat(81) }),
      'ValidationException',
      `1 validation error detected: Value '${'a'.repeat(81)}' at 'name' failed to satisfy constraint: ` +
        'Member must have length less than or equal to 80',
    ],
    [
      'a page that is too long',
      new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE, maxResults: 1_001 }),
      'ValidationException',
      "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: " +
        'Member must have value less than or equal to 1000',
    ],
    [
      'several mistakes at once',
      new ListExecutionsCommand({ stateMachineArn: '', maxResults: -1 }),
      'ValidationException',
      "2 validation errors detected: Value '' at 'stateMachineArn' failed to satisfy constraint: " +
        "Member must have length greater than or equal to 1; Value '-1' at 'maxResults' failed to satisfy " +
        'constraint: Member must have value greater than or equal to 0',
    ],
    [
      'a status that there is not',
      new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE, statusFilter: Object('succeeded') }),
      'ValidationException',
      /^1 validation error detected: Value 'succeeded' at 'statusFilter' failed .* enum value set: \[RUNNING, /,
    ],
    [
      'a missing member',
      new DescribeExecutionCommand({ executionArn: undefined }),
      'ValidationException',
      "1 validation error detected: Value null at 'executionArn' failed to satisfy constraint: " +
        'Member must not be null',
    ],
    [
      'a list of Map Runs',
      new ListExecutionsCommand({ mapRunArn: 'arn:aws:states:local:000000000000:mapRun:main/m:1' }),
      'ValidationException',
      /there are no Map Runs/,
    ],
    [
      'a page token of nobody',
      new ListStateMachinesCommand({ nextToken: 'token' }),
      'InvalidToken',
      "Invalid Token: 'Invalid token'",
    ],
  ];
  test.for(cases)('%s', async ([, command, name, message]) => {
    const { client } = await waiting();
    const error = await client.send(Object(command)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });
});

describe('the answer to a task token is refused', () => {
  const send = (taskToken: string) => [
    new SendTaskSuccessCommand({ taskToken, output: '{}' }),
    new SendTaskFailureCommand({ taskToken, error: 'E', cause: 'c' }),
    new SendTaskHeartbeatCommand({ taskToken }),
  ];

  test('with InvalidToken where it is none, or was changed', async () => {
    const { client, token } = await waiting();
    for (const given of ['no token', `${token.slice(0, -4)}AAAA`]) {
      for (const command of send(given)) {
        await expect(client.send(Object(command))).rejects.toMatchObject({
          name: 'InvalidToken',
          message: "Invalid Token: 'Invalid token'",
        });
      }
    }
  });

  test('with TaskTimedOut after its time', async () => {
    const { client, token, clock } = await waiting();
    await clock.advance(604_800_000);
    for (const command of send(token)) {
      await expect(client.send(Object(command))).rejects.toMatchObject({ name: 'TaskTimedOut' });
    }
  });

  test('with TaskDoesNotExist where no execution has it', async () => {
    const { client } = await waiting();
    const other = await waiting();
    await other.engine.start('more', {});
    await other.engine.start('still-more', {});
    // A token of an execution whose number the first engine has not given yet.
    const history = await other.engine.history('still-more', { limit: 10 });
    const token = /CSTT[\w-]{36}/.exec(JSON.stringify(history))?.[0] ?? '';
    for (const command of send(token)) {
      await expect(client.send(Object(command))).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
    }
  });

  test('with InvalidOutput where the output is no JSON, and the task waits on', async () => {
    const { client, token, engine } = await waiting();
    const command = new SendTaskSuccessCommand({ taskToken: token, output: '{' });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidOutput' });
    expect(engine.status('one')).toBe('RUNNING');
  });

  test('with ValidationException where the output is too large, without repeating it', async () => {
    const { client, token } = await waiting();
    const command = new SendTaskSuccessCommand({ taskToken: token, output: `"${'x'.repeat(262_143)}"` });
    await expect(client.send(command)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^1 validation error detected: Value at 'output'/),
    });
  });
});

test('no error repeats a task token, wherever a caller puts it', async () => {
  const { client, token } = await waiting();
  const commands = [
    new SendTaskSuccessCommand({ taskToken: token.repeat(60), output: '{}' }),
    new DescribeExecutionCommand({ executionArn: token }),
    new DescribeExecutionCommand({ executionArn: executionArn(token) }),
    new StartExecutionCommand({ stateMachineArn: STATE_MACHINE, name: `${token} ${token}` }),
    new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE, statusFilter: Object(token) }),
  ];
  for (const command of commands) {
    const error: unknown = await client.send(Object(command)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain(token);
    expect(JSON.stringify(error)).not.toContain(token);
  }
});

describe('a request that is no call', () => {
  test('is an unknown operation: another target, path or method', async () => {
    const { client, endpoint } = await waiting();
    const other = tamper(client, 'before', (sent) => {
      sent.headers['x-amz-target'] = 'AWSStepFunctions.CreateStateMachine';
    });
    await expect(other.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      $metadata: { httpStatusCode: 400 },
    });
    const headers = { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' };
    for (const [path, method] of [
      ['/', 'GET'],
      ['/?a=b', 'POST'],
      ['/other', 'POST'],
    ] as const) {
      const answer = await fetch(`${endpoint}${path}`, { method, headers });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        __type: 'com.amazon.coral.service#UnknownOperationException',
      });
    }
    expect((await fetch(endpoint, { method: 'POST' })).headers.get('x-amzn-errortype')).toBe(
      'UnknownOperationException',
    );
  });

  test.for([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a number where a text belongs', '{"executionArn":1}'],
  ])('is a SerializationException: %s', async ([, body = '']) => {
    const { client } = await waiting();
    tamper(client, 'before', replaceBody(body));
    await expect(client.send(new DescribeExecutionCommand({ executionArn: UNKNOWN }))).rejects.toMatchObject({
      name: 'SerializationException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('that is unsigned learns nothing of its body', async () => {
    const { endpoint } = await waiting();
    const headers = { 'x-amz-target': 'AWSStepFunctions.DescribeExecution' };
    const answer = await fetch(endpoint, { method: 'POST', headers, body: '{' });
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    expect(await answer.json()).toEqual({
      __type: 'com.amazon.coral.service#MissingAuthenticationTokenException',
      message: 'Request is missing Authentication Token',
    });
  });

  test('of more than 1 MiB is too large, whether it says its length or not', async () => {
    const { client, endpoint } = await waiting();
    tamper(client, 'before', replaceBody(`{"executionArn":"${'x'.repeat(3_000_000)}"}`));
    await expect(client.send(new DescribeExecutionCommand({ executionArn: UNKNOWN }))).rejects.toMatchObject({
      name: 'RequestEntityTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
    const chunked = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'AWSStepFunctions.DescribeExecution' },
      });
      sending.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      for (let i = 0; i < 50; i += 1) sending.write('x'.repeat(65_536));
      sending.end();
    });
    expect(chunked).toBe(413);
  });
});

describe('an engine that cannot answer', () => {
  test('is unavailable when it is closed, or its database is full', async () => {
    const closed = await waiting();
    await closed.engine.close();
    const full = await wireFixture({
      definition: SLEEPING,
      wrap: () => () => Promise.reject(new DatabaseError('full', 'the disk is full')),
    });
    for (const { client, failures } of [closed, full]) {
      await expect(
        client.send(new StartExecutionCommand({ stateMachineArn: STATE_MACHINE })),
      ).rejects.toMatchObject({
        name: 'ServiceUnavailable',
        message: 'The engine cannot answer now; repeat the request.',
        $fault: 'server',
        $metadata: { httpStatusCode: 503 },
      });
      expect(failures).toHaveLength(1);
    }
  });

  test('tells nothing of what is broken, but to its operator', async () => {
    const broken = new Error('the secret store is on fire');
    const { client, failures } = await wireFixture(
      { definition: SLEEPING },
      { secretOf: () => Promise.reject(broken) },
    );
    const error = await client.send(new ListStateMachinesCommand({})).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
    expect(String(error)).not.toContain('fire');
    expect(failures).toEqual([broken]);
  });
});

test('each answer has an id of its own and the time of the engine', async () => {
  const { endpoint } = await waiting();
  const answers = await Promise.all([fetch(endpoint), fetch(endpoint)]);
  const ids = answers.map(({ headers }) => headers.get('x-amzn-requestid'));
  expect(new Set(ids).size).toBe(2);
  expect(answers[0]?.headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
});
