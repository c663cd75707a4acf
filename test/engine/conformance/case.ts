/** How one attempt of a task ends. `afterSeconds` counts from the call; for a callback, from when it was handed over. */
export type Scripted = {
  readonly afterSeconds?: number;
  /** Seconds after the hand-over at which heartbeats are sent. */
  readonly heartbeatsAtSeconds?: readonly number[];
} & (
  | { readonly return: unknown }
  | { readonly throw: { readonly error?: string; readonly cause?: string } }
  | { readonly never: true }
);

/** `[type, previousEventId, details, seconds since the start]`; the last two are compared where they are given. */
export type Expected = readonly [type: string, previous: number, details?: object, at?: number];

/** One execution: what it runs, what its tasks answer, and the history that Step Functions would give it. */
export interface ConformanceCase {
  readonly name: string;
  readonly states: { readonly [name: string]: object };
  readonly startAt?: string;
  /** Of the whole state machine. */
  readonly timeoutSeconds?: number;
  readonly input?: unknown;
  /** By state, one entry an attempt, the last repeated. */
  readonly results?: { readonly [state: string]: readonly Scripted[] };
  readonly stopAtSeconds?: number;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string;
  readonly history: readonly Expected[];
}

/** A Task that calls the function named like its state. */
export const task = (name: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  End: true,
  ...more,
});

/** A Task that hands its token to the function named like its state, and waits. */
export const callback = (name: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: name, Payload: { token: '{% $states.context.Task.Token %}' } },
  End: true,
  ...more,
});

/** What lambda:invoke makes of a payload. */
export const invoked = (payload: unknown): object => ({
  ExecutedVersion: '$LATEST',
  Payload: payload,
  StatusCode: 200,
});

export const LAMBDA = { resource: 'invoke', resourceType: 'lambda' };
export const TOKEN = { resource: 'invoke.waitForTaskToken', resourceType: 'lambda' };
