import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ExecutionDescription, Failure } from '../api.ts';
import {
  demandStateMachine,
  executionArn,
  executionDoesNotExist,
  nameOfExecution,
  stateMachineArn,
} from './arns.ts';
import { seconds, wireEvent } from './events.ts';
import { WireException } from './exceptions.ts';
import {
  ARN_MEMBER,
  CAUSE_MEMBER,
  type Call,
  DATA_MEMBER,
  ERROR_MEMBER,
  INCLUDED_MEMBER,
  nextTokenOf,
  operation,
  PAGE_MEMBERS,
  pageOf,
  parsed,
} from './operation.ts';

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const PENDING_REDRIVE = 'PENDING_REDRIVE';

/**
 * Idempotent by name: while an execution of that name and input runs, it is answered again. Inputs are compared as
 * values.
 */
export const startExecution = operation(
  {
    stateMachineArn: { ...ARN_MEMBER, required: true },
    name: { type: 'string', least: 1, most: 80 },
    input: DATA_MEMBER,
    traceHeader: { type: 'string', most: 256 },
  },
  async ({ stateMachineArn: arn, name = randomUUID(), input: text = '{}' }, { engine }) => {
    const stateMachine = engine.stateMachine().name;
    demandStateMachine(arn, stateMachine);
    const input = parsed(text);
    if (input === undefined) {
      const message = "Invalid State Machine Execution Input: 'Invalid execution input.'";
      throw new WireException('InvalidExecutionInput', message);
    }
    const outcome = await engine.start(name, input);
    const started = executionArn(stateMachine, name);
    const execution = await engine.describe(name);
    if (execution === undefined) throw executionDoesNotExist(started);
    const isTheSame = execution.status === 'RUNNING' && isDeepStrictEqual(execution.input, input);
    if (outcome === 'exists' && !isTheSame) {
      throw new WireException('ExecutionAlreadyExists', `Execution Already Exists: '${started}'`);
    }
    return { executionArn: started, startDate: seconds(execution.startDate) };
  },
);

const EXECUTION = { executionArn: { ...ARN_MEMBER, required: true } } as const;

export const describeExecution = operation(
  { ...EXECUTION, includedData: INCLUDED_MEMBER },
  async ({ executionArn: arn, includedData }, call) => {
    const execution = await existing(arn, call);
    const { name, status, startDate } = execution;
    const stateMachine = call.engine.stateMachine().name;
    return {
      executionArn: arn,
      stateMachineArn: stateMachineArn(stateMachine),
      name,
      status,
      startDate: seconds(startDate),
      ...stopDateOf(execution),
      ...dataOf(execution, includedData !== 'METADATA_ONLY'),
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: `Execution is ${status} and cannot be redriven`,
    };
  },
);

const stopDateOf = ({ stopDate }: Pick<ExecutionDescription, 'stopDate'>): object =>
  stopDate === undefined ? {} : { stopDate: seconds(stopDate) };

function dataOf({ input, output, error, cause }: ExecutionDescription, included: boolean): object {
  const details = { included };
  const hasOutput = output !== undefined;
  if (!included) return { inputDetails: details, ...(hasOutput ? { outputDetails: details } : {}) };
  return {
    input: JSON.stringify(input),
    inputDetails: details,
    ...(hasOutput ? { output: JSON.stringify(output), outputDetails: details } : {}),
    // JSON has no undefined: what is not there is left out of the answer.
    error,
    cause,
  };
}

export const listExecutions = operation(
  {
    stateMachineArn: ARN_MEMBER,
    statusFilter: { type: 'string', values: [...STATUSES, PENDING_REDRIVE] },
    mapRunArn: { type: 'string', least: 1, most: 2_000 },
    redriveFilter: { type: 'string', values: ['REDRIVEN', 'NOT_REDRIVEN'] },
    ...PAGE_MEMBERS,
  },
  async (input, call) => {
    const { stateMachineArn: arn, mapRunArn, statusFilter, redriveFilter } = input;
    if (arn === undefined || mapRunArn !== undefined || statusFilter === PENDING_REDRIVE) {
      throw new WireException('ValidationException', 'Give a stateMachineArn: there are no Map Runs here');
    }
    const stateMachine = call.engine.stateMachine().name;
    demandStateMachine(arn, stateMachine);
    const question = ['ListExecutions', arn, statusFilter, redriveFilter];
    const page = pageOf(input, question, call);
    // Nothing is ever redriven here.
    if (redriveFilter === 'REDRIVEN') return { executions: [] };
    const status = STATUSES.find((known) => known === statusFilter);
    const { executions, cursor } = call.engine.list(status === undefined ? page : { ...page, status });
    const items = executions.map((execution) => ({
      executionArn: executionArn(stateMachine, execution.name),
      stateMachineArn: arn,
      name: execution.name,
      status: execution.status,
      startDate: seconds(execution.startDate),
      ...stopDateOf(execution),
      redriveCount: 0,
    }));
    return { executions: items, ...nextTokenOf(cursor, question, call) };
  },
);

export const getExecutionHistory = operation(
  {
    ...EXECUTION,
    reverseOrder: { type: 'boolean' },
    includeExecutionData: { type: 'boolean' },
    ...PAGE_MEMBERS,
  },
  async (input, call) => {
    const { executionArn: arn, reverseOrder: reverse = false, includeExecutionData = true } = input;
    const name = knownName(arn, call);
    const question = ['GetExecutionHistory', arn, reverse, includeExecutionData];
    const page = pageOf(input, question, call);
    const { events, cursor } = await call.engine.history(name, { ...page, reverse });
    return {
      events: events.map((event) => wireEvent(event, includeExecutionData)),
      ...nextTokenOf(cursor, question, call),
    };
  },
);

export const stopExecution = operation(
  { ...EXECUTION, error: ERROR_MEMBER, cause: CAUSE_MEMBER },
  async ({ executionArn: arn, error, cause }, call) => {
    await call.engine.stop(knownName(arn, call), failureOf(error, cause));
    // Of one that was closed before, when it was.
    return stopDateOf(await existing(arn, call));
  },
);

export const failureOf = (error: string | undefined, cause: string | undefined): Failure => ({
  ...(error === undefined ? {} : { error }),
  ...(cause === undefined ? {} : { cause }),
});

/** @throws WireException InvalidArn or ExecutionDoesNotExist. */
export function knownName(arn: string, { engine }: Call): string {
  const name = nameOfExecution(arn, engine.stateMachine().name);
  if (engine.status(name) === undefined) throw executionDoesNotExist(arn);
  return name;
}

async function existing(arn: string, call: Call): Promise<ExecutionDescription> {
  const execution = await call.engine.describe(knownName(arn, call));
  if (execution === undefined) throw executionDoesNotExist(arn);
  return execution;
}
