import { describe, expect, test } from 'vitest';
import { INDEX_KEYS, TABLE_INDEXES, TABLE_KEY } from '../../lib/adapters/dynamodb/schema.ts';
import { administrationContext, apiContext, stepContext } from '../../lib/wiring/aws.ts';
import { mailingStepContext, sweeperContext } from '../../lib/wiring/aws-mailing.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { resourceStatementsOf } from './policies.ts';
import { functionsOf, MAIL_FROM, one, synthesized } from './synthesized.ts';

const stack = synthesized();
/** With everything that can be asked for. */
const asked = synthesized({
  publicUrl: 'https://keys.example.com/',
  oidcIssuer: 'https://login.example.com/tenant/',
  oidcClientId: 'countersign',
  alarmMail: 'ops@example.com',
  retentionDays: 731,
  logLevel: 'DEBUG',
  reservedConcurrency: 5,
  throttleRate: 20,
  throttleBurst: 40,
  materialRecoveryDays: 2,
  tags: 'team=payments,cost centre=42',
});
const functions = functionsOf(stack);

const table = (name: 'Main' | 'Material') => one(stack, 'AWS::DynamoDB::Table', `Tables${name}`);
const TABLES = ['Main', 'Material'] as const;
/** When the stack is removed, both keep. */
const KEPT = ['Retain', 'RetainExceptOnCreate'];

describe.each(TABLES)('the %s table', (name) => {
  const { Properties, DeletionPolicy, UpdateReplacePolicy } = table(name);

  test('cannot be deleted by a call, by an update of the stack, or with the stack', () => {
    expect(Properties.DeletionProtectionEnabled).toBe(true);
    expect(DeletionPolicy).toBe('Retain');
    expect(UpdateReplacePolicy).toBe('Retain');
  });

  test('is encrypted under a key of ours', () => {
    expect(Properties.SSESpecification).toMatchObject({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: { 'Fn::GetAtt': [one(stack, 'AWS::KMS::Key', 'KeysTables').id, 'Arn'] },
    });
  });

  test('has the keys and indexes that the store reads and writes', () => {
    const keys = [
      TABLE_KEY,
      ...TABLE_INDEXES[name === 'Main' ? 'main' : 'material'].map((index) => INDEX_KEYS[index]),
    ];
    const schema = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ];
    expect(Properties.KeySchema).toEqual(schema(TABLE_KEY));
    const indexes = (Properties.GlobalSecondaryIndexes ?? []) as readonly unknown[];
    expect(indexes).toEqual(
      TABLE_INDEXES[name === 'Main' ? 'main' : 'material'].map((index) => ({
        IndexName: index,
        KeySchema: schema(INDEX_KEYS[index]),
        Projection: { ProjectionType: 'ALL' },
      })),
    );
    expect(Properties.AttributeDefinitions).toEqual(
      keys.flatMap(({ partitionKey, sortKey }) =>
        [partitionKey, sortKey].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      ),
    );
  });

  test('is paid by the request', () => {
    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
  });
});

test('the main table tells of its changes in a stream, and the table of key material of none', () => {
  expect(table('Main').Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
  expect(table('Material').Properties).not.toHaveProperty('StreamSpecification');
});

test('the main table can be brought back as it was at any time of the last 35 days', () => {
  expect(table('Main').Properties.PointInTimeRecoverySpecification).toEqual({
    PointInTimeRecoveryEnabled: true,
    RecoveryPeriodInDays: 35,
  });
});

test('shredded key material is gone for good after seven days, and one mistake loses none before', () => {
  const recovery = (of: typeof stack) =>
    one(of, 'AWS::DynamoDB::Table', 'TablesMaterial').Properties.PointInTimeRecoverySpecification;
  expect(recovery(stack)).toEqual({ PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 });
  expect(recovery(asked)).toEqual({ PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 2 });
});

test('no KMS key goes with the stack, and those that can be are rotated', () => {
  const keys = stack.ofType('AWS::KMS::Key');
  expect(keys).toHaveLength(6);
  for (const { Properties, DeletionPolicy } of keys) {
    expect(KEPT).toContain(DeletionPolicy);
    if (Properties.KeyUsage !== 'SIGN_VERIFY') expect(Properties.EnableKeyRotation).toBe(true);
  }
});

test('access tokens are signed with an RSA key of 2,048 bits that never leaves KMS', () => {
  const [signing] = stack
    .ofType('AWS::KMS::Key')
    .filter(({ Properties }) => Properties.KeyUsage === 'SIGN_VERIFY');
  expect(signing?.Properties.KeySpec).toBe('RSA_2048');
});

const environmentOf = (name: string) => functions.get(name)?.environment ?? {};

describe('each function', () => {
  test('runs on the newest Node.js that Lambda has, on arm64, and is traced', () => {
    for (const { resource } of functions.values())
      expect(resource.Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
  });

  test('is called by an alias', () => {
    const aliased = stack
      .ofType('AWS::Lambda::Alias')
      .map(({ Properties }) => stack.resolve(Properties.FunctionName));
    expect(aliased.sort()).toEqual([...functions.values()].map(({ resource }) => resource.id).sort());
  });

  test('reserves no concurrency, of which a new account has none to give', () => {
    for (const { resource } of functions.values())
      expect(resource.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('reserves as much as it is asked to', () => {
    for (const { resource } of functionsOf(asked).values())
      expect(resource.Properties.ReservedConcurrentExecutions).toBe(5);
  });

  test('logs from the level that is asked for, information by default, and lets the lines of metrics pass', () => {
    const levels = (of: typeof stack) =>
      new Set(
        [...functionsOf(of).values()].map(
          ({ resource }) =>
            (resource.Properties.LoggingConfig as { ApplicationLogLevel: string }).ApplicationLogLevel,
        ),
      );
    expect(levels(stack)).toEqual(new Set(['INFO']));
    expect(levels(asked)).toEqual(new Set(['DEBUG']));
  });
});

describe('what a function is told is what its part of the installation needs', () => {
  test.each([...TASK_NAMES])('%s', (task) => {
    const environment = environmentOf(task);
    const contextOf = environment.MAIL_FROM === undefined ? stepContext : mailingStepContext;
    expect(() => contextOf(environment)).not.toThrow();
    // The state machine names its steps: the other way round the template would be a circle.
    expect(environment).not.toHaveProperty('STATE_MACHINE_ARN');
  });

  test('api', () => {
    expect(() => apiContext(environmentOf('api'))).not.toThrow();
  });

  test('sweep', () => {
    expect(() => sweeperContext(environmentOf('sweep'))).not.toThrow();
  });

  test('administer', () => {
    expect(() => administrationContext(environmentOf('administer'))).not.toThrow();
  });
});

test('who may send mail has a sender, and nobody else', () => {
  const senders = [...functions].flatMap(([name, { environment }]) =>
    environment.MAIL_FROM === MAIL_FROM ? [name] : [],
  );
  expect(senders.sort()).toEqual(['await-approval', 'await-reauthorization', 'notify-outcome', 'sweep']);
});

test('the CRN of every key names the region and the account', () => {
  expect(environmentOf('api').CRN_SCOPE).toBe('crn:v1:bluemix:public:kms:eu-central-1:a/111122223333');
});

test('the API answers before API Gateway gives up', () => {
  expect(functions.get('api')?.resource.Properties.Timeout).toBeLessThan(30);
});

test('the sweeper runs each minute, and is not repeated: the next minute looks anew', () => {
  const { ScheduleExpression, State, Target } = one(stack, 'AWS::Scheduler::Schedule', 'Sweeper')
    .Properties as {
    ScheduleExpression: string;
    State: string;
    Target: { RetryPolicy: unknown };
  };
  expect([ScheduleExpression, State]).toEqual(['rate(1 minute)', 'ENABLED']);
  expect(Target.RetryPolicy).toMatchObject({ MaximumRetryAttempts: 0 });
  expect(one(stack, 'AWS::Lambda::EventInvokeConfig', 'Sweeper').Properties).toMatchObject({
    MaximumRetryAttempts: 0,
  });
});

const groups = stack.ofType('AWS::Logs::LogGroup');

test('every log group keeps its lines for 400 days, also without the stack', () => {
  for (const { Properties, DeletionPolicy } of groups) {
    expect(Properties.RetentionInDays).toBe(400);
    expect(KEPT).toContain(DeletionPolicy);
  }
  for (const { Properties } of asked.ofType('AWS::Logs::LogGroup'))
    expect(Properties.RetentionInDays).toBe(731);
});

test('every log group is encrypted under a key that CloudWatch may use for the log groups of this stack alone', () => {
  const key = one(stack, 'AWS::KMS::Key', 'DefaultsLogKey').id;
  for (const { Properties } of groups) expect(Properties.KmsKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
  const statements = resourceStatementsOf(stack, 'AWS::KMS::Key', key);
  const decrypts = (group: string) =>
    statements.some(
      ({ principals, conditions }) =>
        principals?.includes('logs.eu-central-1.amazonaws.com') &&
        conditions.ArnLike?.['kms:EncryptionContext:aws:logs:arn']?.some((pattern) =>
          group.startsWith(pattern.replace('*', '')),
        ),
    );
  const logGroup = 'arn:aws:logs:eu-central-1:111122223333:log-group';
  expect(decrypts(`${logGroup}:Countersign-ApiLog7EB86884-x1y2`)).toBe(true);
  expect(decrypts(`${logGroup}:/aws/vendedlogs/states/Countersign-uuid`)).toBe(true);
  expect(decrypts(`${logGroup}:/aws/vendedlogs/apigateway/Countersign-uuid`)).toBe(true);
  expect(decrypts(`${logGroup}:Payroll-ApiLog`)).toBe(false);
});

test('what the sweeper fails at, and what could not be handed to it, is put aside for two weeks', () => {
  const queue = one(stack, 'AWS::SQS::Queue');
  const arn = { 'Fn::GetAtt': [queue.id, 'Arn'] };
  expect(queue.Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
  expect(functions.get('sweep')?.resource.Properties.DeadLetterConfig).toEqual({ TargetArn: arn });
  expect(one(stack, 'AWS::Scheduler::Schedule', 'Sweeper').Properties.Target).toMatchObject({
    DeadLetterConfig: { Arn: arn },
  });
});

test('every function has a log group of its own and writes JSON to it', () => {
  const used = [...functions.values()].map(({ resource }) => {
    const { LogGroup, LogFormat } = resource.Properties.LoggingConfig as Record<string, unknown>;
    expect(LogFormat).toBe('JSON');
    return stack.resolve(LogGroup);
  });
  expect(new Set(used).size).toBe(functions.size);
  for (const id of used) expect(groups.map((group) => group.id)).toContain(id);
});

test('a second installation, or one made anew, does not find the name of its log group taken', () => {
  const named = groups.filter(({ Properties }) => Properties.LogGroupName !== undefined);
  expect(named.map(({ Properties }) => stack.resolve(Properties.LogGroupName)).toSorted()).toEqual([
    '/aws/vendedlogs/apigateway/Countersign-uuid',
    '/aws/vendedlogs/states/Countersign-uuid',
  ]);
});

test('the access log has no path, which may hold the token of a link, and no header or query', () => {
  const { AccessLogSettings } = one(stack, 'AWS::ApiGatewayV2::Stage').Properties as {
    AccessLogSettings: { Format: string };
  };
  const fields = JSON.parse(AccessLogSettings.Format) as Record<string, string>;
  expect(fields).toMatchObject({ status: '$context.status', sourceIp: '$context.identity.sourceIp' });
  for (const field of Object.values(fields)) expect(field).not.toMatch(/path|uri|query|header|authorizer/i);
});

test('every request is the application’s to answer: one default route, and no authorizer before it', () => {
  const { RouteKey, AuthorizationType } = one(stack, 'AWS::ApiGatewayV2::Route').Properties;
  expect(RouteKey).toBe('$default');
  expect(AuthorizationType).toBe('NONE');
  expect(stack.ofType('AWS::ApiGatewayV2::Authorizer')).toEqual([]);
});

test('requests are throttled', () => {
  expect(one(stack, 'AWS::ApiGatewayV2::Stage').Properties.DefaultRouteSettings).toEqual({
    ThrottlingRateLimit: 200,
    ThrottlingBurstLimit: 400,
  });
  expect(one(asked, 'AWS::ApiGatewayV2::Stage').Properties.DefaultRouteSettings).toEqual({
    ThrottlingRateLimit: 20,
    ThrottlingBurstLimit: 40,
  });
});

test('links and tokens name the URL of the API, or the one that people were told', () => {
  const urls = (synthesizedStack: typeof stack) =>
    new Set([...functionsOf(synthesizedStack).values()].map(({ environment }) => environment.PUBLIC_URL));
  const api = one(stack, 'AWS::ApiGatewayV2::Api').id;
  expect(urls(stack)).toEqual(new Set([`ApiEndpoint of ${api}`, undefined]));
  expect(urls(asked)).toEqual(new Set(['https://keys.example.com', undefined]));
  const without = [...functions].filter(([, { environment }]) => environment.PUBLIC_URL === undefined);
  expect(without.map(([name]) => name).toSorted()).toEqual([
    'administer',
    'archive-execution',
    'publish-events',
    'record-bounce',
  ]);
});

test('the outputs say where to reach it and what to look at', () => {
  const outputs = Object.fromEntries(
    Object.entries(stack.template.Outputs).map(([name, { Value }]) => [name, stack.resolve(Value)]),
  );
  expect(outputs).toEqual({
    ApiUrl: `ApiEndpoint of ${one(stack, 'AWS::ApiGatewayV2::Api').id}`,
    StateMachineArn: expect.stringContaining(':stateMachine:'),
    MainTable: expect.stringContaining('Main'),
    MaterialTable: expect.stringContaining('Material'),
    AdministrationFunction: functions.get('administer')?.resource.id,
    OidcIssuer: environmentOf('api').OIDC_ISSUER,
    OidcClientId: environmentOf('api').OIDC_CLIENT_ID,
    AlarmTopic: one(stack, 'AWS::SNS::Topic').id,
    EventBus: `arn of ${one(stack, 'AWS::Events::EventBus').id}`,
    ArchiveBucket: one(stack, 'AWS::S3::Bucket').id,
    ArchiveFunction: functions.get('archive-execution')?.resource.id,
    DeadLetterQueue: one(stack, 'AWS::SQS::Queue').id,
    DeletingRole: `arn of ${functions.get('delete-key')?.role}`,
  });
});

test('mails that came back or were complained of are told to the account’s event bus, and nobody is tracked', () => {
  const { EventDestination } = one(stack, 'AWS::SES::ConfigurationSetEventDestination').Properties as {
    EventDestination: {
      MatchingEventTypes: readonly string[];
      EventBridgeDestination: { EventBusArn: unknown };
    };
  };
  expect(EventDestination.MatchingEventTypes.toSorted()).toEqual(['bounce', 'complaint', 'reject']);
  expect(stack.resolve(EventDestination.EventBridgeDestination.EventBusArn)).toBe(
    'arn:aws:events:eu-central-1:111122223333:event-bus/default',
  );
});

test('tags of the settings are on everything beside our own', () => {
  for (const { Properties } of asked.ofType('AWS::DynamoDB::Table'))
    expect(Properties.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'application', Value: 'countersign' },
        { Key: 'cost centre', Value: '42' },
        { Key: 'team', Value: 'payments' },
      ]),
    );
});

test('two syntheses of one app are equal, byte by byte: a diff without a change is empty', () => {
  expect(JSON.stringify(synthesized().template)).toBe(JSON.stringify(stack.template));
});

test('nothing is named by us but what names the stack, so that a second one finds no name taken', () => {
  const names =
    /^(TableName|FunctionName|RoleName|QueueName|TopicName|StateMachineName|AliasName|UserPoolName|DashboardName|AlarmName|LogGroupName|Name)$/;
  // What they name is a part of a thing of the stack, or carries the stack's own id.
  const OURS = ['AWS::Lambda::Alias', 'AWS::StepFunctions::StateMachineAlias', 'AWS::CloudWatch::Alarm'];
  const hardCoded = stack.resources
    .filter(({ Type }) => !OURS.includes(Type))
    .flatMap(({ id, Properties }) =>
      Object.entries(Properties ?? {})
        .filter(([name, value]) => names.test(name) && typeof value === 'string')
        .map(([name, value]) => `${id}.${name}: ${String(value)}`),
    );
  // HTTP APIs are told apart by their id, and may be called alike; a bus must be named, and begins with the stack's name.
  const byTheStack = /^(EndpointApi|EventsBus\w+\.Name: Countersign)/;
  expect(hardCoded.filter((one) => !byTheStack.test(one))).toEqual([]);
  const second = synthesized({ stackName: 'Countersign-Two' });
  const metrics = (of: typeof stack) =>
    functionsOf(of).get('sweep')?.environment.POWERTOOLS_METRICS_NAMESPACE;
  expect([metrics(stack), metrics(second)]).toEqual([
    'Countersign/Countersign',
    'Countersign/Countersign-Two',
  ]);
  const busName = (of: typeof stack) => one(of, 'AWS::Events::EventBus').Properties.Name;
  expect(busName(second)).not.toBe(busName(stack));
});
