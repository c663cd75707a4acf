import type { HistoryEvent } from '../api.ts';
import { awsEvent } from '../aws-event.ts';

/** What `includeExecutionData: false` leaves out: inputs, outputs, and what else carries data of the execution. */
const EXECUTION_DATA: ReadonlySet<string> = new Set([
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
]);

/** An event as GetExecutionHistory answers it, task tokens included. */
export function wireEvent(event: HistoryEvent, includeExecutionData: boolean): object {
  const details = includeExecutionData ? event.details : withoutData(event.details);
  return { ...awsEvent({ ...event, details }), timestamp: seconds(event.timestamp) };
}

const withoutData = (details: HistoryEvent['details']): HistoryEvent['details'] =>
  Object.fromEntries(Object.entries(details).filter(([name]) => !EXECUTION_DATA.has(name)));

/** Milliseconds as AWS's JSON protocols write a time. */
export const seconds = (milliseconds: number): number => milliseconds / 1_000;
