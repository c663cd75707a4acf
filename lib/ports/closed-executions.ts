/** An execution as it was when it closed: what Step Functions describes of it, with every event, without task tokens. */
export interface ClosedExecution {
  readonly name: string;
  /** A JSON text's value. */
  readonly input: unknown;
  readonly events: readonly object[];
  readonly [described: string]: unknown;
}

export interface ClosedExecutions {
  /**
   * @returns undefined for one that is not known, or has not closed.
   * @throws TransientError when it cannot be read now; repeating is safe.
   */
  read(executionArn: string): Promise<ClosedExecution | undefined>;
}
