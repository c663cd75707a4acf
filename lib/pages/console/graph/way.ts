import type { ExecutionEvent, ExecutionStatus } from '../../../ports/workflow.ts';

/** An execution's events, the oldest first. */
export interface WayPart {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly events: readonly ExecutionEvent[];
}

/** One stay in a state. Times in ISO 8601, UTC. */
export interface WayStep {
  /** Which execution's, by its position. */
  readonly part: number;
  readonly state: string;
  readonly enteredAt: string;
  /** Absent: it is still there, or the execution ended there. */
  readonly leftAt?: string;
  /** The error that led on from here, where one was caught. */
  readonly caught?: string;
  /** How often its task was begun again after an error. */
  readonly retries: number;
}

export interface Way {
  readonly steps: readonly WayStep[];
  /** How often each state was entered. */
  readonly entered: ReadonlyMap<string, number>;
  /** How often each transition was taken, by {@link transitionName}. */
  readonly taken: ReadonlyMap<string, number>;
  /** Where the newest execution is, while it runs. */
  readonly current?: string;
  /** How it ended; `error` where it failed. */
  readonly ended?: {
    readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
    readonly state?: string;
    readonly error?: string;
  };
}

export const transitionName = (from: string, to: string): string => JSON.stringify([from, to]);

/** The way that an authorization's executions took, as their histories tell it. An aborted one and what took its place are both in it. */
export function wayTaken(parts: readonly WayPart[]): Way {
  const steps = parts.flatMap(({ events }, part) => stepsOf(events, part));
  const entered = new Map<string, number>();
  const taken = new Map<string, number>();
  steps.forEach(({ state, part }, i) => {
    count(entered, state);
    const before = steps[i - 1];
    if (before !== undefined && before.part === part) count(taken, transitionName(before.state, state));
  });
  const newest = parts.at(-1);
  const last = steps.at(-1);
  if (newest === undefined) return { steps, entered, taken };
  if (newest.status === 'RUNNING') return { steps, entered, taken, ...(last && { current: last.state }) };
  const error = newest.events.findLast(({ type }) => ENDS_BADLY.has(type))?.details.error;
  return {
    steps,
    entered,
    taken,
    ended: {
      status: newest.status,
      ...(last !== undefined && { state: last.state }),
      ...(typeof error === 'string' && { error }),
    },
  };
}

const count = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

const ENDS_BADLY: ReadonlySet<string> = new Set(['ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted']);

/** What tells that a task went wrong; whether it is tried again or caught, the next events say. */
const WENT_WRONG = /^(?:Task|LambdaFunction|Activity)(?:\w*Failed|TimedOut)$|^EvaluationFailed$/;

function stepsOf(events: readonly ExecutionEvent[], part: number): readonly WayStep[] {
  const steps: WayStep[] = [];
  let wrong: string | undefined;
  for (const { type, timestamp, details } of events) {
    const last = steps.length - 1;
    const step = steps[last];
    if (type.endsWith('StateEntered')) {
      steps.push({ part, state: String(details.name), enteredAt: timestamp, retries: 0 });
      wrong = undefined;
    } else if (step !== undefined && WENT_WRONG.test(type)) {
      wrong = typeof details.error === 'string' ? details.error : 'States.Timeout';
    } else if (
      step !== undefined &&
      wrong !== undefined &&
      /^(?:Task|LambdaFunction|Activity)Scheduled$/.test(type)
    ) {
      steps[last] = { ...step, retries: step.retries + 1 };
      wrong = undefined;
    } else if (step !== undefined && type.endsWith('StateExited')) {
      steps[last] = { ...step, leftAt: timestamp, ...(wrong !== undefined && { caught: wrong }) };
    }
  }
  return steps;
}
