import type { HistoryEvent } from './api.ts';
import { TASK_TOKEN } from './token.ts';

/** An event as GetExecutionHistory writes it in JSON: its details under a name that follows from its type. */
export interface AwsEvent {
  /** ISO 8601 with milliseconds, in UTC. */
  readonly timestamp: string;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: `${string}EventDetails`]: HistoryEvent['details'];
}

export function awsEvent({ timestamp, type, id, previousEventId, details }: HistoryEvent): AwsEvent {
  const head = { timestamp: new Date(timestamp).toISOString(), type, id, previousEventId };
  return type === 'LambdaFunctionStarted' ? head : { ...head, [detailsField(type)]: details };
}

/** `TaskScheduled` has `taskScheduledEventDetails`; states share two, whatever their type. */
function detailsField(type: string): `${string}EventDetails` {
  const ofState = /State(Entered|Exited)$/.exec(type)?.[0];
  const name = ofState ?? type;
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}EventDetails`;
}

/** The same without task tokens, which stand in JSON strings within JSON strings. */
export const withoutTokens = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll(TASK_TOKEN, '(task token)'));
