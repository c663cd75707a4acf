import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Defaults, type WatchedFunction } from './defaults.ts';
import type { Endpoint } from './endpoint.ts';
import type { Mail } from './mail.ts';
import { Metrics } from './metrics.ts';

export interface AlarmsProps {
  readonly stateMachine: StateMachine;
  readonly tables: readonly Table[];
  readonly endpoint: Endpoint;
  readonly mail: Mail;
  readonly deadLetters: Queue;
  /** Who is told by mail; the topic is there without it. */
  readonly alarmMail: string | undefined;
}

/** Where docs/aws-operations.md says what to do, a heading an alarm. */
const RUNBOOK = 'docs/aws-operations.md';
const FIVE_MINUTES = Duration.minutes(5);
/** SES looks at an account at 5 % of mails that came back, and stops it at 10 (SES developer guide). */
const MOST_BOUNCES = 0.05;
/** A sweep each minute: a quarter of an hour behind may not be caught up by itself. */
const MOST_BEHIND_SECONDS = 900;
/** How long events may wait to be published, in milliseconds: usually they wait for a second. */
const MOST_EVENTS_BEHIND = 900_000;

interface Threshold {
  /** The alarm goes off at it. */
  readonly at: number;
  /** How many periods in a row; one by default. */
  readonly periods?: number;
  readonly below?: true;
  /** What no measurement means; nothing by default. */
  readonly missing?: TreatMissingData;
}

/** What somebody has to be told of, and the topic that tells it. Each alarm's name is its heading in the runbook. */
export class Alarms extends Construct {
  readonly topic: Topic;
  /** By name, for the dashboard. */
  readonly alarms: Alarm[] = [];
  private readonly metrics: Metrics;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = this.encryptedTopic(props.alarmMail);
    this.metrics = new Metrics(Defaults.of(this).namespace);
    this.watchExecutions(props.stateMachine);
    this.watchFunctions();
    this.watchApi(props.endpoint);
    this.watchTables(props.tables);
    this.watchDecisions();
    this.watchMail(props.mail);
    this.watchArchive();
    this.alarm(
      'DeadLetters',
      props.deadLetters.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES }),
      {
        at: 1,
      },
    );
  }

  private watchExecutions(stateMachine: StateMachine): void {
    const over = { period: FIVE_MINUTES };
    this.alarm('ExecutionsFailed', stateMachine.metricFailed(over), { at: 1 });
    this.alarm('ExecutionsTimedOut', stateMachine.metricTimedOut(over), { at: 1 });
    this.alarm('ExecutionsAborted', stateMachine.metricAborted(over), { at: 1 });
    this.alarm('ExecutionsThrottled', stateMachine.metricThrottled(over), { at: 1 });
  }

  private watchFunctions(): void {
    for (const { entry, function: watched } of Defaults.of(this).watchedFunctions) {
      this.alarm('FunctionErrors', watched.metricErrors({ period: FIVE_MINUTES }), { at: 1 }, entry);
      this.alarm('FunctionThrottled', watched.metricThrottles({ period: FIVE_MINUTES }), { at: 1 }, entry);
      // A part of a batch that fails is no error of its function.
      if (entry === 'publish-events')
        this.alarm('EventsBehind', iteratorAge(watched), { at: MOST_EVENTS_BEHIND });
      if (entry === 'sweep')
        this.alarm('SweeperSilent', watched.metricInvocations({ period: FIVE_MINUTES }), {
          at: 1,
          below: true,
          missing: TreatMissingData.BREACHING,
        });
    }
  }

  private watchApi({ api, accessLog }: Endpoint): void {
    this.alarm('ApiServerErrors', api.metricServerError({ period: FIVE_MINUTES }), { at: 1 });
    this.alarm('ApiThrottled', this.metrics.throttledRequests(this, accessLog), { at: 10 });
  }

  private watchTables(tables: readonly Table[]): void {
    for (const table of tables)
      this.alarm('TableThrottled', this.metrics.throttledBy(table), { at: 1, periods: 2 }, table.node.id);
  }

  private watchDecisions(): void {
    this.alarm('DecisionsNotWoken', this.metrics.sum('DecisionsNotWoken'), { at: 1, periods: 2 });
    this.alarm('SweeperBehind', this.metrics.most('SecondsBehind'), { at: MOST_BEHIND_SECONDS, periods: 2 });
    this.alarm('ApprovalsNearTheirEnd', this.metrics.sum('ApprovalsNearTheirEnd'), { at: 1 });
    this.alarm('DeletionsStalled', this.metrics.sum('DeletionsStalled'), { at: 1 });
  }

  private watchMail({ configurationSet }: Mail): void {
    this.alarm('MailsGivenUp', this.metrics.sum('MailsGivenUp'), { at: 1 });
    this.alarm('MailsRefused', this.metrics.sum('MailsRefused'), { at: 5, periods: 3 });
    this.alarm('MailsBounced', this.metrics.bounceRate(configurationSet.configurationSetName), {
      at: MOST_BOUNCES,
    });
  }

  private watchArchive(): void {
    this.alarm('ExecutionsArchivedLate', this.metrics.most('ExecutionsArchivedLate'), { at: 1 });
    // Two days: a day's pass may begin a minute later than that of the day before.
    this.alarm('ArchivePassSilent', this.metrics.told('ExecutionsLookedFor', Duration.days(1)), {
      at: 1,
      periods: 2,
      below: true,
      missing: TreatMissingData.BREACHING,
    });
  }

  /** @param of which one of several, for an alarm that there is one of each. */
  private alarm(name: string, metric: IMetric, threshold: Threshold, of?: string): void {
    const { at, periods = 1, below, missing = TreatMissingData.NOT_BREACHING } = threshold;
    const alarm = new Alarm(this, of === undefined ? name : `${name}-${of}`, {
      metric,
      threshold: at,
      evaluationPeriods: periods,
      comparisonOperator:
        below === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: missing,
      alarmDescription: `${name}${of === undefined ? '' : ` (${of})`}: see ${RUNBOOK}`,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    this.alarms.push(alarm);
  }

  private encryptedTopic(alarmMail: string | undefined): Topic {
    const { logKey } = Defaults.of(this);
    const topic = new Topic(this, 'Topic', {
      displayName: 'Countersign',
      masterKey: logKey,
      enforceSSL: true,
    });
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    topic.grantPublish(alarms);
    if (alarmMail !== undefined) topic.addSubscription(new EmailSubscription(alarmMail));
    return topic;
  }
}

/** How old the newest record is that a function was handed from its stream, in milliseconds. */
const iteratorAge = (watched: WatchedFunction['function']): IMetric =>
  watched.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: FIVE_MINUTES });
