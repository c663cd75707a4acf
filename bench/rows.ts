/** One measured figure. */
export interface Row {
  /** What was measured, with its parameters: `commits at concurrency 32`. */
  readonly measured: string;
  readonly value: number;
  /** Of the value: `commits/s`, `ms`, `MB`. */
  readonly unit: string;
  /** The least that the work can cost here, measured in the same run and unit; the ratio is what to compare. */
  readonly floor?: number;
}

export type Rows = readonly Row[];

/** The middle of several rounds: one that a slow disk spoiled does not count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
