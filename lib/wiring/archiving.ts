import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { dynamodbStore } from '../adapters/dynamodb/store.ts';
import { powertoolsLog } from '../adapters/powertools/log.ts';
import { s3Archive } from '../adapters/s3/archive.ts';
import { stepFunctionsExecutions } from '../adapters/step-functions/closed-executions.ts';
import { archiveExecution } from '../operations/archive-execution.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';

/** What EventBridge tells of an execution: the rule lets through those that closed. */
const STATUS_CHANGE = z.object({ detail: z.object({ executionArn: z.string() }) });

/**
 * What archives the execution that an event of Step Functions names.
 * @throws PermanentError that names the variable that is missing.
 */
export function archiver(env: Environment): (event: unknown) => Promise<void> {
  const log = powertoolsLog(new Logger());
  const archiving = {
    store: dynamodbStore(new DynamoDBClient(CLIENT), {
      main: required(env, 'MAIN_TABLE'),
      material: required(env, 'MATERIAL_TABLE'),
    }),
    executions: stepFunctionsExecutions(new SFNClient(CLIENT)),
    archive: s3Archive(new S3Client(CLIENT), { bucket: required(env, 'ARCHIVE_BUCKET') }),
  };
  return async (event) => {
    const { executionArn } = STATUS_CHANGE.parse(event).detail;
    const name = await archiveExecution(archiving, executionArn);
    log.info('a closed execution is archived', { name });
  };
}
