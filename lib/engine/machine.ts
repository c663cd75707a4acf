import type { ExecutionStatus, Failure } from './api.ts';
import {
  currentVisit,
  type Execution,
  enter,
  evaluationFailure,
  failExecution,
  type Rest,
  roleArn,
  type Step,
} from './execution.ts';
import type { Fact } from './facts.ts';
import { choose, failOnPurpose, passThrough, waitUntil } from './flow.ts';
import { HistoryFull, payload } from './history.ts';
import { MOST_EVENTS } from './limits.ts';
import { type Attempt, type AttemptFailure, complete, failed, returned, schedule, tryAgain } from './task.ts';

/**
 * Takes one fact into an execution and runs it on until it rests: the one way in which an execution moves, when it
 * happens and when it is replayed alike (invariant 3). Reads no clock, draws no chance of its own, has no effect outside.
 *
 * @throws Error when the fact does not fit what the execution waits for: then the journal is damaged.
 */
export async function apply(execution: Execution, fact: Fact): Promise<void> {
  execution.at = fact[1];
  try {
    let step = await take(execution, fact);
    while (step.kind === 'enter') step = await enterState(execution, step);
    execution.rest = step;
  } catch (error) {
    if (!(error instanceof HistoryFull)) throw error;
    const cause = `The execution reached the maximum number of history events (${MOST_EVENTS}).`;
    execution.rest = failExecution(execution, { error: 'States.Runtime', cause });
  }
}

function take(execution: Execution, fact: Fact): Step | Promise<Step> {
  const [kind, at] = fact;
  switch (kind) {
    case 'started':
      return start(execution, fact[2]);
    case 'returned':
      return returned(execution, attemptOf(execution, 'task'), fact[2]);
    case 'threw':
      return failed(execution, attemptOf(execution, 'task'), { how: 'threw', ...failureIn(fact) });
    case 'succeeded':
      return complete(execution, attemptOf(execution), fact[2]);
    case 'failed':
      return failed(execution, attemptOf(execution), { how: 'answered', ...failureIn(fact) });
    case 'timedOut':
      return failed(execution, attemptOf(execution), timeOut(fact[2]));
    case 'woke':
      return wake(execution);
    case 'expired':
      execution.history.record({ type: 'ExecutionTimedOut', at, previous: 0 });
      return { kind: 'closed', status: 'TIMED_OUT', failure: { error: 'States.Timeout' } };
    case 'stopped':
      return stop(execution, failureIn(fact));
  }
}

/** Facts hold null for what was not given. */
function failureIn([, , error, cause]: Extract<
  Fact,
  readonly ['threw' | 'failed' | 'stopped', ...unknown[]]
>): Failure {
  return { ...(error === null ? {} : { error }), ...(cause === null ? {} : { cause }) };
}

function start(execution: Execution, input: unknown): Step {
  execution.startedAt = execution.at;
  execution.input = input;
  execution.history.record({ type: 'ExecutionStarted', at: execution.at }, () => ({
    ...payload('input', input),
    roleArn: roleArn(execution),
  }));
  return { kind: 'enter', state: execution.definition.startAt, input };
}

// As recorded on AWS, a missed heartbeat is reported as States.Timeout; either name matches it.
const timeOut = (missed: 'timeout' | 'heartbeat'): AttemptFailure => ({
  how: 'timedOut',
  error: 'States.Timeout',
  ...(missed === 'heartbeat' ? { alias: 'States.HeartbeatTimeout' } : {}),
});

function stop(execution: Execution, failure: Failure): Rest {
  execution.history.record({ type: 'ExecutionAborted', at: execution.at, previous: 0 }, () => ({
    ...failure,
  }));
  return { kind: 'closed', status: 'ABORTED', failure };
}

async function enterState(execution: Execution, step: Extract<Step, { kind: 'enter' }>): Promise<Step> {
  const state = execution.definition.states.get(step.state);
  if (state === undefined) throw new Error(`the definition has no state "${step.state}"`);
  const visit = enter(execution, state, step.input);
  try {
    switch (state.type) {
      case 'Task':
        return await schedule(execution, visit, state);
      case 'Choice':
        return await choose(execution, visit, state);
      case 'Wait':
        return await waitUntil(execution, visit, state);
      case 'Pass':
      case 'Succeed':
        return await passThrough(execution, visit, state);
      case 'Fail':
        return await failOnPurpose(execution, visit, state);
    }
  } catch (error) {
    return failExecution(execution, evaluationFailure(execution, error));
  }
}

async function wake(execution: Execution): Promise<Step> {
  const visit = currentVisit(execution);
  const { state } = visit;
  if (execution.rest.kind !== 'timer') throw new Error('woke without a timer');
  if (state.type === 'Task') return tryAgain(execution, visit, state);
  if (state.type !== 'Wait') throw new Error('woke in a state that does not wait');
  try {
    return await passThrough(execution, visit, state);
  } catch (error) {
    return failExecution(execution, evaluationFailure(execution, error));
  }
}

function attemptOf(execution: Execution, only?: 'task'): Attempt {
  const visit = currentVisit(execution);
  const { rest } = execution;
  if (
    visit.state.type === 'Task' &&
    (rest.kind === 'task' || (rest.kind === 'callback' && only === undefined))
  ) {
    return { visit, state: visit.state, call: rest.call, submitted: rest.kind === 'callback' };
  }
  throw new Error(`a task's fact while the execution is at ${rest.kind}`);
}

/** When the execution's own TimeoutSeconds are over; never where it has none. */
export const expiryOf = ({ definition, startedAt }: Execution): number =>
  startedAt + (definition.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1_000;

/** When time alone moves the execution on, in milliseconds since 1970; undefined while a function is to be called. */
export function wakeTime(execution: Execution): number | undefined {
  const { rest } = execution;
  if (rest.kind === 'callback') return Math.min(rest.wakeAt, expiryOf(execution));
  if (rest.kind === 'timer') return Math.min(rest.until, expiryOf(execution));
  return undefined;
}

/** When the task that runs has no time left. */
export const runsUntil = (execution: Execution, call: { readonly timeoutAt: number }): number =>
  Math.min(call.timeoutAt, expiryOf(execution));

/** The fact that time alone makes at this moment, if any. */
export function overdue(execution: Execution, now: number): Fact | undefined {
  const { rest } = execution;
  if (rest.kind === 'closed' || rest.kind === 'new') return undefined;
  if (now >= expiryOf(execution)) return ['expired', now];
  if (rest.kind === 'timer') return now >= rest.until ? ['woke', now] : undefined;
  const wakeAt = rest.kind === 'callback' ? rest.wakeAt : rest.call.timeoutAt;
  if (now < wakeAt) return undefined;
  return ['timedOut', now, wakeAt < rest.call.timeoutAt ? 'heartbeat' : 'timeout'];
}

export const statusOf = ({ rest }: Execution): ExecutionStatus =>
  rest.kind === 'closed' ? rest.status : 'RUNNING';
