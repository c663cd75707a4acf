/** An event on its way out. */
export interface OutgoingEvent {
  /** The CADF event's `id`: the same each time that it is delivered. */
  readonly id: string;
  readonly action: string;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** The CADF event as one line of JSON, without a line break. */
  readonly json: string;
}

/** Where events go. One batch at a time, in order; what was not taken comes again, so that some may come twice. */
export interface EventSink {
  /** What it is called in status and metrics, and what its position is kept under. Holds no secret. */
  readonly name: string;
  /** How many events it takes in one go. */
  readonly batch: number;
  /**
   * Resolves with `taken` when every event is with the other side, or durable; with `gone` when the other side says
   * that it wants no more.
   * @param isFirst nothing was ever delivered there: what the sink holds is not from here
   * @throws TransientError, whose message holds no secret, when they were not taken; repeating is safe.
   */
  deliver(events: readonly OutgoingEvent[], isFirst?: boolean): Promise<'taken' | 'gone'>;
}
