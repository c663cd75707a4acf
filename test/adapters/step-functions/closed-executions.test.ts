import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stepFunctionsExecutions } from '../../../lib/adapters/step-functions/closed-executions.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { HOUR } from '../../../lib/domain/time.ts';
import { type AwsAnswer, type AwsRequest, startAwsServer } from '../../support/aws-server.ts';

const ARN = 'arn:aws:states:eu-central-1:111122223333:execution:Deletion:a-1';
const STATE_MACHINE = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Deletion';
const DESCRIBED = {
  name: 'a-1',
  status: 'FAILED',
  startDate: 1_772_357_411,
  stopDate: 1_772_357_412.5,
  input: '{"keyId":"key"}',
  error: 'Broken',
  cause: 'because',
};

async function opened(answer: (request: AwsRequest) => AwsAnswer) {
  const server = await startAwsServer(answer);
  onTestFinished(() => server.close());
  const client = new SFNClient(server.client);
  return { server, executions: stepFunctionsExecutions(client, { stateMachineArn: STATE_MACHINE }) };
}

const scheduled = (id: number) => ({
  id,
  previousEventId: id - 1,
  type: 'TaskScheduled',
  timestamp: 1_772_357_411,
  taskScheduledEventDetails: {
    resource: 'invoke.waitForTaskToken',
    parameters: JSON.stringify({ Payload: { taskToken: 'AQC8AAAA', round: 1 } }),
  },
});

test('every page of the history is read, in the form of GetExecutionHistory, without a task token', async () => {
  const { server, executions } = await opened(({ target, body }) => {
    if (target.endsWith('.DescribeExecution')) return { body: DESCRIBED };
    return body.nextToken === undefined
      ? { body: { events: [scheduled(1)], nextToken: 'more' } }
      : { body: { events: [scheduled(2)] } };
  });
  const execution = await executions.read(ARN);
  expect(execution).toMatchObject({
    name: 'a-1',
    status: 'FAILED',
    startDate: '2026-03-01T09:30:11.000Z',
    stopDate: '2026-03-01T09:30:12.500Z',
    input: { keyId: 'key' },
    error: 'Broken',
    cause: 'because',
  });
  expect(execution?.events).toEqual(
    [1, 2].map((id) => ({
      ...scheduled(id),
      timestamp: '2026-03-01T09:30:11.000Z',
      taskScheduledEventDetails: {
        resource: 'invoke.waitForTaskToken',
        parameters: '{"Payload":{"taskToken":"(task token)","round":1}}',
      },
    })),
  );
  expect(JSON.stringify(execution)).not.toContain('AQC8');
  expect(server.requests).toHaveLength(3);
});

test('one that runs, or is not known, is none that has closed', async () => {
  const { stopDate: _, ...running } = { ...DESCRIBED, status: 'RUNNING' };
  const open = await opened(() => ({ body: running }));
  expect(await open.executions.read(ARN)).toBeUndefined();
  const unknown = await opened(() => ({ error: 'ExecutionDoesNotExist' }));
  expect(await unknown.executions.read(ARN)).toBeUndefined();
});

test('when Step Functions is busy it can be repeated', async () => {
  const { executions } = await opened(() => ({ error: 'ThrottlingException' }));
  await expect(executions.read(ARN)).rejects.toThrow(TransientError);
});

test('one that went on after it had failed says how often, and another does not', async () => {
  const answering = (redriveCount: number) =>
    opened(({ target }) => ({
      body: target.endsWith('.DescribeExecution') ? { ...DESCRIBED, redriveCount } : { events: [] },
    }));
  expect(await (await answering(2)).executions.read(ARN)).toMatchObject({ redriveCount: 2 });
  expect(await (await answering(0)).executions.read(ARN)).not.toHaveProperty('redriveCount');
});

describe('those that closed in a time', () => {
  const span = { since: 1_772_357_411_000, until: 1_772_357_411_000 + 100 * HOUR };
  /** Begun a year ago, and closed so many hours after the beginning of the time. */
  const closed = (name: string, hours: number) => ({
    executionArn: `${ARN}-${name}`,
    stateMachineArn: STATE_MACHINE,
    name,
    status: 'SUCCEEDED',
    startDate: (span.since - 8_760 * HOUR) / 1_000,
    stopDate: (span.since + hours * HOUR) / 1_000,
    redriveCount: 0,
  });

  test('are listed whatever their end and whenever they began, the one that closed first as the first', async () => {
    const of: Readonly<Record<string, readonly object[]>> = {
      SUCCEEDED: [closed('at the end', 100), closed('third', 30), closed('first', 10)],
      FAILED: [closed('fourth', 40)],
      TIMED_OUT: [closed('second', 20)],
      ABORTED: [closed('at the beginning', 0), closed('before', -1)],
    };
    const { server, executions } = await opened(({ body }) => ({
      body: { executions: of[String(body.statusFilter)] },
    }));
    const names = (await executions.closedIn(span)).map(({ name }) => name);
    expect(names).toEqual(['at the beginning', 'first', 'second', 'third', 'fourth']);
    expect(server.requests.map(({ body }) => body.stateMachineArn)).toEqual(Array(4).fill(STATE_MACHINE));
  });

  test('are read page by page, up to the first that closed before', async () => {
    const pages: readonly (readonly object[])[] = [
      [closed('c', 3)],
      [],
      [closed('b', 2), closed('before', -1)],
      [closed('long before', -9)],
    ];
    const { server, executions } = await opened(({ body }) => {
      const page = Number(body.nextToken ?? 0);
      return { body: { executions: pages[page], nextToken: String(page + 1) } };
    });
    const names = (await executions.closedIn(span)).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['b', 'c']));
    expect(server.requests).toHaveLength(4 * 3);
  });

  test('are not fewer because Step Functions is busy', async () => {
    const { executions } = await opened(({ body }) =>
      body.statusFilter === 'ABORTED' ? { error: 'ThrottlingException' } : { body: { executions: [] } },
    );
    await expect(executions.closedIn(span)).rejects.toThrow(TransientError);
  });
});

test('what an execution began with is in its first event', async () => {
  const { server, executions } = await opened(() => ({
    body: {
      events: [
        {
          id: 1,
          type: 'ExecutionStarted',
          timestamp: 1_772_357_411,
          executionStartedEventDetails: { input: '{"keyId":"key"}' },
        },
      ],
      nextToken: 'more',
    },
  }));
  expect(await executions.inputOf(ARN)).toEqual({ keyId: 'key' });
  expect(server.requests.map(({ body }) => body)).toEqual([{ executionArn: ARN, maxResults: 1 }]);
  const unknown = await opened(() => ({ error: 'ExecutionDoesNotExist' }));
  expect(await unknown.executions.inputOf(ARN)).toBeNull();
  const busy = await opened(() => ({ error: 'ThrottlingException' }));
  await expect(busy.executions.inputOf(ARN)).rejects.toThrow(TransientError);
});
