import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { dynamodbStore } from '../../../lib/adapters/dynamodb/store.ts';
import { PERMANENT_ERROR, TRANSIENT_ERROR } from '../../../lib/domain/errors.ts';
import type { ItemKey, Store, Write } from '../../../lib/ports/store.ts';
import { createDynamodbTables } from '../../support/dynamodb-tables.ts';

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => unknown;

const KEY: ItemKey = { table: 'main', partition: 'p', sort: 's' };
const RAISE: Write = { update: KEY, when: [], add: { n: 1 } };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers as DynamoDB could; what real DynamoDB does not do on demand. */
async function answering(
  answer: Answer,
): Promise<{ readonly client: DynamoDBClient; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    bodies.push(body);
    await answer(response, request, body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 2,
  });
  closers.push(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { client, bodies };
}

const storeAt = (client: DynamoDBClient): Store =>
  dynamodbStore(client, { main: 'main', material: 'material' });

const send = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));

const cancelled = (response: ServerResponse, ...codes: readonly string[]) =>
  send(response, 400, {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    message: 'Transaction cancelled',
    CancellationReasons: codes.map((Code) => ({ Code, Message: Code === 'None' ? undefined : 'why' })),
  });

const failing =
  (status: number, name: string): Answer =>
  (response) =>
    send(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'why' });

const tokensIn = (bodies: readonly string[]) =>
  bodies.map((body) => (JSON.parse(body) as { ClientRequestToken: string }).ClientRequestToken);

describe('a commit', () => {
  test('that met another transaction is tried again as the same one, until it is made', async () => {
    let met = 0;
    const { client, bodies } = await answering((response) => {
      met += 1;
      if (met < 4) cancelled(response, 'TransactionConflict');
      else send(response, 200, {});
    });
    expect(await storeAt(client).commit([RAISE])).toEqual({ committed: true });
    expect(bodies).toHaveLength(4);
    expect(new Set(tokensIn(bodies)).size).toBe(1);
  });

  test('that meets others each time is given up as transient', async () => {
    const { client, bodies } = await answering((response) => cancelled(response, 'TransactionConflict'));
    await expect(storeAt(client).commit([RAISE])).rejects.toMatchObject({ name: TRANSIENT_ERROR });
    expect(bodies).toHaveLength(6);
  });

  test('with a conflict among its reasons says which conditions failed only when it knows them all', async () => {
    let met = 0;
    const { client } = await answering((response) => {
      met += 1;
      if (met === 1) cancelled(response, 'ConditionalCheckFailed', 'TransactionConflict', 'None');
      else cancelled(response, 'ConditionalCheckFailed', 'ConditionalCheckFailed', 'None');
    });
    const writes = ['1', '2', '3'].map(
      (sort): Write => ({ check: { ...KEY, sort }, when: [{ item: 'present' }] }),
    );
    expect(await storeAt(client).commit(writes)).toEqual({ committed: false, failed: [0, 1] });
  });

  test('that DynamoDB can never make is permanent, and says why', async () => {
    const { client, bodies } = await answering((response) => cancelled(response, 'ValidationError'));
    await expect(storeAt(client).commit([RAISE])).rejects.toMatchObject({
      name: PERMANENT_ERROR,
      message: 'DynamoDB could not commit: ValidationError: why',
    });
    expect(bodies).toHaveLength(1);
  });
});

test('a get and a query of a table ask for a consistent read, a query of an index cannot', async () => {
  const { client, bodies } = await answering((response) => send(response, 200, { Items: [] }));
  const store = storeAt(client);
  const query = { table: 'main', partition: 'p', limit: 1 } as const;
  await store.get(KEY);
  await store.query(query);
  await store.query({ ...query, index: 'list' });
  const asked = bodies.map((body) => (JSON.parse(body) as { ConsistentRead: boolean }).ConsistentRead);
  expect(asked).toEqual([true, true, false]);
});

describe('an error', () => {
  const kinds: readonly [what: string, answer: Answer, name: string][] = [
    ['throttling', failing(400, 'ThrottlingException'), TRANSIENT_ERROR],
    ['too little throughput', failing(400, 'ProvisionedThroughputExceededException'), TRANSIENT_ERROR],
    ['a broken service', failing(500, 'InternalServerError'), TRANSIENT_ERROR],
    ['a broken proxy', (response) => response.writeHead(503).end('<html>'), TRANSIENT_ERROR],
    ['a cut connection', (response) => response.destroy(), TRANSIENT_ERROR],
    ['no access', failing(400, 'AccessDeniedException'), PERMANENT_ERROR],
    ['no such table', failing(400, 'ResourceNotFoundException'), PERMANENT_ERROR],
  ];
  for (const [what, answer, name] of kinds) {
    test(`${what} is ${name === TRANSIENT_ERROR ? 'transient' : 'permanent'} for every call`, async () => {
      const { client } = await answering(answer);
      const store = storeAt(client);
      const query = { table: 'main', partition: 'p', limit: 1 } as const;
      const calls = [store.get(KEY), store.query(query), store.commit([RAISE])];
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes).toMatchObject(calls.map(() => ({ status: 'rejected', reason: { name } })));
    });
  }

  test('nobody there is transient', async () => {
    const { client } = await answering(() => undefined);
    for (const close of closers.splice(0)) close();
    await expect(storeAt(client).get(KEY)).rejects.toMatchObject({ name: TRANSIENT_ERROR });
  });
});

const made = await createDynamodbTables();

describe.skipIf(made === undefined)('with DynamoDB behind it', () => {
  test('a commit whose answer was lost is made once, though it is sent again', async () => {
    if (made === undefined) return;
    const behind = await made.client.config.endpoint?.();
    let lost = 0;
    const { client } = await answering(async (response, request, body) => {
      const answer = await fetch(`http://${behind?.hostname}:${behind?.port}/`, {
        method: 'POST',
        headers: forwarded(request),
        body,
      });
      const answered = await answer.text();
      lost += 1;
      if (lost === 1) response.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answered);
    });
    const store = dynamodbStore(client, made.tables);
    expect(await store.commit([RAISE])).toEqual({ committed: true });
    expect(lost).toBe(2);
    expect((await store.get(KEY))?.attributes).toEqual({ n: 1 });
    await made.drop();
  });
});

const forwarded = ({ headers }: IncomingMessage): Record<string, string> => {
  const names = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'];
  return Object.fromEntries(names.map((name) => [name, String(headers[name])]));
};
