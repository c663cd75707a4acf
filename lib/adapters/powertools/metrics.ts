import { MetricUnit, type Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import { MEASURES, type Measure } from '../../domain/measures.ts';
import type { Metrics } from '../../ports/metrics.ts';

/**
 * Metrics for CloudWatch through Powertools for AWS Lambda: each call is one line in CloudWatch's embedded metric
 * format, from which CloudWatch makes the metrics without a request of ours.
 *
 * @param powertools its service name is the metrics' only dimension, its namespace is POWERTOOLS_METRICS_NAMESPACE.
 */
export const powertoolsMetrics = (powertools: Powertools): Metrics => ({
  record: (measured) => {
    const found = Object.entries(measured) as readonly (readonly [Measure, number | undefined])[];
    for (const [measure, value] of found) {
      // A counter that did not move is no news.
      if (value === undefined || (value === 0 && MEASURES[measure].kind === 'counter')) continue;
      powertools.addMetric(measure, unitOf(measure), value);
    }
    if (powertools.hasStoredMetrics()) powertools.publishStoredMetrics();
  },
});

const unitOf = (measure: Measure) => (measure === 'SecondsBehind' ? MetricUnit.Seconds : MetricUnit.Count);
