import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The clients that the API has (lib/wiring/aws-parts.ts), and nothing else. */
const clients = [DynamoDBDocumentClient.from(new DynamoDBClient()), new KMSClient(), new SFNClient()];

export const handler = async (): Promise<number> => clients.length;
