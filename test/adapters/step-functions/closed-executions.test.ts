import { SFNClient } from '@aws-sdk/client-sfn';
import { expect, onTestFinished, test } from 'vitest';
import { stepFunctionsExecutions } from '../../../lib/adapters/step-functions/closed-executions.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { type AwsAnswer, type AwsRequest, startAwsServer } from '../../support/aws-server.ts';

const ARN = 'arn:aws:states:eu-central-1:111122223333:execution:Deletion:a-1';
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
  return { server, executions: stepFunctionsExecutions(new SFNClient(server.client)) };
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
