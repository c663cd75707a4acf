import { describe, expect, test } from 'vitest';
import { INDEX_KEYS, TABLE_INDEXES, TABLE_KEY } from '../../lib/adapters/dynamodb/schema.ts';
import { administrationContext, apiContext, stepContext, sweeperContext } from '../../lib/wiring/aws.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { functionsOf, MAIL_FROM, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const functions = functionsOf(stack);

const table = (name: 'Main' | 'Material') => one(stack, 'AWS::DynamoDB::Table', `Tables${name}`);
const TABLES = ['Main', 'Material'] as const;

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

  test('is paid by the request and sends no stream', () => {
    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(Properties).not.toHaveProperty('StreamSpecification');
  });
});

test('the main table can be brought back as it was at any time of the last 35 days', () => {
  expect(table('Main').Properties.PointInTimeRecoverySpecification).toEqual({
    PointInTimeRecoveryEnabled: true,
    RecoveryPeriodInDays: 35,
  });
});

test('shredded key material is gone for good after seven days, and one mistake loses none before', () => {
  expect(table('Material').Properties.PointInTimeRecoverySpecification).toEqual({
    PointInTimeRecoveryEnabled: true,
    RecoveryPeriodInDays: 7,
  });
});

test('no KMS key goes with the stack, and those that can be are rotated', () => {
  const keys = stack.ofType('AWS::KMS::Key');
  expect(keys).toHaveLength(4);
  for (const { Properties, DeletionPolicy } of keys) {
    expect(DeletionPolicy).toBe('Retain');
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
});

describe('what a function is told is what its part of the installation needs', () => {
  test.each([...TASK_NAMES])('%s', (task) => {
    expect(() => stepContext(environmentOf(task))).not.toThrow();
    // The state machine names its steps: the other way round the template would be a circle.
    expect(environmentOf(task)).not.toHaveProperty('STATE_MACHINE_ARN');
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
  const { ScheduleExpression, State, Target } = one(stack, 'AWS::Scheduler::Schedule').Properties as {
    ScheduleExpression: string;
    State: string;
    Target: { RetryPolicy: unknown };
  };
  expect([ScheduleExpression, State]).toEqual(['rate(1 minute)', 'ENABLED']);
  expect(Target.RetryPolicy).toMatchObject({ MaximumRetryAttempts: 0 });
  expect(one(stack, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({ MaximumRetryAttempts: 0 });
});

const groups = stack.ofType('AWS::Logs::LogGroup');

test('every log group keeps its lines for 400 days, also without the stack', () => {
  for (const { Properties, DeletionPolicy } of groups) {
    expect(Properties.RetentionInDays).toBe(400);
    expect(DeletionPolicy).toBe('Retain');
  }
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
  expect(named.map(({ Properties }) => stack.resolve(Properties.LogGroupName))).toEqual([
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
});

test('links and tokens name the URL of the API, or the one that people were told', () => {
  const urls = (synthesizedStack: typeof stack) =>
    new Set([...functionsOf(synthesizedStack).values()].map(({ environment }) => environment.PUBLIC_URL));
  const api = one(stack, 'AWS::ApiGatewayV2::Api').id;
  expect(urls(stack)).toEqual(new Set([`ApiEndpoint of ${api}`, undefined]));
  const named = synthesized({ publicUrl: 'https://keys.example.com/' });
  expect(urls(named)).toEqual(new Set(['https://keys.example.com', undefined]));
  const without = [...functions].filter(([, { environment }]) => environment.PUBLIC_URL === undefined);
  expect(without.map(([name]) => name)).toEqual(['administer']);
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
  });
});
