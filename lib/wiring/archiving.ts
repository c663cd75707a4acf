import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { s3Archive } from '../adapters/s3/archive.ts';
import { stepFunctionsExecutions } from '../adapters/step-functions/closed-executions.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { inTrace } from '../adapters/x-ray/client.ts';
import { archiveExecution } from '../operations/archive-execution.ts';
import { archiveMissed, type PassReport } from '../operations/archive-missed.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';
import { measured, store, structuredLog } from './aws-parts.ts';

/** What EventBridge tells of an execution: the rule lets through those that closed. */
const STATUS_CHANGE = z.object({ detail: z.object({ executionArn: z.string() }) });

/** What the schedule asks for each day, and an operator at any time, from as long ago as they say. */
const PASS = z.strictObject({
  command: z.literal('archive-missed'),
  closedSince: z.optional(z.iso.datetime()),
});

/** What Lambda hands over beside the event. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

/**
 * What archives the execution that an event of Step Functions names, or every one that its event did not archive.
 * @throws PermanentError that names the variable that is missing.
 */
export function archiver(
  env: Environment,
): (event: unknown, invocation: Invocation) => Promise<PassReport | undefined> {
  const log = structuredLog();
  const archiving = {
    store: store(env),
    executions: stepFunctionsExecutions(inTrace(new SFNClient(CLIENT)), {
      stateMachineArn: required(env, 'STATE_MACHINE_ARN'),
    }),
    archive: s3Archive(inTrace(new S3Client(CLIENT)), { bucket: required(env, 'ARCHIVE_BUCKET') }),
    clock: systemClock,
    metrics: measured(),
    log,
  };
  return async (event, invocation) => {
    if ('command' in Object(event)) {
      const { closedSince } = PASS.parse(event);
      const since = closedSince === undefined ? undefined : Date.parse(closedSince);
      return archiveMissed(archiving, { since, timeLeft: () => invocation.getRemainingTimeInMillis() });
    }
    const { executionArn } = STATUS_CHANGE.parse(event).detail;
    const name = await archiveExecution(archiving, executionArn);
    log.info('a closed execution is archived', { name });
    return undefined;
  };
}
