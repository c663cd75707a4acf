import { unmarshall } from '@aws-sdk/util-dynamodb';
import { PermanentError } from '../../domain/errors.ts';
import type { Item, Table } from '../../ports/store.ts';
import { type DynamodbItem, fromDynamodb } from './items.ts';

/** What Lambda hands on of one record of a table's stream, in DynamoDB's own JSON. */
export interface StreamRecord {
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly NewImage?: Parameters<typeof unmarshall>[0] | object;
  };
}

/**
 * The item that a record's change left.
 * @throws PermanentError for a record without one: the stream shows no new images, or the filter let a removal pass.
 */
export function itemOfRecord(table: Table, { dynamodb }: StreamRecord): Item {
  if (dynamodb?.NewImage === undefined) throw new PermanentError('a record of the stream has no new image');
  return fromDynamodb(table, unmarshall({ ...dynamodb.NewImage }) as DynamodbItem);
}

/** What Lambda calls the record when it is to come again. */
export function positionOf({ dynamodb }: StreamRecord): string {
  if (dynamodb?.SequenceNumber === undefined)
    throw new PermanentError('a record of the stream has no sequence number');
  return dynamodb.SequenceNumber;
}
