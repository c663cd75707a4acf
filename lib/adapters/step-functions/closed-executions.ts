import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { ClosedExecutions } from '../../ports/closed-executions.ts';
import { awsError } from '../aws/errors.ts';
import { withoutTaskTokens } from './task-tokens.ts';

/** All that GetExecutionHistory gives at once. */
const MOST_EVENTS = 1_000;

/** Executions of AWS Step Functions, in the form in which one machine exports its own (lib/wiring/history-retention.ts). */
export function stepFunctionsExecutions(client: SFNClient): ClosedExecutions {
  return {
    async read(executionArn) {
      const described = await client
        .send(new DescribeExecutionCommand({ executionArn }))
        .catch((error: unknown) => {
          if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined;
          throw awsError(error, 'Step Functions could not describe an execution');
        });
      if (described?.stopDate === undefined) return undefined;
      const { name = '', status, startDate, stopDate, input, output, error, cause } = described;
      const events = (await historyOf(client, executionArn)).map(inJson);
      return {
        name,
        status,
        startDate: startDate?.toISOString(),
        stopDate: stopDate.toISOString(),
        executionArn,
        stateMachineVersionArn: described.stateMachineVersionArn,
        ...Object(
          withoutTaskTokens({
            input: jsonOf(input),
            ...(output !== undefined && { output: jsonOf(output) }),
            ...(error !== undefined && { error }),
            ...(cause !== undefined && { cause }),
            events,
          }),
        ),
      };
    },
  };
}

async function historyOf(client: SFNClient, executionArn: string): Promise<readonly HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({ executionArn, maxResults: MOST_EVENTS, nextToken });
    const page = await client.send(command).catch((error: unknown) => {
      throw awsError(error, 'Step Functions could not read a history');
    });
    all.push(...(page.events ?? []));
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  return all;
}

/** As JSON has it: the time in ISO 8601. What the SDK leaves undefined is not written. */
const inJson = ({ timestamp, ...event }: HistoryEvent): object => ({
  timestamp: timestamp?.toISOString(),
  ...event,
});

/** Input and output are JSON texts of the program's own, and hold no tokens; what cannot be read stays a text. */
function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return text;
  }
}
