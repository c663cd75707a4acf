import { storeGauges } from '../adapters/sqlite/gauges.ts';
import { openExecutions } from '../engine/count.ts';
import { type Family, openMetrics } from '../http/openmetrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataFolder } from './data-folder.ts';
import type { Events } from './events.ts';
import type { Measures } from './measures.ts';
import { installationFamilies } from './metric-families.ts';
import type { Seen } from './seen.ts';
import { version } from './version.ts';

/** What was read of the database is kept a hundred times as long as it took: reading takes a hundredth of the time. */
const KEPT_FACTOR = 100;
const LEAST_KEPT = 1_000;

/** @returns reads the metrics, as OpenMetrics text; throws when the database cannot be read. */
export function localMetrics(options: {
  readonly folder: Pick<DataFolder, 'database'>;
  readonly seen: Seen;
  readonly events: Pick<Events, 'reports'>;
  readonly measures: Pick<Measures, 'families'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Monotonic, in milliseconds. */
  readonly elapsed?: () => number;
}): () => Promise<string> {
  const { folder, seen, events, measures, clock, elapsed = () => performance.now() } = options;
  const read = storeGauges(folder.database);
  const executions = openExecutions(folder.database);
  const startedAt = clock.now();
  let kept: { readonly until: number; readonly families: readonly Family[] } | undefined;
  const installation = async (): Promise<readonly Family[]> => {
    const began = elapsed();
    if (kept !== undefined && began < kept.until) return kept.families;
    const now = clock.now();
    const gauges = { ...read(now), executions: executions(), sinks: await events.reports() };
    const families = installationFamilies(gauges, seen, now);
    const took = elapsed() - began;
    kept = { until: began + Math.max(LEAST_KEPT, took * KEPT_FACTOR), families };
    return families;
  };
  return async () =>
    openMetrics([
      ...process_(startedAt),
      ...(await installation()),
      seen.requests.family(),
      ...measures.families(),
    ]);
}

const process_ = (startedAt: number): readonly Family[] => [
  {
    name: 'countersign_build',
    type: 'info',
    help: 'The version that runs.',
    samples: [{ labels: { version: version(), node: process.version }, value: 1 }],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When the server was started, in seconds since 1970.',
    samples: [{ value: startedAt / 1000 }],
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory.',
    samples: [{ value: process.memoryUsage.rss() }],
  },
];
