import type { EngineClock } from './clock.ts';
import type { Commit, Database } from './database.ts';
import type { Fault } from './faults.ts';

/**
 * What a Task's FunctionName resolves to. It may be called again with the same payload (after a crash), so it is
 * idempotent. To fail, it throws an Error whose `name` is the error name that Retry and Catch match and whose
 * `message` is the cause.
 */
export type TaskFunction = (payload: unknown) => Promise<unknown>;

/** Where something broke, as fields that are safe to log: never a payload, never a token. */
export interface ProblemContext {
  readonly step: 'run-task' | 'record-result' | 'fire-timer' | 'resume';
  readonly execution?: number;
}

export interface EngineOptions {
  readonly database: Database;
  readonly commit: Commit;
  readonly clock: EngineClock;
  /** Amazon States Language with `QueryLanguage: JSONata`, as plain data. New executions run it. */
  readonly definition: object;
  /** By function name, or by the whole ARN. */
  readonly functions: Readonly<Record<string, TaskFunction>>;
  /**
   * Which of them have no effect but what they write through `commit`: after another function, or when time is over,
   * these are called without waiting for the disk. It may have what they wrote and refuse what led to them: then they are
   * called again, like after a crash. Default none.
   */
  readonly insideDatabase?: readonly string[];
  /** The state machine's name in ARNs and in the context object. Default `main`. */
  readonly stateMachineName?: string;
  /** How long one call of a function may take, in seconds. Default 60. */
  readonly taskTimeoutSeconds?: number;
  /** How many functions run at once. Default 256. */
  readonly maxConcurrentTasks?: number;
  /** How long `close` waits for what runs, in milliseconds. Default 5,000. */
  readonly drainMilliseconds?: number;
  /** Told of what is broken inside (disk full, a journal that does not replay); the engine goes on. */
  readonly onError?: (error: unknown, context: ProblemContext) => void;
  /** For tests, which have the process killed at any of these points. */
  readonly fault?: Fault;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** As Step Functions' DescribeExecution; times in milliseconds since 1970, input and output as values. */
export interface ExecutionDescription {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: unknown;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

/** An event as GetExecutionHistory gives it; `details` are the fields of its `…EventDetails`. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly details: { readonly [name: string]: unknown };
}

export interface HistoryQuery {
  /** At most this many events, 1 to 1000. */
  readonly limit: number;
  /** The `cursor` of the page before. */
  readonly after?: string;
  /** Newest first. */
  readonly reverse?: boolean;
}

export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  /** There when more may follow. */
  readonly cursor?: string;
}

export interface ExecutionQuery {
  readonly status?: ExecutionStatus;
  /** At most this many executions, 1 to 1000. */
  readonly limit: number;
  /** The `cursor` of the page before. */
  readonly after?: string;
}

/** Newest first. With a status a page may be short, or empty, and still have a cursor: it looks at so many and no more. */
export interface ExecutionPage {
  readonly executions: readonly Pick<ExecutionDescription, 'name' | 'status' | 'startDate' | 'stopDate'>[];
  /** There when more may follow. */
  readonly cursor?: string;
}

export interface StateMachine {
  readonly name: string;
  readonly definition: object;
  /** When this definition was first opened here, in milliseconds since 1970. */
  readonly since: number;
}

export interface Failure {
  readonly error?: string;
  readonly cause?: string;
}

/**
 * A durable interpreter of one state machine. What a promise acknowledges is on disk when it resolves.
 *
 * @throws DatabaseError from every method when the database cannot be read or written; nothing has happened then.
 * @throws EngineError named `EngineClosed` from every method after `close`.
 */
export interface Engine {
  /**
   * Starts an execution. `exists`: the name is taken, by a running or a closed one.
   * @throws EngineError named InvalidName or InvalidExecutionInput (not JSON, or over 256 KiB).
   */
  start(name: string, input: unknown): Promise<'started' | 'exists'>;
  /**
   * The same in one transaction with other work on the engine's database: the execution is started when `work` says so,
   * and what it wrote and the start are durable together or not at all. Like every work it may be run twice. An execution
   * that has the name already stays what it is.
   * @returns what `work` returned.
   * @throws EngineError as `start`; `work` was not run then.
   */
  startWith<T extends { readonly committed: boolean }>(
    name: string,
    input: unknown,
    work: () => T,
  ): Promise<T>;
  /** @throws EngineError named InvalidToken, TaskDoesNotExist, TaskTimedOut or InvalidOutput. */
  sendTaskSuccess(taskToken: string, output: unknown): Promise<void>;
  /**
   * The same in one transaction with other work on the engine's database: the task is answered when `work` says so, and
   * what it wrote and the answer are durable together or not at all. Like every work it may be run twice.
   * @returns what `work` returned.
   * @throws EngineError as `sendTaskSuccess`; `work` was not run then.
   */
  sendTaskSuccessWith<T extends { readonly committed: boolean }>(
    taskToken: string,
    output: unknown,
    work: () => T,
  ): Promise<T>;
  /** @throws EngineError named InvalidToken, TaskDoesNotExist or TaskTimedOut. */
  sendTaskFailure(taskToken: string, failure: Failure): Promise<void>;
  /** @throws EngineError named InvalidToken, TaskDoesNotExist or TaskTimedOut. */
  sendTaskHeartbeat(taskToken: string): Promise<void>;
  /** The status alone, without a replay. `undefined`: no execution of that name is known. */
  status(name: string): ExecutionStatus | undefined;
  /** `undefined`: no execution of that name is known. */
  describe(name: string): Promise<ExecutionDescription | undefined>;
  /** Aborts a running execution; does nothing to a closed or unknown one. */
  stop(name: string, failure: Failure): Promise<void>;
  /** The events of an execution; none of an unknown one. They hold task tokens: strip these before showing them. */
  history(name: string, query: HistoryQuery): Promise<HistoryPage>;
  /** The executions that are there, each once, also while others start. */
  list(query: ExecutionQuery): ExecutionPage;
  /** What new executions run. */
  stateMachine(): StateMachine;
  /** What the execution of this name runs. `undefined`: no execution of that name is known. */
  stateMachineOf(name: string): StateMachine | undefined;
  /** Lets what runs end, at most `drainMilliseconds`, and lets go. The next `openEngine` resumes what is durable. */
  close(): Promise<void>;
}

export type EngineErrorName =
  | 'InvalidName'
  | 'InvalidExecutionInput'
  | 'InvalidToken'
  | 'TaskDoesNotExist'
  | 'TaskTimedOut'
  | 'InvalidOutput'
  | 'EngineClosed';

/** A call that the engine refuses. The names are those of Step Functions' exceptions. */
export class EngineError extends Error {
  override readonly name: EngineErrorName;

  constructor(name: EngineErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

/** A definition that the engine does not run: what is wrong, in which state and field. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly state: string | undefined;
  readonly field: string;

  constructor(state: string | undefined, field: string, problem: string) {
    super(`${state === undefined ? 'state machine' : `state "${state}"`}, field ${field}: ${problem}`);
    this.state = state;
    this.field = field;
  }
}
