import type { Span } from '../domain/archive-pass.ts';
import type { EpochMillis } from '../domain/time.ts';

/** An execution by what its name in the archive is made of. */
export interface NamedExecution {
  readonly name: string;
  /** A JSON text's value. */
  readonly input: unknown;
  /** How often somebody had it go on after it had failed: each time it closes with a longer history. */
  readonly redriveCount?: number;
}

/** An execution as it was when it closed: what Step Functions describes of it, with every event, without task tokens. */
export interface ClosedExecution extends NamedExecution {
  readonly events: readonly object[];
  readonly [described: string]: unknown;
}

/** An execution in a list. */
export interface ListedExecution extends Omit<NamedExecution, 'input'> {
  readonly executionArn: string;
  readonly closedAt: EpochMillis;
}

export interface ClosedExecutions {
  /**
   * @returns undefined for one that is not known, or has not closed.
   * @throws TransientError when it cannot be read now; repeating is safe.
   */
  read(executionArn: string): Promise<ClosedExecution | undefined>;
  /**
   * Those that closed in a time, whenever they began; the one that closed first is the first.
   * @throws TransientError when they cannot be listed now.
   */
  closedIn(span: Span): Promise<readonly ListedExecution[]>;
  /**
   * What an execution began with; null for one that is not known.
   * @throws TransientError when it cannot be read now.
   */
  inputOf(executionArn: string): Promise<unknown>;
}
