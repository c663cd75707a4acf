import { describe, expect, test } from 'vitest';
import { deployedPattern, fits } from './event-pattern.ts';
import { physicalArn, physicalName } from './physical.ts';
import { functionsOf, one, type Resource, synthesized } from './synthesized.ts';

const stack = synthesized();
const rules = stack.ofType('AWS::Events::Rule').filter(({ id }) => id.startsWith('Tampering'));
const patterns = rules.map((rule) => deployedPattern(stack, rule));

const nameOf = (resource: Resource): string => physicalName(stack, resource);
const arnOf = (resource: Resource): string => physicalArn(resource.Type, nameOf(resource));
const table = (name: 'Main' | 'Material') => one(stack, 'AWS::DynamoDB::Table', `Tables${name}`);
const sealing = one(stack, 'AWS::KMS::Key', 'KeysSealing');
const functionOf = (entry: string): Resource => {
  const found = functionsOf(stack).get(entry)?.resource;
  if (found === undefined) throw new Error(`there is no function of ${entry}`);
  return found;
};
const functionName = (entry: string): string => nameOf(functionOf(entry));
const functionArn = (entry: string): string => arnOf(functionOf(entry));
const roleName = (entry: string): string =>
  nameOf(one(stack, 'AWS::IAM::Role', functionsOf(stack).get(entry)?.role));
const roleArn = (entry: string): string => `arn:aws:iam::111122223333:role/${roleName(entry)}`;
const stateMachine = one(stack, 'AWS::StepFunctions::StateMachine');
const topic = one(stack, 'AWS::SNS::Topic');

/** A call as CloudTrail tells EventBridge of it. */
const call = (service: string, eventName: string, detail: object) => ({
  source: `aws.${service}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: {
    eventName,
    sourceIPAddress: '192.0.2.1',
    userIdentity: { type: 'AssumedRole' },
    ...detail,
  },
});
const naming = (service: string, eventName: string, requestParameters: object) =>
  call(service, eventName, { requestParameters });
const onKey = (eventName: string, key: string) =>
  call('kms', eventName, { requestParameters: null, resources: [{ type: 'AWS::KMS::Key', ARN: key }] });

const toldOf = (event: object): boolean => patterns.some((pattern) => fits(pattern, event));

const main = table('Main');
const TOLD: readonly (readonly [what: string, event: object])[] = [
  ['a key’s policy is written over', onKey('PutKeyPolicy', arnOf(sealing))],
  ['a grant is revoked', onKey('RevokeGrant', arnOf(sealing))],
  ['a grant is retired', onKey('RetireGrant', arnOf(one(stack, 'AWS::KMS::Key', 'KeysTables')))],
  ['a key is tagged as one that was adopted', onKey('TagResource', arnOf(sealing))],
  [
    'a stream of key material is sent elsewhere',
    naming('dynamodb', 'UpdateKinesisStreamingDestination', { tableName: nameOf(table('Material')) }),
  ],
  [
    'it is begun, with the table named by its ARN',
    naming('dynamodb', 'EnableKinesisStreamingDestination', { tableName: arnOf(main) }),
  ],
  [
    'it is ended',
    naming('dynamodb', 'DisableKinesisStreamingDestination', { tableName: nameOf(main), streamArn: 'arn' }),
  ],
  ['a table’s policy goes', naming('dynamodb', 'DeleteResourcePolicy', { resourceArn: arnOf(main) })],
  [
    'a stream of a table is given to others',
    naming('dynamodb', 'PutResourcePolicy', { resourceArn: `${arnOf(main)}/stream/2026-01-01T00:00:00.000` }),
  ],
  ['a table is exported', naming('dynamodb', 'ExportTableToPointInTime', { tableArn: arnOf(main) })],
  [
    'a backup of it becomes a table',
    naming('dynamodb', 'RestoreTableFromBackup', { backupArn: `${arnOf(main)}/backup/0123` }),
  ],
  [
    'AWS Backup copies key material',
    {
      source: 'aws.backup',
      'detail-type': 'Backup Job State Change',
      detail: { state: 'CREATED', resourceArn: arnOf(table('Material')) },
    },
  ],
  [
    'another program is put in the place of a function',
    naming('lambda', 'UpdateFunctionCode20150331v2', { functionName: functionName('delete-key') }),
  ],
  [
    'a function is changed that is named by its ARN',
    naming('lambda', 'UpdateFunctionConfiguration20150331v2', { functionName: functionArn('api') }),
  ],
  [
    'somebody else may call a function, by whatever stack',
    call('lambda', 'AddPermission20150331v2', {
      sourceIPAddress: 'cloudformation.amazonaws.com',
      requestParameters: { functionName: functionName('administer') },
    }),
  ],
  ...[
    `${functionName('administer')}:live`,
    `${functionArn('administer')}:live`,
    `111122223333:function:${functionName('administer')}:3`,
  ].map(
    (name) =>
      [
        `somebody else may call an alias or a version: ${name}`,
        naming('lambda', 'AddPermission20150331v2', { functionName: name }),
      ] as const,
  ),
  ['a function’s role is taken on', naming('sts', 'AssumeRole', { roleArn: roleArn('api') })],
  [
    'a function’s role is given to another function',
    naming('lambda', 'CreateFunction20150331', { functionName: 'mine', role: roleArn('delete-key') }),
  ],
  [
    'it is changed who may take on a function’s role',
    naming('iam', 'UpdateAssumeRolePolicy', { roleName: roleName('sweep') }),
  ],
  [
    'the workflow is changed',
    naming('states', 'UpdateStateMachine', { stateMachineArn: arnOf(stateMachine) }),
  ],
  [
    'another version of the workflow is started',
    naming('states', 'UpdateStateMachineAlias', { stateMachineAliasArn: `${arnOf(stateMachine)}:live` }),
  ],
  [
    'events are not published any more',
    naming('lambda', 'UpdateEventSourceMapping20150331', {
      uUID: nameOf(one(stack, 'AWS::Lambda::EventSourceMapping')),
      enabled: false,
    }),
  ],
  [
    'the default lock of the archive is changed',
    naming('s3', 'PutBucketObjectLockConfiguration', { bucketName: nameOf(one(stack, 'AWS::S3::Bucket')) }),
  ],
  [
    'others may put objects into the archive',
    naming('s3', 'PutBucketPolicy', { bucketName: nameOf(one(stack, 'AWS::S3::Bucket')) }),
  ],
  [
    'mails may go without TLS',
    naming('ses', 'PutConfigurationSetDeliveryOptions', {
      configurationSetName: nameOf(one(stack, 'AWS::SES::ConfigurationSet')),
    }),
  ],
  ['logging stops', naming('cloudtrail', 'StopLogging', { name: 'trail' })],
  [
    'a rule of this stack is switched off',
    naming('events', 'DisableRule', { name: 'Countersign-Tampering1' }),
  ],
  ['somebody hears no more', naming('sns', 'Unsubscribe', { subscriptionArn: `${arnOf(topic)}:uuid` })],
  ['an alarm goes', naming('monitoring', 'DeleteAlarms', { alarmNames: ['Countersign-AlarmsX', 'other'] })],
];

describe('it is told that', () => {
  test.each(TOLD)('%s', (_, event) => {
    expect(toldOf(event)).toBe(true);
  });
});

describe('it is not told that', () => {
  test.each<readonly [what: string, event: object]>([
    ['a key of somebody else’s is touched', onKey('PutKeyPolicy', 'arn:aws:kms:eu-central-1:1:key/other')],
    ['another table is deleted', naming('dynamodb', 'DeleteTable', { tableName: 'payroll' })],
    [
      'another function is changed',
      naming('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'payroll' }),
    ],
    [
      'a rule is switched off of a stack whose name begins with this one’s',
      naming('events', 'DisableRule', { name: 'Countersigned-Rule1' }),
    ],
    ['an item is written', naming('dynamodb', 'PutItem', { tableName: nameOf(main) })],
    [
      'a deployment updates a function',
      call('lambda', 'UpdateFunctionCode20150331v2', {
        sourceIPAddress: 'cloudformation.amazonaws.com',
        requestParameters: { functionName: functionName('api') },
      }),
    ],
    [
      'Lambda takes on the role of a function that it starts',
      call('sts', 'AssumeRole', {
        userIdentity: { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' },
        requestParameters: { roleArn: roleArn('api') },
      }),
    ],
    [
      'an object is archived',
      naming('s3', 'PutObject', { bucketName: nameOf(one(stack, 'AWS::S3::Bucket')), key: 'a' }),
    ],
    [
      'AWS Backup copies main, as an organisation may plan',
      {
        source: 'aws.backup',
        'detail-type': 'Backup Job State Change',
        detail: { state: 'COMPLETED', resourceArn: arnOf(main) },
      },
    ],
  ])('%s', (_, event) => {
    expect(toldOf(event)).toBe(false);
  });
});

test('whoever switches off one rule about rules is told of by the other', () => {
  const watching = rules.filter(({ id }) => id.startsWith('TamperingWatching'));
  expect(watching).toHaveLength(2);
  const event = naming('events', 'DisableRule', { name: nameOf(watching[0] as Resource) });
  for (const rule of watching) expect(fits(deployedPattern(stack, rule), event)).toBe(true);
});

test('a deployment of this stack is told of once, by CloudFormation itself', () => {
  const status = (of: string) => ({
    source: 'aws.cloudformation',
    'detail-type': 'CloudFormation Stack Status Change',
    detail: {
      'stack-id':
        'arn:aws:cloudformation:ap-southeast-1:111122223333:stack/Countersign/1e2f3a40-5b6c-11ef-8d7e-0a1b2c3d4e5f',
      'status-details': { status: of },
    },
  });
  expect(['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE', 'DELETE_IN_PROGRESS'].map(status).map(toldOf)).toEqual([
    true,
    false,
    true,
  ]);
});

test('taking on a role counts as reading with CloudTrail, of which a rule has to ask to be told', () => {
  expect(one(stack, 'AWS::Events::Rule', 'TamperingRolesAssumed').Properties.State).toBe(
    'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
  );
});

test('each tells the topic', () => {
  for (const { Properties } of rules)
    expect(Properties.Targets).toEqual([expect.objectContaining({ Arn: { Ref: topic.id } })]);
});
