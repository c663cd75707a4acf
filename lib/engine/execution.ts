import type { ExecutionStatus, Failure } from './api.ts';
import type { Definition, Leaving, State } from './definition.ts';
import type { Parts } from './direct.ts';
import { EvaluationError, evaluate, failedEvaluation, type Scope, type Template } from './expression.ts';
import type { Chance } from './functions.ts';
import { type History, payload } from './history.ts';
import type { StateFailure } from './retry.ts';

/** One execution in memory: what its facts made of it. Changed only by `apply` in machine.ts. */
export interface Execution {
  readonly id: number;
  readonly name: string;
  readonly stateMachine: string;
  readonly definition: Definition;
  readonly history: History;
  readonly chance: Chance;
  /** The task token of the attempt that the event of this id schedules. */
  readonly tokenFor: (scheduledEvent: number) => string;

  startedAt: number;
  input: unknown;
  /** `$states.context.Execution`, once an expression has asked for it. */
  described: object | undefined;
  /** The time of the latest fact: what every event that follows from it carries. */
  at: number;
  variables: { readonly [name: string]: unknown };
  visit: Visit | undefined;
  rest: Rest;
}

/** One stay in a state. */
export interface Visit {
  readonly state: State;
  readonly input: unknown;
  readonly enteredAt: number;
  readonly enteredEvent: number;
  /** The event before it was entered. */
  readonly before: number;
  /** How often each retrier has retried. */
  readonly retries: number[];
  retryCount: number;
}

/** What an execution waits for, between facts. Times in milliseconds since 1970. */
export type Rest =
  | { readonly kind: 'new' }
  /** For its function, which is to be called (again, after a crash). */
  | { readonly kind: 'task'; readonly call: Call }
  /** For its token, at most until `wakeAt`: the end of the task's time, or a heartbeat's. */
  | { readonly kind: 'callback'; readonly call: Call; readonly wakeAt: number }
  | { readonly kind: 'timer'; readonly until: number }
  | {
      readonly kind: 'closed';
      readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
      readonly output?: unknown;
      readonly failure?: Failure;
    };

export interface Call {
  readonly scheduledEvent: number;
  readonly functionName: string;
  readonly payload: unknown;
  readonly callback: boolean;
  /** How messages call the task's integration. */
  readonly subject: string;
  /** When the task's time is over. */
  readonly timeoutAt: number;
  /** How long a heartbeat keeps the task alive. */
  readonly heartbeatMilliseconds: number | undefined;
}

/** Where a step leads: on into a state, or to rest. */
export type Step = Rest | { readonly kind: 'enter'; readonly state: string; readonly input: unknown };

/** What an expression can know of the state besides its variables and its context. */
interface Known {
  /** Default: its input alone. */
  readonly states?: {
    readonly input: unknown;
    readonly result?: unknown;
    readonly errorOutput?: unknown;
  };
  /** The event that will schedule the attempt, for the task token. */
  readonly scheduledEvent?: number;
}

export const toTimestamp = (at: number): string => new Date(at).toISOString();

export const REGION = 'local';
export const ARN = `arn:aws:states:${REGION}:000000000000`;
const ROLE = 'arn:aws:iam::000000000000:role';
export const roleArn = ({ stateMachine }: { readonly stateMachine: string }): string =>
  `${ROLE}/${stateMachine}`;

export function scopeOf(execution: Execution, visit: Visit, { states, scheduledEvent }: Known = {}): Scope {
  return {
    now: execution.at,
    chance: execution.chance,
    variables: execution.variables,
    states: states ?? { input: visit.input },
    context: new Context(execution, visit, scheduledEvent),
  };
}

/** The Context object (Step Functions developer guide) of a state. */
class Context implements Parts {
  private readonly execution: Execution;
  private readonly visit: Visit;
  private readonly scheduledEvent: number | undefined;

  constructor(execution: Execution, visit: Visit, scheduledEvent: number | undefined) {
    this.execution = execution;
    this.visit = visit;
    this.scheduledEvent = scheduledEvent;
  }

  part(name: string): object | undefined {
    switch (name) {
      case 'Execution':
        this.execution.described ??= described(this.execution);
        return this.execution.described;
      case 'State':
        return entered(this.visit);
      case 'StateMachine': {
        const { stateMachine } = this.execution;
        return { Id: `${ARN}:stateMachine:${stateMachine}`, Name: stateMachine };
      }
      case 'Task':
        return this.scheduledEvent === undefined
          ? undefined
          : { Token: this.execution.tokenFor(this.scheduledEvent) };
      default:
        return undefined;
    }
  }

  whole(): object {
    const parts = ['Execution', 'State', 'StateMachine', 'Task'].map(
      (name) => [name, this.part(name)] as const,
    );
    return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
  }
}

const described = (execution: Execution): object => ({
  Id: `${ARN}:execution:${execution.stateMachine}:${execution.name}`,
  Input: execution.input,
  Name: execution.name,
  RoleArn: roleArn(execution),
  StartTime: toTimestamp(execution.startedAt),
  RedriveCount: 0,
});

function entered({ state, enteredAt, retryCount }: Visit): object {
  const entry = { Name: state.name, EnteredTime: toTimestamp(enteredAt) };
  // As recorded on AWS, only a Task's context has it.
  return state.type === 'Task' ? { ...entry, RetryCount: retryCount } : entry;
}

export function enter(execution: Execution, state: State, input: unknown): Visit {
  const before = execution.history.last;
  const enteredAt = execution.at;
  const enteredEvent = execution.history.record({ type: `${state.type}StateEntered`, at: enteredAt }, () => ({
    name: state.name,
    ...payload('input', input),
  }));
  const visit = { state, input, enteredAt, enteredEvent, before, retries: [], retryCount: 0 };
  execution.visit = visit;
  return visit;
}

/**
 * Leaves a state: its variables and its output are both computed from the variables as they were before it.
 *
 * @param passed what the output is where the state does not say.
 * @throws EvaluationError
 */
export async function leave(
  execution: Execution,
  { output, assign, next }: Leaving,
  { scope, passed }: { readonly scope: Scope; readonly passed: unknown },
): Promise<Step> {
  const assigned = assign === undefined ? {} : await evaluateObject(assign, scope, 'Assign');
  const value = output === undefined ? passed : await evaluate(output, scope, 'Output');
  const state = currentVisit(execution).state;
  execution.history.record({ type: `${state.type}StateExited`, at: execution.at }, () => ({
    name: state.name,
    ...assignedDetails(assigned),
    ...payload('output', value),
  }));
  if (assign !== undefined) execution.variables = { ...execution.variables, ...assigned };
  return next === undefined ? succeed(execution, value) : { kind: 'enter', state: next, input: value };
}

async function evaluateObject(template: Template, scope: Scope, field: string) {
  const value = await evaluate(template, scope, field);
  if (typeof value === 'object' && value !== null) return { ...value };
  throw failedEvaluation(field, `${field} is not an object`);
}

function assignedDetails(assigned: object) {
  const entries = Object.entries(assigned);
  if (entries.length === 0) return {};
  const assignedVariables = Object.fromEntries(entries.map(([name, v]) => [name, JSON.stringify(v)]));
  return { assignedVariables, assignedVariablesDetails: { truncated: false } };
}

function succeed(execution: Execution, output: unknown): Rest {
  execution.history.record({ type: 'ExecutionSucceeded', at: execution.at }, () => payload('output', output));
  return { kind: 'closed', status: 'SUCCEEDED', output };
}

export function failExecution(execution: Execution, { error, cause }: Failure): Rest {
  execution.history.record({ type: 'ExecutionFailed', at: execution.at }, () => ({ cause, error }));
  return { kind: 'closed', status: 'FAILED', failure: { error, cause } };
}

/** Records that an evaluation failed; what it means for Retry and Catch. Rethrows whatever is no such failure. */
export function evaluationFailure(execution: Execution, error: unknown): StateFailure {
  if (!(error instanceof EvaluationError)) throw error;
  const { state, enteredEvent, before } = currentVisit(execution);
  if (error.error === 'States.DataLimitExceeded') {
    return { error: error.error, cause: `The state/task '${state.name}' ${error.message}` };
  }
  const cause =
    `An error occurred while executing the state '${state.name}' (entered at the event id #${enteredEvent}). ` +
    error.message;
  // As recorded on AWS, it points before the state, unless a value was evaluated well and then found unusable.
  const previous = error.afterEntering ? enteredEvent : before;
  execution.history.record({ type: 'EvaluationFailed', at: execution.at, previous }, () => ({
    cause,
    error: error.error,
    location: error.location,
    state: state.name,
  }));
  return { error: error.error, cause };
}

export function currentVisit(execution: Execution): Visit {
  if (execution.visit === undefined) throw new Error('the execution is in no state');
  return execution.visit;
}
