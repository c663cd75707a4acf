import type { Integration, TaskState } from './definition.ts';
import {
  type Call,
  type Execution,
  evaluationFailure,
  failExecution,
  leave,
  type Rest,
  type Step,
  scopeOf,
  type Visit,
} from './execution.ts';
import { evaluate, type Scope, type Template } from './expression.ts';
import { isObject } from './fields.ts';
import { evaluateSeconds } from './flow.ts';
import { payload } from './history.ts';
import { LONGEST_SECONDS } from './limits.ts';
import { matches, retryDelay, type StateFailure } from './retry.ts';
import { INVOKE_ARGUMENTS } from './states.ts';

/** How the history calls the events of an integration, and the details that each of them carries. */
const EVENTS = {
  lambda: { prefix: 'Task', common: (resource: string) => ({ resource, resourceType: 'lambda' }) },
  function: { prefix: 'LambdaFunction', common: () => ({}) },
} as const;

type Outcome = 'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut';

function record(execution: Execution, state: TaskState, outcome: Outcome, details?: () => object): void {
  const { integration } = state;
  const { prefix, common } = EVENTS[integration.kind];
  const resource = integration.kind === 'lambda' ? integration.resource : integration.functionName;
  const event = { type: `${prefix}${outcome}`, at: execution.at };
  execution.history.record(event, () => ({ ...details?.(), ...common(resource) }));
}

/** Evaluates the arguments and schedules one attempt; the arguments are evaluated anew for each. */
export async function schedule(execution: Execution, visit: Visit, state: TaskState): Promise<Step> {
  try {
    const { integration } = state;
    const scheduledEvent = execution.history.nextId;
    const callback = integration.kind === 'lambda' && integration.callback;
    const scope = scopeOf(execution, visit, callback ? { scheduledEvent } : {});
    const given = state.arguments === undefined ? {} : await evaluate(state.arguments, scope, 'Arguments');
    const target = targetOf(integration, state.arguments === undefined ? visit.input : given);
    if (target === undefined) return failExecution(execution, unusableArguments(state));
    const times = await timesOf(state, scope);
    record(execution, state, 'Scheduled', () =>
      scheduledDetails(integration, given, { ...times, ...target }),
    );
    record(execution, state, 'Started');
    return { kind: 'task', call: callOf(execution, target, { scheduledEvent, callback, times }) };
  } catch (error) {
    return recover(execution, visit, evaluationFailure(execution, error));
  }
}

type Target = Pick<Call, 'functionName' | 'payload' | 'subject'>;

function targetOf(integration: Integration, given: unknown): Target | undefined {
  if (integration.kind === 'function') {
    const { functionName } = integration;
    return { functionName, payload: given, subject: functionName };
  }
  if (!isObject(given) || typeof given.FunctionName !== 'string') return undefined;
  if (Object.keys(given).some((name) => !INVOKE_ARGUMENTS.includes(name))) return undefined;
  const body = Object.hasOwn(given, 'Payload') ? given.Payload : {};
  return { functionName: given.FunctionName, payload: body, subject: 'lambda' };
}

const unusableArguments = ({ name }: TaskState) => ({
  error: 'States.Runtime',
  cause: `The Arguments of the state '${name}' must be an object of ${INVOKE_ARGUMENTS.join(' and ')}.`,
});

interface Times {
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
}

async function timesOf({ timeout, heartbeat }: TaskState, scope: Scope): Promise<Times> {
  const read = (field: string, template: Template) => evaluateSeconds(template, scope, { field, least: 1 });
  return {
    timeout: timeout && (await read('TimeoutSeconds', timeout)),
    heartbeat: heartbeat && (await read('HeartbeatSeconds', heartbeat)),
  };
}

function scheduledDetails(integration: Integration, given: unknown, more: Times & Target): object {
  const times = { timeoutInSeconds: more.timeout, heartbeatInSeconds: more.heartbeat };
  if (integration.kind === 'lambda') return { parameters: JSON.stringify(given), region: 'local', ...times };
  return { ...payload('input', more.payload), resource: integration.functionName, ...times };
}

function callOf(
  execution: Execution,
  { functionName, payload, subject }: Target,
  { scheduledEvent, callback, times }: Scheduled,
): Call {
  const { timeout = LONGEST_SECONDS, heartbeat } = times;
  return {
    scheduledEvent,
    functionName,
    payload,
    callback,
    subject,
    timeoutAt: execution.at + timeout * 1_000,
    heartbeatMilliseconds: heartbeat && heartbeat * 1_000,
  };
}

type Scheduled = Pick<Call, 'scheduledEvent' | 'callback'> & { readonly times: Times };

/** The function returned: the result of the task, or with a callback only that it has been handed over. */
export async function returned(execution: Execution, attempt: Attempt, value: unknown): Promise<Step> {
  const { state, call } = attempt;
  const result = state.integration.kind === 'lambda' ? invokeResult(value) : value;
  if (!call.callback) return complete(execution, attempt, result);
  record(execution, state, 'Submitted', () => payload('output', result));
  const { timeoutAt, heartbeatMilliseconds } = call;
  const heartbeatAt = execution.at + (heartbeatMilliseconds ?? Number.POSITIVE_INFINITY);
  return { kind: 'callback', call, wakeAt: Math.min(timeoutAt, heartbeatAt) };
}

const invokeResult = (value: unknown) => ({ ExecutedVersion: '$LATEST', Payload: value, StatusCode: 200 });

/** One attempt of a task that was scheduled and has not ended. */
export interface Attempt {
  readonly visit: Visit;
  readonly state: TaskState;
  readonly call: Call;
  /** Its function has returned. */
  readonly submitted: boolean;
}

/** The task is done: its result goes through Output and Assign. */
export async function complete(execution: Execution, attempt: Attempt, result: unknown): Promise<Step> {
  const { visit, state } = attempt;
  submit(execution, attempt);
  record(execution, state, 'Succeeded', () => payload('output', result));
  try {
    return await leave(execution, state, {
      scope: scopeOf(execution, visit, { states: { input: visit.input, result } }),
      passed: result,
    });
  } catch (error) {
    return recover(execution, visit, evaluationFailure(execution, error));
  }
}

/** Why an attempt failed, and how: its function threw, its token was answered with a failure, or time is over. */
export interface AttemptFailure extends StateFailure {
  readonly how: 'threw' | 'answered' | 'timedOut';
}

export function failed(execution: Execution, attempt: Attempt, failure: AttemptFailure): Promise<Step> {
  const { visit, state } = attempt;
  const { error, cause, how } = failure;
  if (how === 'answered') submit(execution, attempt);
  record(execution, state, how === 'timedOut' ? 'TimedOut' : 'Failed', () => ({ cause, error }));
  return recover(execution, visit, failure);
}

/** Whoever answers a token has it, so the task was submitted, even where its function has not returned yet. */
function submit(execution: Execution, { state, call, submitted }: Attempt): void {
  if (call.callback && !submitted) record(execution, state, 'Submitted');
}

/** What a failed state does next: retry, go where it is caught, or fail the execution. */
async function recover(execution: Execution, visit: Visit, failure: StateFailure): Promise<Step> {
  if (visit.state.type !== 'Task') return failExecution(execution, failure);
  return (
    retry(execution, visit, { state: visit.state, failure }) ??
    (await caught(execution, visit, { state: visit.state, failure })) ??
    failExecution(execution, failure)
  );
}

interface Failed {
  readonly state: TaskState;
  readonly failure: StateFailure;
}

/** The first retrier that matches decides; each counts its own attempts while the state lasts. */
function retry(execution: Execution, visit: Visit, { state, failure }: Failed): Rest | undefined {
  const position = state.retriers.findIndex(({ errors }) => matches(errors, failure));
  const retrier = state.retriers[position];
  if (retrier === undefined) return undefined;
  const attempt = (visit.retries[position] ?? 0) + 1;
  if (attempt > retrier.maxAttempts) return undefined;
  visit.retries[position] = attempt;
  return { kind: 'timer', until: execution.at + retryDelay(retrier, attempt, execution.chance) };
}

async function caught(
  execution: Execution,
  visit: Visit,
  { state, failure }: Failed,
): Promise<Step | undefined> {
  const catcher = state.catchers.find(({ errors }) => matches(errors, failure));
  if (catcher === undefined) return undefined;
  const errorOutput = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
  try {
    const scope = scopeOf(execution, visit, { states: { input: visit.input, errorOutput } });
    return await leave(execution, catcher, { scope, passed: errorOutput });
  } catch (error) {
    return failExecution(execution, evaluationFailure(execution, error));
  }
}

/** The delay before a retry is over. */
export function tryAgain(execution: Execution, visit: Visit, state: TaskState): Promise<Step> {
  visit.retryCount += 1;
  return schedule(execution, visit, state);
}
