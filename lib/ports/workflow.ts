import type { Value } from './store.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One event of an execution, in the shape of Step Functions' GetExecutionHistory (details under its own name). */
export interface ExecutionEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** The fields of the event's `…EventDetails`, without task tokens. */
  readonly details: { readonly [name: string]: unknown };
}

export interface EventPage {
  readonly events: readonly ExecutionEvent[];
  readonly cursor?: string;
}

/**
 * What the inside needs of a workflow service. An execution's name is `<authorizationId>-<incarnation>`.
 *
 * @throws TransientError when the service cannot answer now; repeating is safe.
 */
export interface Workflow {
  /** Starts an execution. `exists`: the name is taken, by a running or a closed execution. */
  start(name: string, input: { readonly [name: string]: Value | undefined }): Promise<'started' | 'exists'>;
  /**
   * Wakes the task that waits on this token. Carries no decision: whoever wakes reads the item.
   * `gone`: nothing waits on it any more (timed out, woken before, closed, never issued).
   */
  wake(taskToken: string): Promise<'woken' | 'gone'>;
  /** `undefined`: no execution of that name is known. */
  status(name: string): Promise<ExecutionStatus | undefined>;
  /** Aborts a running execution; does nothing to a closed or unknown one. */
  stop(name: string, cause: string): Promise<void>;
  /** The events in order, at most `limit` (1 to 1000) a page. An unknown execution has none. */
  history(name: string, page: { readonly limit: number; readonly after?: string }): Promise<EventPage>;
}
