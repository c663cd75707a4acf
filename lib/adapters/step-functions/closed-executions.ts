import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Span } from '../../domain/archive-pass.ts';
import type { ClosedExecutions, ListedExecution } from '../../ports/closed-executions.ts';
import { awsError } from '../aws/errors.ts';
import { withoutTaskTokens } from './task-tokens.ts';

/** All that GetExecutionHistory and ListExecutions give at once. */
const MOST_TOGETHER = 1_000;
const CLOSED = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/**
 * Executions of a state machine of AWS Step Functions, in the form in which one machine exports its own
 * (lib/wiring/history-retention.ts).
 *
 * @param options.stateMachineArn without a version or an alias: executions of every version are listed.
 */
export function stepFunctionsExecutions(
  client: SFNClient,
  { stateMachineArn }: { readonly stateMachineArn: string },
): ClosedExecutions {
  return {
    async read(executionArn) {
      const described = await client
        .send(new DescribeExecutionCommand({ executionArn }))
        .catch((error: unknown) => {
          if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return undefined;
          throw awsError(error, 'Step Functions could not describe an execution');
        });
      if (described?.stopDate === undefined) return undefined;
      const { name = '', status, startDate, stopDate, redriveCount = 0 } = described;
      const { input, output, error, cause } = described;
      const events = (await historyOf(client, executionArn)).map(inJson);
      return {
        name,
        status,
        startDate: startDate?.toISOString(),
        stopDate: stopDate.toISOString(),
        executionArn,
        stateMachineVersionArn: described.stateMachineVersionArn,
        ...(redriveCount > 0 && { redriveCount }),
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

    async closedIn(span) {
      const listed: ListedExecution[] = [];
      for (const status of CLOSED) listed.push(...(await listOf(client, { stateMachineArn, status, span })));
      return listed.sort((a, b) => a.closedAt - b.closedAt);
    },

    async inputOf(executionArn) {
      // Not DescribeExecution, whose quota the sweeper and the API live on.
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1 });
      const { events } = await client.send(command).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return { events: [] };
        throw awsError(error, 'Step Functions could not read a history');
      });
      return jsonOf(events?.[0]?.executionStartedEventDetails?.input);
    },
  };
}

interface Listing {
  readonly stateMachineArn: string;
  readonly status: (typeof CLOSED)[number];
  readonly span: Span;
}

/** Those that closed last come first (API reference of ListExecutions): what closed before the time ends the list. */
async function listOf(
  client: SFNClient,
  { stateMachineArn, status, span: { since, until } }: Listing,
): Promise<readonly ListedExecution[]> {
  const found: ListedExecution[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(
        new ListExecutionsCommand({
          stateMachineArn,
          statusFilter: status,
          maxResults: MOST_TOGETHER,
          nextToken,
        }),
      )
      .catch((error: unknown) => {
        throw awsError(error, 'Step Functions could not list executions');
      });
    const listed = (page.executions ?? []).flatMap(asListed);
    found.push(...listed.filter(({ closedAt }) => closedAt >= since && closedAt < until));
    const isPast = listed.some(({ closedAt }) => closedAt < since);
    nextToken = isPast ? undefined : page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

const asListed = ({
  executionArn,
  name,
  stopDate,
  redriveCount = 0,
}: ExecutionListItem): readonly ListedExecution[] =>
  executionArn === undefined || name === undefined || stopDate === undefined
    ? []
    : [{ executionArn, name, closedAt: stopDate.getTime(), redriveCount }];

async function historyOf(client: SFNClient, executionArn: string): Promise<readonly HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({ executionArn, maxResults: MOST_TOGETHER, nextToken });
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
