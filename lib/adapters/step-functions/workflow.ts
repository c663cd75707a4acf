import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SendTaskSuccessCommand,
  type SFNClient,
  type ExecutionStatus as SfnStatus,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { PermanentError } from '../../domain/errors.ts';
import type { ExecutionEvent, ExecutionStatus, Workflow } from '../../ports/workflow.ts';
import { awsError } from '../aws/errors.ts';
import { executionArnOf } from './execution-arn.ts';
import { withoutTaskTokens } from './task-tokens.ts';

/** Nothing waits on the token any more, or it never was one. */
const GONE = ['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'] as const;

/**
 * AWS Step Functions, or our engine over the same protocol.
 *
 * `start` answers `started` also when an execution of the same name and input is still running: StartExecution is
 * idempotent in that case and does not tell it apart.
 *
 * @param options.stateMachineArn a state machine's, a version's or an alias's ARN
 * @throws PermanentError when it is none of these.
 */
export function stepFunctionsWorkflow(
  client: SFNClient,
  { stateMachineArn }: { readonly stateMachineArn: string },
): Workflow {
  const arnOf = executionArnOf(stateMachineArn);
  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const answer = await answered(client.send(command), 'start an execution', ['ExecutionAlreadyExists']);
      return answer === undefined ? 'exists' : 'started';
    },

    async wake(taskToken) {
      const command = new SendTaskSuccessCommand({ taskToken, output: '{}' });
      return (await answered(client.send(command), 'wake a task', GONE)) === undefined ? 'gone' : 'woken';
    },

    async status(name) {
      const command = new DescribeExecutionCommand({ executionArn: arnOf(name) });
      const answer = await answered(client.send(command), 'describe an execution', ['ExecutionDoesNotExist']);
      return answer === undefined ? undefined : statusOf(answer.status);
    },

    async stop(name, cause) {
      const command = new StopExecutionCommand({ executionArn: arnOf(name), cause });
      await answered(client.send(command), 'stop an execution', ['ExecutionDoesNotExist']);
    },

    async history(name, { limit, after }) {
      const command = new GetExecutionHistoryCommand({
        executionArn: arnOf(name),
        maxResults: limit,
        nextToken: after,
      });
      const answer = await answered(client.send(command), 'read a history', ['ExecutionDoesNotExist']);
      const events = (answer?.events ?? []).map(toEvent);
      return answer?.nextToken === undefined ? { events } : { events, cursor: answer.nextToken };
    },
  };
}

/** The answer of a call, or undefined when it was refused under one of the names that are no failure here. */
async function answered<T>(
  call: Promise<T>,
  action: string,
  expected: readonly string[],
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && expected.includes(error.name)) return undefined;
    throw awsError(error, `Step Functions could not ${action}`);
  }
}

function statusOf(status: SfnStatus | undefined): ExecutionStatus {
  if (status === undefined)
    throw new PermanentError('Step Functions described an execution without a status');
  return status === 'PENDING_REDRIVE' ? 'RUNNING' : status;
}

/** The details stand under a name of their own for each type of event: `taskScheduledEventDetails` … */
function toEvent(event: HistoryEvent): ExecutionEvent {
  const { id, type, timestamp } = event;
  if (id === undefined || type === undefined || timestamp === undefined)
    throw new PermanentError('Step Functions answered an event without id, type or time');
  const details = Object.entries(event).find(([name]) => name.endsWith('EventDetails'))?.[1];
  return {
    id,
    previousEventId: event.previousEventId ?? 0,
    type,
    timestamp: timestamp.toISOString(),
    details: withoutTokens(details),
  };
}

const withoutTokens = (details: unknown): ExecutionEvent['details'] => ({
  ...Object(withoutTaskTokens(details)),
});
