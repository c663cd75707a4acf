import { MEASURES, type Measure } from '../domain/measures.ts';
import type { Family } from '../http/openmetrics.ts';
import type { Metrics } from '../ports/metrics.ts';

/** What has been counted since the process started, beside what is read of the database. */
export interface Measures extends Metrics {
  families(): readonly Family[];
}

/** Counters alone: what a number is now, `/metrics` reads of the database itself. */
export function localMeasures(): Measures {
  const counters = Object.keys(MEASURES).filter(
    (measure): measure is Measure => MEASURES[measure as Measure].kind === 'counter',
  );
  const totals = new Map(counters.map((measure) => [measure, 0]));
  return {
    record(measured) {
      for (const [measure, before] of totals) totals.set(measure, before + (measured[measure] ?? 0));
    },
    families: () =>
      [...totals].map(([measure, value]) => ({
        name: `countersign${measure.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        type: 'counter',
        help: `${MEASURES[measure].help}, since the start.`,
        samples: [{ value }],
      })),
  };
}
