import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { CommitResult, Page, Query, Store, Table, Write } from '../../ports/store.ts';
import { decodeCursor, encodeCursor, type Position } from '../store/cursor.ts';
import { assertKey, assertQuery, assertTransaction } from '../store/limits.ts';
import { translated } from './errors.ts';
import { always, conditionExpression, terms, updateExpression } from './expressions.ts';
import { fromDynamodb, toDynamodb, toIndexKey, toKey } from './items.ts';
import { INDEX_KEYS, TABLE_KEY } from './schema.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
type Tables = Readonly<Record<Table, string>>;
type Attempt = CommitResult | 'conflict';

// Two transactions on one item cancel each other; six tries within 25 · (2^6 - 1) = 1.6 s at most.
const TRIES = 6;
const FIRST_PAUSE_MS = 25;

/**
 * The store in two DynamoDB tables.
 *
 * 1. Every commit is one TransactWriteItems, a single write too: one way to succeed, to fail and to repeat.
 * 2. A commit keeps its request token through all its tries: an attempt that was made but whose answer was lost
 *    is not made again (DynamoDB remembers a token for ten minutes).
 * 3. `get` and a query of a table are consistent; a query of an index is eventually.
 *
 * @param tables the names of the tables, made as `schema.ts` says.
 */
export function dynamodbStore(client: DynamoDBClient, tables: Tables): Store {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return {
    get: async (key) => {
      assertKey(key);
      const request = new GetCommand({ TableName: tables[key.table], Key: toKey(key), ConsistentRead: true });
      const { Item } = await documents.send(request).catch(rethrow('read an item'));
      return Item === undefined ? undefined : fromDynamodb(key.table, Item);
    },
    query: (query) => readPage(documents, tables, query),
    commit: async (writes) => {
      assertTransaction(writes);
      if (writes.length === 0) return { committed: true };
      const TransactItems = writes.map((write) => toTransactItem(write, tables));
      return commitWithin(
        documents,
        new TransactWriteCommand({ TransactItems, ClientRequestToken: randomUUID() }),
      );
    },
  };
}

/** A translated rejection for `action`, which completes "DynamoDB could not …". */
const rethrow = (action: string) => (error: unknown) => {
  throw translated(error, action);
};

function toTransactItem(write: Write, tables: Tables): TransactItem {
  const expressions = terms();
  const ConditionExpression = conditionExpression(write.when, expressions);
  const condition = () =>
    ConditionExpression === undefined ? {} : { ConditionExpression, ...expressions.fields() };
  if ('put' in write) {
    return { Put: { TableName: tables[write.put.table], Item: toDynamodb(write.put), ...condition() } };
  }
  if ('delete' in write) {
    return { Delete: { TableName: tables[write.delete.table], Key: toKey(write.delete), ...condition() } };
  }
  if ('update' in write) {
    const UpdateExpression = updateExpression(write, expressions);
    const target = { TableName: tables[write.update.table], Key: toKey(write.update) };
    return { Update: { ...target, UpdateExpression, ConditionExpression, ...expressions.fields() } };
  }
  const held = ConditionExpression ?? always(expressions.name);
  const target = { TableName: tables[write.check.table], Key: toKey(write.check) };
  return { ConditionCheck: { ...target, ConditionExpression: held, ...expressions.fields() } };
}

async function commitWithin(
  documents: DynamoDBDocumentClient,
  command: TransactWriteCommand,
): Promise<CommitResult> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
    const result = await attemptCommit(documents, command);
    if (result !== 'conflict') return result;
  }
  throw new TransientError(`DynamoDB could not commit: other transactions on its items, ${TRIES} times`);
}

async function attemptCommit(
  documents: DynamoDBDocumentClient,
  command: TransactWriteCommand,
): Promise<Attempt> {
  try {
    await documents.send(command);
    return { committed: true };
  } catch (error) {
    if (error instanceof TransactionInProgressException) return 'conflict';
    if (error instanceof TransactionCanceledException) return cancelled(error.CancellationReasons ?? []);
    throw translated(error, 'commit');
  }
}

/** Reasons that pass: the transaction has changed nothing and may be tried again. */
const PASSING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);

/** What the reasons, one a write, say about a transaction that DynamoDB has not made. */
function cancelled(reasons: readonly CancellationReason[]): Attempt {
  const codes = reasons.map(({ Code }) => Code ?? 'None');
  const failed = codes.flatMap((code, position) => (code === 'ConditionalCheckFailed' ? [position] : []));
  const others = codes.filter((code) => code !== 'None' && code !== 'ConditionalCheckFailed');
  const lasting = others.find((code) => !PASSING.has(code));
  if (lasting !== undefined) {
    const reason = reasons.find(({ Code }) => Code === lasting);
    throw new PermanentError(
      `DynamoDB could not commit: ${lasting}: ${reason?.Message ?? 'no reason given'}`,
    );
  }
  // With a conflict among the reasons, which conditions hold is not yet known for all.
  return others.length > 0 || failed.length === 0 ? 'conflict' : { committed: false, failed };
}

async function readPage(documents: DynamoDBDocumentClient, tables: Tables, query: Query): Promise<Page> {
  assertQuery(query);
  const position = decodeCursor(query);
  const expressions = terms();
  const request: QueryCommandInput = {
    TableName: tables[query.table],
    IndexName: query.index,
    ConsistentRead: query.index === undefined,
    KeyConditionExpression: keyCondition(query, expressions),
    ...expressions.fields(),
    Limit: query.limit,
    ScanIndexForward: query.descending !== true,
    ExclusiveStartKey: position && toStartKey(query, position),
  };
  const answer = await documents.send(new QueryCommand(request)).catch(rethrow('query'));
  const items = (answer.Items ?? []).map((stored) => fromDynamodb(query.table, stored));
  if (answer.LastEvaluatedKey === undefined) return { items };
  return { items, cursor: encodeCursor(query, toPosition(query, answer.LastEvaluatedKey)) };
}

function keyCondition(
  { index, partition, prefix, upTo }: Query,
  { name, value }: ReturnType<typeof terms>,
): string {
  const { partitionKey, sortKey } = index === undefined ? TABLE_KEY : INDEX_KEYS[index];
  const inPartition = `${name(partitionKey)} = ${value(partitionKey, partition)}`;
  if (prefix) return `${inPartition} AND begins_with(${name(sortKey)}, ${value(sortKey, prefix)})`;
  if (upTo !== undefined) return `${inPartition} AND ${name(sortKey)} <= ${value(sortKey, upTo)}`;
  return inPartition;
}

function toStartKey({ index, partition }: Query, { sort, item }: Position): Record<string, string> {
  if (index === undefined || item === undefined) return toKey({ partition, sort });
  return { ...toIndexKey(index, { partition, sort }), ...toKey(item) };
}

function toPosition({ index }: Query, last: Record<string, unknown>): Position {
  const item = { partition: String(last[TABLE_KEY.partitionKey]), sort: String(last[TABLE_KEY.sortKey]) };
  return index === undefined ? { sort: item.sort } : { sort: String(last[INDEX_KEYS[index].sortKey]), item };
}
