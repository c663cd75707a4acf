import { describe, expect, test } from 'vitest';
import { deployed, physicalName } from './physical.ts';
import { resourceStatementsOf } from './policies.ts';
import { type Resource, synthesized } from './synthesized.ts';

/** With everything that can be asked for, and the longest names that there can be. */
const stack = synthesized({
  stackName: `C${'o'.repeat(59)}`,
  mailFrom: `${'k'.repeat(64)}@${'d'.repeat(63)}.example.dev`,
  mailDomain: `${'d'.repeat(63)}.example.dev`,
  publicUrl: `https://${'h'.repeat(63)}.${'d'.repeat(63)}.example.dev/${'p'.repeat(64)}`,
  oidcIssuer: `https://${'i'.repeat(63)}.example.com/${'t'.repeat(100)}`,
  oidcClientId: 'c'.repeat(128),
  oidcAudience: `https://${'a'.repeat(128)}`,
  oidcLabel: 'l'.repeat(64),
  alarmMail: 'ops@example.com',
  breakGlassRole: `arn:aws:iam::111122223333:role/${'p/'.repeat(64)}${'b'.repeat(64)}`,
  drillEveryDays: 90,
  reservedConcurrency: 5,
  tags: Object.fromEntries(
    Array.from({ length: 20 }, (_, place) => [`${place}-`.padEnd(50, 't'), 'v'.repeat(50)]),
  ),
});
const onlyNames = synthesized({ stackName: stack.stack.stackName });

const sizeOf = (part: unknown): number => JSON.stringify(deployed(stack, part)).length;
const sizesOf = (type: string, of: (properties: Resource['Properties']) => unknown) =>
  stack.ofType(type).map(({ id, Properties }) => [id, sizeOf(of(Properties))] as const);

/** Inline policies, by the role that has them. */
const policiesOf = (role: string) =>
  stack
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      (Properties.Roles as readonly { Ref: string }[]).some(({ Ref }) => Ref === role),
    )
    .map(({ Properties }) => Properties.PolicyDocument);

/** Each as its service counts it, with the page that says so. */
const LIMITS: readonly (readonly [
  what: string,
  most: number,
  sizes: readonly (readonly [string, number])[],
])[] = [
  // CloudFormation user guide: quotas.
  [
    'the template, in bytes',
    1_048_576,
    [['as CDK writes it', JSON.stringify(stack.template, undefined, 1).length]],
  ],
  ['its resources', 500, [['', stack.resources.length]]],
  ['its outputs', 200, [['', Object.keys(stack.template.Outputs).length]]],
  // IAM user guide: IAM and STS quotas.
  [
    'the inline policies of a role',
    10_240,
    stack.ofType('AWS::IAM::Role').map(
      ({ id }) =>
        [
          id,
          policiesOf(id)
            .map(sizeOf)
            .reduce((sum, size) => sum + size, 0),
        ] as const,
    ),
  ],
  [
    'who may take on a role',
    2_048,
    sizesOf('AWS::IAM::Role', ({ AssumeRolePolicyDocument }) => AssumeRolePolicyDocument),
  ],
  // AWS KMS developer guide: resource quotas.
  ['the policy of a key', 32_768, sizesOf('AWS::KMS::Key', ({ KeyPolicy }) => KeyPolicy)],
  // DynamoDB developer guide: quotas of resource-based policies.
  ['the policy of a table', 20_480, sizesOf('AWS::DynamoDB::Table', ({ ResourcePolicy }) => ResourcePolicy)],
  // EventBridge user guide: quotas.
  ['the policy of a bus', 10_240, sizesOf('AWS::Events::EventBusPolicy', ({ Statement }) => Statement)],
  ['the pattern of a rule', 2_048, sizesOf('AWS::Events::Rule', ({ EventPattern }) => EventPattern)],
  // The least that any Region gives an account by default.
  ['the rules on the account’s bus', 100, [['', stack.ofType('AWS::Events::Rule').length]]],
  // SQS developer guide: policy quotas; SNS: SetTopicAttributes; S3 user guide: bucket policies.
  ['the policy of a queue', 8_192, sizesOf('AWS::SQS::QueuePolicy', ({ PolicyDocument }) => PolicyDocument)],
  ['the policy of a topic', 30_720, sizesOf('AWS::SNS::TopicPolicy', ({ PolicyDocument }) => PolicyDocument)],
  [
    'the policy of a bucket',
    20_480,
    sizesOf('AWS::S3::BucketPolicy', ({ PolicyDocument }) => PolicyDocument),
  ],
  // Lambda developer guide: quotas.
  ['the variables of a function', 4_096, sizesOf('AWS::Lambda::Function', ({ Environment }) => Environment)],
  // Step Functions developer guide: quotas.
  [
    'the definition of the workflow',
    1_048_576,
    sizesOf('AWS::StepFunctions::StateMachine', ({ DefinitionString }) => DefinitionString),
  ],
  // API Gateway developer guide: quotas of HTTP APIs.
  [
    'the format of the access log',
    3_072,
    sizesOf('AWS::ApiGatewayV2::Stage', ({ AccessLogSettings }) => AccessLogSettings),
  ],
];

describe('with the longest names and everything that can be asked for, AWS takes', () => {
  test.each(LIMITS)('%s: at most %i', (_, most, sizes) => {
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.filter(([, size]) => size > most)).toEqual([]);
  });

  test('a queue’s policy in its parts (SQS developer guide: policy quotas)', () => {
    for (const { Properties } of stack.ofType('AWS::SQS::QueuePolicy')) {
      const { Statement } = Properties.PolicyDocument as { Statement: readonly { Action: unknown }[] };
      expect(Statement.length).toBeLessThanOrEqual(20);
      for (const { Action } of Statement) expect([Action].flat().length).toBeLessThanOrEqual(7);
    }
  });

  test('the names that are given here', () => {
    const [domain] = onlyNames
      .ofType('AWS::Cognito::UserPoolDomain')
      .map(({ Properties }) => deployed(onlyNames, Properties.Domain));
    // CreateUserPoolDomain; words of AWS's own are not allowed in it.
    expect(domain).toMatch(/^(?!.*(aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
    for (const { Properties } of stack.ofType('AWS::Events::EventBus'))
      expect(Properties.Name).toMatch(/^(?!aws\.)[\w.-]{1,256}$/);
    for (const { Properties } of stack.ofType('AWS::Logs::LogGroup'))
      if (Properties.LogGroupName !== undefined)
        expect(deployed(stack, Properties.LogGroupName)).toMatch(/^(?!aws\/)[\w./#-]{1,512}$/);
    for (const { Properties } of stack.ofType('AWS::Events::EventBusPolicy'))
      expect(Properties.StatementId).toMatch(/^[\w-]{1,64}$/);
  });

  test('the names that CloudFormation makes up and does not cut, an alarm’s and a log group’s', () => {
    for (const alarm of stack.ofType('AWS::CloudWatch::Alarm'))
      expect(physicalName(stack, alarm).length).toBeLessThanOrEqual(255);
    for (const group of stack.ofType('AWS::Logs::LogGroup'))
      expect(physicalName(stack, group).length).toBeLessThanOrEqual(512);
  });

  test('a dashboard and its widgets (CloudWatch user guide: quotas)', () => {
    const [body] = stack.ofType('AWS::CloudWatch::Dashboard').map(
      ({ Properties }) =>
        JSON.parse(String(deployed(stack, Properties.DashboardBody))) as {
          widgets: readonly { properties: { alarms?: readonly string[] } }[];
        },
    );
    expect(body?.widgets.length).toBeLessThanOrEqual(500);
    for (const { properties } of body?.widgets ?? [])
      expect(properties.alarms?.length ?? 0).toBeLessThanOrEqual(100);
  });
});

/** DynamoDB developer guide: API operations supported by resource-based policies. One other, and no table is made. */
const IN_TABLE_POLICIES = [
  'GetItem PutItem UpdateItem DeleteItem Query Scan BatchGetItem BatchWriteItem',
  'PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete UpdateTimeToLive',
  'CreateBackup RestoreTableToPointInTime ExportTableToPointInTime',
  'EnableKinesisStreamingDestination UpdateKinesisStreamingDestination DisableKinesisStreamingDestination',
].flatMap((names) => names.split(' ').map((name) => `dynamodb:${name}`));

test('the policies of the tables name no action that DynamoDB does not take there', () => {
  const actions = stack
    .ofType('AWS::DynamoDB::Table')
    .flatMap(({ id }) => resourceStatementsOf(stack, 'AWS::DynamoDB::Table', id))
    .flatMap((statement) => statement.actions);
  expect(actions.length).toBeGreaterThan(0);
  expect(actions.filter((action) => !IN_TABLE_POLICIES.includes(action))).toEqual([]);
});

describe('what counts in time is within what its service takes', () => {
  interface Watched {
    readonly Period?: number;
    readonly EvaluationPeriods: number;
    readonly Metrics?: readonly { readonly MetricStat?: { readonly Period: number } }[];
  }

  test('an alarm looks back over a day at most, or over a week by the hour, and at ten metrics (PutMetricAlarm)', () => {
    for (const { id, Properties } of stack.ofType('AWS::CloudWatch::Alarm')) {
      const { Period, EvaluationPeriods, Metrics = [] } = Properties as unknown as Watched;
      const stats = Metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
      const period = Period ?? Math.max(...stats.map((stat) => stat.Period));
      expect(period * EvaluationPeriods, id).toBeLessThanOrEqual(period < 3_600 ? 86_400 : 604_800);
      expect(stats.length, id).toBeLessThanOrEqual(10);
    }
  });

  /** Of every part of the template that says for how long something is tried, in seconds. */
  const agesIn = (part: unknown): readonly number[] =>
    typeof part !== 'object' || part === null
      ? []
      : Object.entries(part).flatMap(([name, value]) =>
          name === 'MaximumEventAgeInSeconds' ? [Number(value)] : agesIn(value),
        );

  test.each([
    // Lambda: PutFunctionEventInvokeConfig; EventBridge and Scheduler: RetryPolicy.
    ['AWS::Lambda::EventInvokeConfig', 21_600],
    ['AWS::Events::Rule', 86_400],
    ['AWS::Scheduler::Schedule', 86_400],
  ])('%s tries for a minute to %i seconds', (type, most) => {
    const ages = stack.ofType(type).flatMap(({ Properties }) => agesIn(Properties));
    expect(ages.length).toBeGreaterThan(0);
    for (const age of ages) {
      expect(age).toBeGreaterThanOrEqual(60);
      expect(age).toBeLessThanOrEqual(most);
    }
  });
});
