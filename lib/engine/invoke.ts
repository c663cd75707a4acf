import type { EngineOptions, TaskFunction } from './api.ts';
import type { EngineClock } from './clock.ts';
import type { Fact } from './facts.ts';
import { fits, MOST_CAUSE_CHARACTERS, MOST_ERROR_CHARACTERS, TOO_LARGE } from './limits.ts';

/** How a call ended, without its time; `late` when the task's own time was over first. */
export type Outcome =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: string; readonly cause: string }
  | { readonly kind: 'late' };

interface Limits {
  readonly clock: EngineClock;
  /** How long one call may take. */
  readonly functionSeconds: number;
  /** When the task's is. */
  readonly taskUntil: number;
  /** What a result that is too large is a result of. */
  readonly subject: string;
}

/**
 * Calls a task's function once and waits for it, but not beyond its time. What it answers later is ignored: it may be
 * called again, so it is idempotent.
 */
export function invoke(run: TaskFunction | undefined, payload: unknown, limits: Limits): Promise<Outcome> {
  if (run === undefined) {
    const cause = 'The function is not known to this engine.';
    return Promise.resolve({ kind: 'threw', error: 'Lambda.ResourceNotFoundException', cause });
  }
  const { clock, functionSeconds, taskUntil, subject } = limits;
  const functionUntil = clock.now() + functionSeconds * 1_000;
  return new Promise((resolve) => {
    const stop = clock.schedule(Math.min(functionUntil, taskUntil), () => {
      const cause = `Task timed out after ${functionSeconds.toFixed(2)} seconds`;
      resolve(
        taskUntil <= functionUntil ? { kind: 'late' } : { kind: 'threw', error: 'Sandbox.Timedout', cause },
      );
    });
    const finish = (outcome: Outcome) => {
      stop();
      resolve(outcome);
    };
    // Called in a promise, so that a function that throws synchronously fails like any other.
    Promise.resolve()
      .then(() => run(payload))
      .then(
        (result) => finish(asResult(result, subject)),
        (error: unknown) => finish(asFailure(error)),
      );
  });
}

/** The function of a name or an ARN; undefined when there is none of it. */
export function functionCalled(
  name: string,
  functions: EngineOptions['functions'],
): TaskFunction | undefined {
  const key = keyOfFunction(name, functions);
  return key === undefined ? undefined : functions[key];
}

/** Under what a function of a name or an ARN is given; undefined when there is none of it. */
export function keyOfFunction(name: string, functions: EngineOptions['functions']): string | undefined {
  const short = FUNCTION_ARN.exec(name)?.[1] ?? name;
  return [name, short].find((candidate) => Object.hasOwn(functions, candidate));
}

const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:[^:]*:[^:]*:function:([^:]+)/;

/** What a function returned as plain JSON; like Lambda, `undefined` is null. */
function asResult(result: unknown, subject: string): Outcome {
  const text = toJson(result ?? null);
  if (text === undefined) {
    // Lambda's words for a result that is no JSON.
    return { kind: 'threw', error: 'Runtime.MarshalError', cause: 'Unable to stringify response body' };
  }
  if (!fits(text)) {
    return {
      kind: 'threw',
      error: 'States.DataLimitExceeded',
      cause: `The state/task '${subject}' ${TOO_LARGE}`,
    };
  }
  return { kind: 'returned', result: JSON.parse(text) };
}

/** The value as JSON text; `undefined` when it has none (a function, a cycle, a bigint). */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function asFailure(error: unknown): Outcome {
  if (error instanceof Error) {
    return {
      kind: 'threw',
      error: error.name.slice(0, MOST_ERROR_CHARACTERS),
      cause: error.message.slice(0, MOST_CAUSE_CHARACTERS),
    };
  }
  return { kind: 'threw', error: 'Error', cause: String(error).slice(0, MOST_CAUSE_CHARACTERS) };
}

/** The outcome as the fact that it is. */
export function factOf(outcome: Outcome, at: number): Fact {
  switch (outcome.kind) {
    case 'returned':
      return ['returned', at, outcome.result];
    case 'threw':
      return ['threw', at, outcome.error, outcome.cause];
    case 'late':
      return ['timedOut', at, 'timeout'];
  }
}
