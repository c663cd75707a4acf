/** What somebody looks for the trace of some work by. Names and ids alone: no token, address or text of anybody's. */
export interface TraceNames {
  /** Of the API request that is served, or that a step of the workflow goes back to. */
  readonly correlationId?: string | undefined;
  readonly authorizationId?: string | undefined;
  /** The pattern of a request's route, never its path. */
  readonly route?: string | undefined;
}

/** The trace of what is being done. It never fails and never waits: tracing stops no work. */
export interface Trace {
  annotate(names: TraceNames): void;
}
