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
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value that this share of the values is below: 0.99 for the p99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
