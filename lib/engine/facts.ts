/**
 * What happened to an execution from outside, with its time in milliseconds since 1970. An execution's whole state
 * and history follow from its definition and its facts alone (invariant 3), so these are all that is stored.
 */
export type Fact =
  | readonly [kind: 'started', at: number, input: unknown]
  /** The task's function returned. */
  | readonly [kind: 'returned', at: number, result: unknown]
  /** The task's function threw. */
  | readonly [kind: 'threw', at: number, error: string, cause: string]
  /** SendTaskSuccess. */
  | readonly [kind: 'succeeded', at: number, output: unknown]
  /** SendTaskFailure; null where it gave none. */
  | readonly [kind: 'failed', at: number, error: string | null, cause: string | null]
  /** The task ran out of time, or its heartbeat stayed away. */
  | readonly [kind: 'timedOut', at: number, missed: 'timeout' | 'heartbeat']
  /** A Wait, or the delay before a retry, is over. */
  | readonly [kind: 'woke', at: number]
  /** The execution's own TimeoutSeconds are over. */
  | readonly [kind: 'expired', at: number]
  /** StopExecution; null where it gave none. */
  | readonly [kind: 'stopped', at: number, error: string | null, cause: string | null];

/** Facts as they stand in the journal: joined by commas, so that appending never reads what is there. */
export const encodeFact = (fact: Fact): string => JSON.stringify(fact);

/** @throws Error when the text is not a journal's. */
export function decodeFacts(text: string): readonly Fact[] {
  const facts: unknown = JSON.parse(`[${text}]`);
  if (Array.isArray(facts) && facts.every(isFact)) return facts;
  throw new Error('the journal holds something that is not a fact');
}

export const FACT_KINDS: readonly Fact[0][] = [
  'started',
  'returned',
  'threw',
  'succeeded',
  'failed',
  'timedOut',
  'woke',
  'expired',
  'stopped',
];

const KINDS: ReadonlySet<unknown> = new Set(FACT_KINDS);

const isFact = (value: unknown): value is Fact =>
  Array.isArray(value) && KINDS.has(value[0]) && typeof value[1] === 'number';
