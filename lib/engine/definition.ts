import type { Template } from './expression.ts';

/** A state machine that is checked and compiled: everything in it can be run. */
export interface Definition {
  readonly startAt: string;
  /** For the whole execution. */
  readonly timeoutSeconds?: number;
  readonly states: ReadonlyMap<string, State>;
}

export type State = TaskState | ChoiceState | WaitState | PassState | SucceedState | FailState;
export type StateType = State['type'];

interface Named {
  readonly name: string;
}

/** What a state, a Choice rule and a Catcher can give when they are left. */
export interface Leaving {
  readonly output?: Template;
  readonly assign?: Template;
  /** `undefined`: the execution ends here. */
  readonly next?: string;
}

export interface TaskState extends Named, Leaving {
  readonly type: 'Task';
  readonly integration: Integration;
  readonly arguments?: Template;
  readonly timeout?: Template;
  readonly heartbeat?: Template;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

/** How a Task calls its function, and how its history calls that. */
export type Integration =
  | { readonly kind: 'function'; readonly functionName: string }
  | {
      readonly kind: 'lambda';
      readonly resource: 'invoke' | 'invoke.waitForTaskToken';
      readonly callback: boolean;
    };

/** Delays in seconds. */
export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  readonly jitter: boolean;
}

export interface Catcher extends Leaving {
  readonly errors: readonly string[];
  readonly next: string;
}

export interface ChoiceState extends Named {
  readonly type: 'Choice';
  readonly rules: readonly Rule[];
  /** Where to go, and with what, when no rule holds. */
  readonly otherwise?: Leaving;
}

export interface Rule extends Leaving {
  readonly condition: Template;
  readonly location: string;
}

export interface WaitState extends Named, Leaving {
  readonly type: 'Wait';
  readonly until: { readonly field: 'Seconds' | 'Timestamp'; readonly value: Template };
}

export interface PassState extends Named, Leaving {
  readonly type: 'Pass';
}

export interface SucceedState extends Named {
  readonly type: 'Succeed';
  readonly output?: Template;
}

export interface FailState extends Named {
  readonly type: 'Fail';
  readonly error?: Template;
  readonly cause?: Template;
}
