import type { Measure } from '../domain/measures.ts';

/** Takes what was measured. It never fails and never waits: measuring stops no work. */
export interface Metrics {
  /** What came to pass since the last time (a counter), or what a number is now (a gauge). */
  record(measured: { readonly [measure in Measure]?: number }): void;
}
