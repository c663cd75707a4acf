import { inspect } from 'node:util';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, test } from 'vitest';
import { stepFunctionsWorkflow } from '../../../lib/adapters/step-functions/workflow.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { type AwsAnswer, type AwsServer, startAwsServer } from '../../support/aws-server.ts';

const PREFIX = 'arn:aws:states:eu-central-1:123456789012';
const STATE_MACHINE = `${PREFIX}:stateMachine:Deletion:live`;
const EXECUTION = `${PREFIX}:execution:Deletion:a1-1`;
const TOKEN = 'AQCEAAAAKgAAAAMAAAAAAAAAAb';

describe('the Step Functions workflow', () => {
  let server: AwsServer | undefined;
  afterEach(() => server?.close());

  async function over(answer: AwsAnswer) {
    server = await startAwsServer(() => answer);
    return stepFunctionsWorkflow(new SFNClient(server.client), { stateMachineArn: STATE_MACHINE });
  }

  const asked = () => server?.requests.map(({ target, body }) => [target, body]);

  test('starts an execution by name, with its input as JSON', async () => {
    const workflow = await over({ body: { executionArn: EXECUTION, startDate: 1_795_556_000.5 } });
    expect(await workflow.start('a1-1', { authorizationId: 'a1', round: 1, force: undefined })).toBe(
      'started',
    );
    expect(asked()).toEqual([
      [
        'AWSStepFunctions.StartExecution',
        { stateMachineArn: STATE_MACHINE, name: 'a1-1', input: '{"authorizationId":"a1","round":1}' },
      ],
    ]);
  });

  test('a name that is taken exists', async () => {
    const workflow = await over({ error: 'ExecutionAlreadyExists' });
    expect(await workflow.start('a1-1', {})).toBe('exists');
  });

  test('wakes a task with an answer that decides nothing', async () => {
    const workflow = await over({});
    expect(await workflow.wake(TOKEN)).toBe('woken');
    expect(asked()).toEqual([['AWSStepFunctions.SendTaskSuccess', { taskToken: TOKEN, output: '{}' }]]);
  });

  test.for(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'a task that answers %s is gone',
    async (error) => {
      expect(await (await over({ error })).wake(TOKEN)).toBe('gone');
    },
  );

  test('a failure to wake repeats neither the token nor the words of the service', async () => {
    const body = { message: `Value '${TOKEN}' at 'taskToken' failed to satisfy constraint` };
    const workflow = await over({ error: 'ValidationException', body });
    const error = await workflow.wake(TOKEN).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(TOKEN);
    expect(String(error)).toContain('ValidationException (request request-1)');
  });

  test.for([
    ['RUNNING', 'RUNNING'],
    ['SUCCEEDED', 'SUCCEEDED'],
    ['FAILED', 'FAILED'],
    ['TIMED_OUT', 'TIMED_OUT'],
    ['ABORTED', 'ABORTED'],
    ['PENDING_REDRIVE', 'RUNNING'],
  ])('an execution that is %s has status %s', async ([status, expected]) => {
    const workflow = await over({ body: { executionArn: EXECUTION, status } });
    expect(await workflow.status('a1-1')).toBe(expected);
    expect(asked()).toEqual([['AWSStepFunctions.DescribeExecution', { executionArn: EXECUTION }]]);
  });

  test('an execution that is not known has no status, no history, and stops without ado', async () => {
    const workflow = await over({ error: 'ExecutionDoesNotExist' });
    expect(await workflow.status('a1-1')).toBeUndefined();
    expect(await workflow.history('a1-1', { limit: 10 })).toEqual({ events: [] });
    await expect(workflow.stop('a1-1', 'replaced')).resolves.toBeUndefined();
  });

  test('stops an execution with its cause', async () => {
    const workflow = await over({ body: { stopDate: 1_795_556_000 } });
    await workflow.stop('a1-1', 'replaced by a1-2');
    expect(asked()).toEqual([
      ['AWSStepFunctions.StopExecution', { executionArn: EXECUTION, cause: 'replaced by a1-2' }],
    ]);
  });

  test('gives the events of a page in one shape, without task tokens, and the cursor of the next', async () => {
    const parameters = JSON.stringify({ Payload: { taskToken: TOKEN } });
    const timestamp = 1_795_556_000.25;
    const events = [
      { id: 1, type: 'ExecutionStarted', timestamp, executionStartedEventDetails: { input: '{}' } },
      {
        id: 2,
        previousEventId: 0,
        type: 'TaskStateEntered',
        timestamp,
        stateEnteredEventDetails: { name: 'Await' },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'TaskScheduled',
        timestamp,
        taskScheduledEventDetails: { parameters },
      },
      { id: 4, previousEventId: 3, type: 'TaskStarted', timestamp },
    ];
    const workflow = await over({ body: { events, nextToken: 'page-2' } });
    const page = await workflow.history('a1-1', { limit: 4, after: 'page-1' });
    expect(asked()).toEqual([
      [
        'AWSStepFunctions.GetExecutionHistory',
        { executionArn: EXECUTION, maxResults: 4, nextToken: 'page-1' },
      ],
    ]);
    const at = new Date(timestamp * 1000).toISOString();
    expect(page).toEqual({
      events: [
        { id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: at, details: { input: '{}' } },
        { id: 2, previousEventId: 0, type: 'TaskStateEntered', timestamp: at, details: { name: 'Await' } },
        {
          id: 3,
          previousEventId: 2,
          type: 'TaskScheduled',
          timestamp: at,
          details: { parameters: '{"Payload":{"taskToken":"(task token)"}}' },
        },
        { id: 4, previousEventId: 3, type: 'TaskStarted', timestamp: at, details: {} },
      ],
      cursor: 'page-2',
    });
  });

  test.for([
    ['ThrottlingException', 400],
    ['ExecutionLimitExceeded', 400],
    ['InternalServerError', 500],
    ['ServiceUnavailable', 503],
  ] as const)('%s (%d) is transient in every operation', async ([error, status]) => {
    const workflow = await over({ error, status });
    await expect(workflow.start('a1-1', {})).rejects.toThrow(TransientError);
    await expect(workflow.wake(TOKEN)).rejects.toThrow(TransientError);
    await expect(workflow.status('a1-1')).rejects.toThrow(TransientError);
    await expect(workflow.stop('a1-1', '')).rejects.toThrow(TransientError);
    await expect(workflow.history('a1-1', { limit: 1 })).rejects.toThrow(TransientError);
  });

  test('a mistake of ours is permanent', async () => {
    const workflow = await over({ error: 'StateMachineDoesNotExist' });
    await expect(workflow.start('a1-1', {})).rejects.toThrow(PermanentError);
  });

  test('the ARN of something else is refused before anything is asked', () => {
    const options = { stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:activity:a' };
    expect(() => stepFunctionsWorkflow(new SFNClient({ region: 'eu-central-1' }), options)).toThrow(
      PermanentError,
    );
  });
});
