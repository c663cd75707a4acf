import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MEASURED_AS, MEASURES } from '../../lib/domain/measures.ts';
import { SEEN_WAITING } from '../../lib/domain/seen-waiting.ts';
import { resourceStatementsOf } from './policies.ts';
import { functionsOf, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const told = synthesized({ alarmMail: 'ops@example.com' });
const alarms = stack.ofType('AWS::CloudWatch::Alarm');
const RUNBOOK = readFileSync(new URL('../../docs/aws-operations.md', import.meta.url), 'utf8');

interface Alarm {
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: readonly {
    readonly MetricStat?: { readonly Metric: Pick<Alarm, 'Dimensions' | 'MetricName'> };
  }[];
}
const properties = alarms.map(({ Properties }) => Properties as unknown as Alarm);
/** `FunctionErrors (api): see …` is of `FunctionErrors`. */
const nameOf = ({ AlarmDescription }: Alarm): string => /^\w+/.exec(AlarmDescription)?.[0] ?? '';

describe('the runbook', () => {
  const headings = [...RUNBOOK.matchAll(/^### `(\w+)`$/gm)].map(([, name = '']) => name);

  test('says what to do about each alarm, and about none that there is not', () => {
    const names = new Set(properties.map(nameOf));
    // A rule and not an alarm, told through the same topic.
    expect(headings.toSorted()).toEqual([...names, 'Tampering'].sort());
  });
});

describe('every alarm', () => {
  test('tells the topic when it begins and when it is over', () => {
    const topic = { Ref: one(stack, 'AWS::SNS::Topic').id };
    for (const { Properties } of alarms) {
      expect(Properties.AlarmActions).toEqual([topic]);
      expect(Properties.OKActions).toEqual([topic]);
    }
  });

  test('about a measure of ours names one that is measured', () => {
    const ours = properties.filter(({ Namespace }) => Namespace === 'Countersign/Countersign');
    const measured = ours.filter(({ MetricName }) => MetricName !== 'ThrottledRequests');
    expect(measured.length).toBeGreaterThan(4);
    for (const { MetricName = '', Dimensions } of measured) {
      expect(MEASURES).toHaveProperty(MetricName);
      expect(Dimensions).toEqual([{ Name: 'service', Value: MEASURED_AS }]);
    }
  });

  test('adds at most ten metrics up, which is all that CloudWatch adds', () => {
    for (const { Metrics = [] } of properties) expect(Metrics.length).toBeLessThanOrEqual(10 + 1);
  });
});

test('every function has an alarm on its errors and on its throttling', () => {
  for (const { resource } of functionsOf(stack).values())
    for (const metric of ['Errors', 'Throttles']) {
      const watching = properties.filter(
        ({ MetricName, Dimensions = [] }) =>
          MetricName === metric && Dimensions.some(({ Value }) => stack.resolve(Value) === resource.id),
      );
      expect(watching).toHaveLength(1);
    }
});

test('the tables are watched with each of their indexes', () => {
  const watched = properties
    .filter((alarm) => nameOf(alarm) === 'TableThrottled')
    .map(({ Metrics = [] }) =>
      Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []).map(
        ({ MetricName, Dimensions = [] }) =>
          `${MetricName} ${stack.resolve(Dimensions.find(({ Name }) => Name.startsWith('Global'))?.Value ?? 'table')}`,
      ),
    );
  const both = (of: string) => [`ReadThrottleEvents ${of}`, `WriteThrottleEvents ${of}`];
  expect(watched).toEqual([[...both('table'), ...both('list'), ...both('due')], both('table')]);
});

test('a sweeper that does not run is told of: no measurement counts as a bad one', () => {
  const silent = properties.find((alarm) => nameOf(alarm) === 'SweeperSilent');
  expect(silent).toMatchObject({
    MetricName: 'Invocations',
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test('the archive is told of when no pass has gone over it for two days, and when a pass found what no event archived', () => {
  const of = (name: string) => properties.find((alarm) => nameOf(alarm) === name);
  expect(of('ArchivePassSilent')).toMatchObject({
    MetricName: 'ExecutionsLookedFor',
    Statistic: 'SampleCount',
    Period: 86_400,
    EvaluationPeriods: 2,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
  expect(of('ExecutionsArchivedLate')).toMatchObject({
    MetricName: 'ExecutionsArchivedLate',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  });
});

test('the topic is encrypted, and its key is there for the alarms of this account and for rules', () => {
  const topic = one(stack, 'AWS::SNS::Topic');
  const key = one(stack, 'AWS::KMS::Key', 'DefaultsLogKey').id;
  expect(topic.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
  const of = (service: string) =>
    resourceStatementsOf(stack, 'AWS::KMS::Key', key).filter(({ principals }) =>
      principals?.includes(service),
    );
  const [alarming, ...more] = of('cloudwatch.amazonaws.com');
  expect(more).toEqual([]);
  expect(alarming?.conditions.StringEquals).toEqual({ 'aws:SourceAccount': ['111122223333'] });
  for (const { actions } of [...of('cloudwatch.amazonaws.com'), ...of('events.amazonaws.com')])
    expect(actions).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*']));
  expect(of('events.amazonaws.com')).toHaveLength(1);
});

test('somebody is told by mail where the settings name an address', () => {
  expect(stack.ofType('AWS::SNS::Subscription')).toEqual([]);
  expect(one(told, 'AWS::SNS::Subscription').Properties).toMatchObject({
    Protocol: 'email',
    Endpoint: 'ops@example.com',
  });
});

describe('the dashboard', () => {
  const body = stack.resolve(one(stack, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);
  const { widgets } = JSON.parse(body) as {
    widgets: readonly {
      readonly type: string;
      readonly properties: {
        readonly title?: string;
        readonly query?: string;
        readonly alarms?: readonly string[];
      };
    }[];
  };

  test('asks the sweeper’s log what is waiting, for whom and since when', () => {
    const waiting = widgets.find(
      ({ properties: { title } }) => title === 'What is waiting, for whom, since when',
    );
    const query = waiting?.properties.query ?? '';
    expect(query).toContain(`filter message = "${SEEN_WAITING}"`);
    expect(query).toContain(one(stack, 'AWS::Logs::LogGroup', 'SweeperSweepLog').id);
    for (const field of ['waitsFor', 'since', 'until']) expect(query).toContain(`latest(${field})`);
  });

  test('shows the state of every alarm', () => {
    const states = widgets.filter(({ type }) => type === 'alarm');
    expect(states).toHaveLength(1);
    expect(states[0]?.properties.alarms).toHaveLength(alarms.length);
  });
});
