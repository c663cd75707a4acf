import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { SEEN_WAITING } from '../domain/seen-waiting.ts';
import type { Alarms } from './alarms.ts';
import { Defaults } from './defaults.ts';
import type { Endpoint } from './endpoint.ts';
import { Metrics } from './metrics.ts';

export interface DashboardProps {
  readonly alarms: Alarms;
  readonly stateMachine: StateMachine;
  readonly endpoint: Endpoint;
  /** Where the sweeper writes a line for each authorization that waits, at least once a day. */
  readonly sweeperLog: ILogGroup;
  readonly apiLog: ILogGroup;
}

const WIDTH = 24;
const HALF = WIDTH / 2;

/**
 * What the newest line about each authorization says, those that have waited longest first. The sweeper looks at everything
 * that waits at least once a day: over a day and more the query has them all, with those that were decided since.
 */
const WAITING = [
  `fields @timestamp, authorizationId, instanceId, keyId, waitsFor, since, until, round`,
  `filter message = "${SEEN_WAITING}"`,
  'stats latest(waitsFor) as waits_for, latest(since) as waiting_since, latest(until) as until_when, latest(round) as in_round, latest(keyId) as key_id, latest(instanceId) as instance_id by authorizationId',
  'sort waiting_since asc',
  'limit 100',
];
const FAILED = [
  'fields @timestamp, service, message, problem, route, correlationId, authorizationId',
  'filter level = "ERROR"',
  'sort @timestamp desc',
  'limit 50',
];
/** How each route was answered: how often, and how fast. */
const SLOW = [
  'filter message = "request"',
  'stats count(*) as requests, pct(milliseconds, 50) as p50, pct(milliseconds, 99) as p99 by route, status',
  'sort requests desc',
  'limit 30',
];

/** What is waiting, for whom and since when; and whether everything runs. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(2),
      periodOverride: PeriodOverride.INHERIT,
    });
    dashboard.addWidgets(
      new TextWidget({
        markdown: '# Countersign\nWhat to do about an alarm: `docs/aws-operations.md`',
        width: WIDTH,
        height: 2,
      }),
    );
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: props.alarms.alarms, width: WIDTH, height: 5 }),
    );
    for (const row of this.rows(props)) dashboard.addWidgets(...row);
  }

  private rows({
    stateMachine,
    endpoint,
    sweeperLog,
    apiLog,
  }: DashboardProps): readonly (readonly IWidget[])[] {
    const metrics = new Metrics(Defaults.of(this).namespace);
    const graph = (title: string, ...left: GraphMetrics) =>
      new GraphWidget({ title, left: [...left], width: HALF });
    const table = (title: string, queryLines: readonly string[], group: ILogGroup, width = HALF) =>
      new LogQueryWidget({
        title,
        logGroupNames: [group.logGroupName],
        queryLines: [...queryLines],
        view: LogQueryVisualizationType.TABLE,
        width,
        height: 8,
      });
    return [
      [table('What is waiting, for whom, since when', WAITING, sweeperLog, WIDTH)],
      [
        new SingleValueWidget({
          title: 'On their last day',
          metrics: [metrics.sum('ApprovalsNearTheirEnd')],
          period: Duration.days(1),
          width: HALF,
        }),
        new SingleValueWidget({
          title: 'Mails given up',
          metrics: [metrics.sum('MailsGivenUp')],
          period: Duration.days(1),
          width: HALF,
        }),
      ],
      [
        graph(
          'Executions',
          stateMachine.metricStarted(),
          stateMachine.metricSucceeded(),
          stateMachine.metricFailed(),
        ),
        graph('Mails', metrics.sum('MailsSent'), metrics.sum('MailsRefused'), metrics.sum('MailsGivenUp')),
      ],
      [
        graph('The sweeper', metrics.most('DueItems'), metrics.most('SecondsBehind')),
        graph(
          'Requests',
          endpoint.api.metricCount(),
          endpoint.api.metricClientError(),
          endpoint.api.metricServerError(),
        ),
      ],
      [graph('The archive', metrics.most('ExecutionsLookedFor'), metrics.most('ExecutionsArchivedLate'))],
      [table('What failed', FAILED, apiLog), table('Requests by route', SLOW, apiLog)],
    ];
  }
}

type GraphMetrics = readonly ReturnType<StateMachine['metricStarted']>[];
