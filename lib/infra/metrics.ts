import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { INDEX_NAMES } from '../adapters/dynamodb/schema.ts';
import { MEASURED_AS, type Measure } from '../domain/measures.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** Metrics that no construct has: what the program measures itself, and what AWS has without a method of CDK's. */
export class Metrics {
  private readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  sum(measure: Measure): Metric {
    return this.measured(measure, Stats.SUM);
  }

  most(measure: Measure): Metric {
    return this.measured(measure, Stats.MAXIMUM);
  }

  /** How often it was told of at all. */
  told(measure: Measure, period: Duration): Metric {
    return this.measured(measure, Stats.SAMPLE_COUNT, period);
  }

  /** An HTTP API counts no 429 of its own: its access log tells them. */
  throttledRequests(scope: Construct, accessLog: LogGroup): Metric {
    const filter = new MetricFilter(scope, 'ThrottledRequests', {
      logGroup: accessLog,
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: this.namespace,
      metricName: 'ThrottledRequests',
    });
    return filter.metric({ statistic: Stats.SUM, period: FIVE_MINUTES });
  }

  /** Reads and writes of a table and its indexes that DynamoDB turned away. */
  throttledBy(table: Table): IMetric {
    const indexes = table.node.id === 'Main' ? INDEX_NAMES : [];
    const places = [{}, ...indexes.map((name) => ({ GlobalSecondaryIndexName: name }))];
    const metrics = places.flatMap((place) =>
      ['ReadThrottleEvents', 'WriteThrottleEvents'].map(
        (metricName) =>
          new Metric({
            namespace: 'AWS/DynamoDB',
            metricName,
            dimensionsMap: { TableName: table.tableName, ...place },
            statistic: Stats.SUM,
            period: FIVE_MINUTES,
          }),
      ),
    );
    const named = Object.fromEntries(metrics.map((metric, position) => [`m${position}`, metric]));
    return new MathExpression({
      expression: `SUM(METRICS())`,
      usingMetrics: named,
      period: FIVE_MINUTES,
      label: 'throttled',
    });
  }

  /** The part of the mails that came back, of those that SES took lately. */
  bounceRate(configurationSet: string): Metric {
    return new Metric({
      namespace: 'AWS/SES',
      metricName: 'Reputation.BounceRate',
      dimensionsMap: { 'ses:configuration-set': configurationSet },
      statistic: Stats.MAXIMUM,
      period: FIVE_MINUTES,
    });
  }

  private measured(measure: Measure, statistic: string, period = FIVE_MINUTES): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: measure,
      dimensionsMap: { service: MEASURED_AS },
      statistic,
      period,
    });
  }
}
