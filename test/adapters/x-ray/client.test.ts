import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTrace } from '../../../lib/adapters/x-ray/client.ts';
import { traced } from '../../../lib/adapters/x-ray/invocation.ts';
import { type AwsAnswer, type AwsServer, startAwsServer } from '../../support/aws-server.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { type SentSubsegment, startXRayDaemon, type XRayDaemon } from '../../support/x-ray-daemon.ts';

const TRACE = '1-5759e988-bd862e3fe1be46a994272793';
const TOKEN = 'AQBEAAAAKgAAAAMAAAAAAAAAAf9Zt';
const ADDRESS = 'mia@example.com';

let daemon: XRayDaemon;
let server: AwsServer;
let answer: AwsAnswer;
beforeEach(async () => {
  answer = {};
  [daemon, server] = await Promise.all([startXRayDaemon(), startAwsServer(() => answer)]);
});
afterEach(async () => {
  expect(daemon.refused).toEqual([]);
  const text = daemon.texts.join();
  expect(text).not.toContain(TOKEN);
  expect(text).not.toContain(ADDRESS);
  await Promise.all([daemon.close(), server.close()]);
});

const clock = manualClock();

/** What an invocation sends that calls AWS so often: its calls in the order of their ends, and then itself. */
async function sentBy(calls: number, work: () => Promise<unknown>): Promise<readonly SentSubsegment[]> {
  const env = {
    _X_AMZN_TRACE_ID: `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:0`,
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
  };
  await traced(work, { clock, env })().catch(() => {});
  await expect.poll(() => daemon.subsegments.length).toBe(calls + 1);
  return daemon.subsegments;
}

test('a call of AWS is a part of the invocation, with its operation and its table', async () => {
  const documents = DynamoDBDocumentClient.from(inTrace(new DynamoDBClient(server.client)));
  const [call, invocation] = await sentBy(1, () =>
    documents.send(new GetCommand({ TableName: 'main', Key: { id: ADDRESS } })),
  );
  expect(call).toEqual({
    type: 'subsegment',
    namespace: 'aws',
    trace_id: TRACE,
    parent_id: invocation?.id,
    id: expect.any(String),
    name: 'DynamoDB',
    start_time: clock.now() / 1000,
    end_time: clock.now() / 1000,
    aws: {
      operation: 'GetItem',
      region: 'eu-central-1',
      table_name: 'main',
      request_id: 'request-1',
      retries: 0,
    },
    http: { response: { status: 200 } },
  });
});

test('a transaction names each of its tables once', async () => {
  const documents = DynamoDBDocumentClient.from(inTrace(new DynamoDBClient(server.client)));
  const put = (TableName: string) => ({ Put: { TableName, Item: { id: ADDRESS } } });
  const one = [put('main'), put('main')];
  const [first, second] = await sentBy(2, async () => {
    await documents.send(new TransactWriteCommand({ TransactItems: one }));
    await documents.send(new TransactWriteCommand({ TransactItems: [...one, put('material')] }));
  });
  expect(first?.aws).toMatchObject({ operation: 'TransactWriteItems', table_name: 'main' });
  expect(second?.aws).toMatchObject({ operation: 'TransactWriteItems', table_names: ['main', 'material'] });
});

test('a service that goes on with the trace is told of the call that it comes from', async () => {
  const kms = inTrace(new KMSClient(server.client));
  const [call] = await sentBy(1, () => kms.send(new DescribeKeyCommand({ KeyId: 'key' })));
  expect(server.requests[0]?.headers['x-amzn-trace-id']).toBe(
    `Root=${TRACE};Parent=${call?.id};Sampled=1;Lineage=1:a87bd80c:0`,
  );
});

test('calls at once are each in the invocation that makes them', async () => {
  const kms = inTrace(new KMSClient(server.client));
  const describe = () => kms.send(new DescribeKeyCommand({ KeyId: 'key' }));
  const parts = await sentBy(3, () => Promise.all([describe(), describe(), describe()]));
  const invocation = parts.at(-1);
  expect(parts.slice(0, 3).map(({ parent_id }) => parent_id)).toEqual(Array(3).fill(invocation?.id));
  expect(new Set(parts.map(({ id }) => id)).size).toBe(4);
});

test('outside of an invocation that is recorded a call is a call', async () => {
  const kms = inTrace(new KMSClient(server.client));
  await kms.send(new DescribeKeyCommand({ KeyId: 'key' }));
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]?.headers).not.toHaveProperty('x-amzn-trace-id');
});

test('a call that an invocation has left behind changes nothing', async () => {
  const kms = inTrace(new KMSClient(server.client));
  const left: Promise<unknown>[] = [];
  await sentBy(0, async () => {
    left.push(kms.send(new DescribeKeyCommand({ KeyId: 'key' })));
  });
  await Promise.all(left);
  expect(daemon.texts).toHaveLength(1);
});

test.each([
  [400, 'InvalidToken', { error: true }],
  [400, 'ThrottlingException', { error: true, throttle: true }],
  [400, 'ProvisionedThroughputExceededException', { error: true, throttle: true }],
  [429, 'TooManyRequestsException', { error: true, throttle: true }],
  [500, 'InternalServerError', { fault: true }],
])(
  'a service that answers %s %s: its name is recorded, what it says is not',
  async (status, error, flags) => {
    answer = { status, error, body: { message: `Invalid Token: '${TOKEN}' of ${ADDRESS}` } };
    const sfn = inTrace(new SFNClient(server.client));
    const refused = () => sfn.send(new SendTaskSuccessCommand({ taskToken: TOKEN, output: '{}' }));
    const [call, invocation] = await sentBy(1, refused);
    expect(call).toMatchObject({
      ...flags,
      name: 'SFN',
      aws: { operation: 'SendTaskSuccess', request_id: 'request-1', retries: 0 },
      http: { response: { status } },
      cause: { exceptions: [{ type: error }] },
    });
    expect(call?.cause?.exceptions[0]).not.toHaveProperty('message');
    expect(call?.error).toBe('error' in flags ? true : undefined);
    expect(invocation).toMatchObject({ fault: true, cause: { exceptions: [{ type: error }] } });
  },
);

test('a mail says nothing of itself, also when it is refused', async () => {
  answer = { error: 'MessageRejected', body: { message: `Email address is not verified: ${ADDRESS}` } };
  const ses = inTrace(new SESv2Client(server.client));
  const command = new SendEmailCommand({ Destination: { ToAddresses: [ADDRESS] }, Content: {} });
  const [call] = await sentBy(1, () => ses.send(command));
  expect(call).toMatchObject({ name: 'SESv2', error: true, aws: { operation: 'SendEmail' } });
});

test('a service that does not answer is a fault, after so many retries', async () => {
  const client = { ...server.client, maxAttempts: 2 };
  await server.close();
  const kms = inTrace(new KMSClient(client));
  const [call] = await sentBy(1, () => kms.send(new DescribeKeyCommand({ KeyId: 'key' })));
  expect(call).toMatchObject({ fault: true, aws: { operation: 'DescribeKey', retries: 1 } });
  expect(call).not.toHaveProperty('http');
  server = await startAwsServer(() => answer);
});
