import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { Resource } from './template.ts';

/**
 * Makes tables in DynamoDB Local with the keys, indexes and streams of their template; encryption, recovery and protection are
 * nothing that it has.
 * @param nameOf the name for each table's id.
 * @returns what deletes them.
 */
export async function createTables(
  client: DynamoDBClient,
  tables: readonly Resource[],
  nameOf: (id: string) => string,
): Promise<() => Promise<void>> {
  await Promise.all(
    tables.map(async ({ id, Properties }) => {
      const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode, StreamSpecification } =
        Properties as unknown as Omit<CreateTableCommandInput, 'TableName'>;
      // CloudFormation switches a stream on by saying what is in it.
      const stream = StreamSpecification && {
        StreamSpecification: { ...StreamSpecification, StreamEnabled: true },
      };
      const TableName = nameOf(id);
      const input = {
        TableName,
        KeySchema,
        AttributeDefinitions,
        GlobalSecondaryIndexes,
        BillingMode,
        ...stream,
      };
      await client.send(new CreateTableCommand(input));
      await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
    }),
  );
  return async () => {
    await Promise.all(tables.map(({ id }) => client.send(new DeleteTableCommand({ TableName: nameOf(id) }))));
  };
}
