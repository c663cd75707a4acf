import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { INDEX_KEYS, type KeyNames, TABLE_INDEXES, TABLE_KEY } from '../../lib/adapters/dynamodb/schema.ts';
import type { Table } from '../../lib/ports/store.ts';

/** The two tables of a store, empty and of nobody else. */
export interface DynamodbTables {
  readonly client: DynamoDBClient;
  readonly tables: Readonly<Record<Table, string>>;
  /** Deletes them. */
  drop(): Promise<void>;
}

/**
 * Makes fresh tables at `DYNAMODB_ENDPOINT` or, where that is not set, in DynamoDB Local.
 * @returns undefined where neither is to be had; the run has then said so.
 */
export async function createDynamodbTables(): Promise<DynamodbTables | undefined> {
  const endpoint = await dynamodbEndpoint();
  if (endpoint === undefined) return undefined;
  const client = new DynamoDBClient({
    endpoint,
    region: process.env.AWS_REGION ?? 'us-east-1',
    ...credentials(),
  });
  const prefix = `countersign-test-${randomUUID()}`;
  const tables = { main: `${prefix}-main`, material: `${prefix}-material` };
  await Promise.all([create(client, 'main', tables.main), create(client, 'material', tables.material)]);
  return {
    client,
    tables,
    drop: async () => {
      const drops = Object.values(tables).map((TableName) =>
        client.send(new DeleteTableCommand({ TableName })),
      );
      await Promise.all(drops);
      client.destroy();
    },
  };
}

/** `DYNAMODB_ENDPOINT` or, where that is not set, where DynamoDB Local is; undefined where neither is to be had. */
export const dynamodbEndpoint = async (): Promise<string | undefined> =>
  process.env.DYNAMODB_ENDPOINT ?? (await localEndpoint());

async function localEndpoint(): Promise<string | undefined> {
  const answer = await fetch(inject('dynamodbDirectory'));
  if (!answer.ok) throw new Error(await answer.text());
  const { endpoint } = (await answer.json()) as { endpoint?: string };
  return endpoint;
}

/** DynamoDB Local takes any; without them the SDK would ask the network for some. */
const credentials = () =>
  process.env.AWS_ACCESS_KEY_ID === undefined
    ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
    : {};

async function create(client: DynamoDBClient, table: Table, TableName: string): Promise<void> {
  const indexes = TABLE_INDEXES[table].map((index) => ({
    IndexName: index,
    KeySchema: keySchema(INDEX_KEYS[index]),
    Projection: { ProjectionType: 'ALL' as const },
  }));
  const keys = [TABLE_KEY, ...TABLE_INDEXES[table].map((index) => INDEX_KEYS[index])];
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keySchema(TABLE_KEY),
      AttributeDefinitions: keys.flatMap(({ partitionKey, sortKey }) =>
        [partitionKey, sortKey].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      ),
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
}

const keySchema = ({ partitionKey, sortKey }: KeyNames) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];
