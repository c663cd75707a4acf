import { describe, expect, test } from 'vitest';
import { checkpointsPartition } from '../../lib/operations/records/checkpoint.ts';
import { claimKey } from '../../lib/operations/records/claim.ts';
import { consoleSessionKey } from '../../lib/operations/records/console-session.ts';
import { credentialWrites } from '../../lib/operations/records/credential.ts';
import { drillLinkItem, drillPartition } from '../../lib/operations/records/drill.ts';
import { identityKey } from '../../lib/operations/records/identity.ts';
import { importKeyContext, importTokenKey } from '../../lib/operations/records/import-token.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { aliasKey, keyPartition } from '../../lib/operations/records/key.ts';
import { keyRingKey } from '../../lib/operations/records/key-ring.ts';
import { linkItem } from '../../lib/operations/records/link.ts';
import { mailContext, peopleMailPartition } from '../../lib/operations/records/mail.ts';
import { materialContext, retainedContext, retainedKey } from '../../lib/operations/records/material.ts';
import { emailKey } from '../../lib/operations/records/person.ts';
import { registrationPartition } from '../../lib/operations/records/registration.ts';
import { sessionKey } from '../../lib/operations/records/session.ts';
import { waitKey } from '../../lib/operations/records/wait.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { allowed, type Request, statementsOf } from './policies.ts';
import { functionsOf, MAIL_FROM, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const functions = functionsOf(stack);
const EVERYBODY = [...functions.keys()];
/** All but the one that sees the table's stream alone. */
const READERS = EVERYBODY.filter((name) => name !== 'publish-events');

const id = (type: string, beginning?: string): string => one(stack, type, beginning).id;
const table = (name: 'Main' | 'Material') => `arn of ${id('AWS::DynamoDB::Table', `Tables${name}`)}`;
const key = (name: 'Tables' | 'Sealing' | 'TokenSigning' | 'CheckpointSigning') =>
  `arn of ${id('AWS::KMS::Key', `Keys${name}`)}`;
const STATE_MACHINE = stack.resolve({ Ref: id('AWS::StepFunctions::StateMachine') });
const EXECUTION = `${STATE_MACHINE.replace('stateMachine', 'execution')}:name-1`;
const OTHER_STATE_MACHINE = STATE_MACHINE.replace(/[^:]+$/, 'Payroll');
const STREAM = `StreamArn of ${id('AWS::DynamoDB::Table', 'TablesMain')}`;
const BUS = `arn of ${id('AWS::Events::EventBus')}`;
const ARCHIVED = `arn of ${id('AWS::S3::Bucket', 'ArchiveBucket')}/instance/key/authorization/a-1.jsonl.gz`;
const ARCHIVE_KEY = `arn of ${id('AWS::KMS::Key', 'ArchiveKey')}`;
const IDENTITY = `arn:aws:ses:eu-central-1:111122223333:identity/${id('AWS::SES::EmailIdentity')}`;

/** Keys that live in AWS KMS, as their owners let this stack adopt them. */
const ADOPTED = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const TAGGED = { 'aws:ResourceTag/countersign': stack.stack.stackName };

const at = (partition: string) => ({ 'dynamodb:LeadingKeys': partition });
const ofKey = at(keyPartition('instance', 'key'));
const ofRetained = at(retainedKey('instance', 'key').partition);
const ofInstance = at(instancePartition('instance'));
const ofAlias = at(aliasKey('instance', 'alias').partition);
const [ofCredential, besideItsPerson] = credentialWrites({ hash: 'hash', personId: 'a|b', createdAt: 0 }).map(
  (write) => at('put' in write ? write.put.partition : ''),
);
const ofSession = at(sessionKey('0f').partition);
const ofConsoleSession = at(consoleSessionKey('0f').partition);
const ofWait = at(waitKey({ instanceId: 'instance', keyId: 'key', authorizationId: 'a' }).partition);
const ofRegistration = at(registrationPartition('instance', 'key'));
const ofEmail = at(emailKey('instance', 'a@example.com').partition);
const ofIdentity = at(
  identityKey({ issuer: 'https://login.example.com', subject: 'a' }, 'instance').partition,
);
const ofPeopleMail = at(peopleMailPartition('instance'));
const ofClaim = at(claimKey('hash').partition);
const ofLink = at(
  linkItem({
    hash: 'hash',
    instanceId: 'instance',
    keyId: 'key',
    authorizationId: 'id',
    round: 1,
    personId: 'a|b',
    createdAt: 0,
  }).partition,
);
const ofKeyRing = at(keyRingKey('instance', 'ring').partition);
const ofCheckpoints = at(checkpointsPartition('instance'));
const ofImport = at(importTokenKey('instance').partition);
const sealed = (context: string) => ({ 'kms:EncryptionContext:context': context });
const MATERIAL = sealed(materialContext('key', 'version'));
const RETAINED = sealed(retainedContext('key'));
const IMPORT_KEY = sealed(importKeyContext('token'));
const LINK = sealed(mailContext({ id: 'mail' }));
const from = (address: string) => ({ 'ses:FromAddress': address });

const WAKERS = ['record-authorization', 'await-approval', 'await-reauthorization', 'api', 'sweep'];
const WRITERS_OF_LINKS = [...TASK_NAMES, 'api', 'sweep'];
const WRITERS_OF_KEYS = [...WRITERS_OF_LINKS, 'record-bounce'];
const SEALERS_OF_LINKS = [
  'record-authorization',
  'settle-window',
  'settle-reauthorization',
  'delete-key',
  'api',
  'sweep',
];
const SENDERS = ['await-approval', 'await-reauthorization', 'notify-outcome', 'sweep'];

interface Row extends Request {
  readonly what: string;
  readonly who: readonly string[];
}

const MAIN = table('Main');
const rows: readonly Row[] = [
  // Key material
  {
    what: 'take away the material of a key',
    action: 'dynamodb:DeleteItem',
    resource: table('Material'),
    context: ofKey,
    who: ['delete-key'],
  },
  {
    what: 'set aside the material of a destroyed key',
    action: 'dynamodb:PutItem',
    resource: table('Material'),
    context: ofRetained,
    who: ['delete-key', 'api'],
  },
  {
    what: 'seal it once more',
    action: 'kms:GenerateDataKey',
    resource: key('Sealing'),
    context: RETAINED,
    who: ['delete-key'],
  },
  {
    what: 'read what is set aside',
    action: 'dynamodb:GetItem',
    resource: table('Material'),
    context: ofRetained,
    who: ['api'],
  },
  {
    what: 'unseal what is set aside',
    action: 'kms:Decrypt',
    resource: key('Sealing'),
    context: RETAINED,
    who: ['api'],
  },
  {
    what: 'shred what is set aside',
    action: 'dynamodb:DeleteItem',
    resource: table('Material'),
    context: ofRetained,
    who: ['api', 'sweep'],
  },
  {
    what: 'read sealed key material',
    action: 'dynamodb:GetItem',
    resource: table('Material'),
    context: ofKey,
    who: ['delete-key', 'api', 'sweep'],
  },
  {
    what: 'store key material',
    action: 'dynamodb:PutItem',
    resource: table('Material'),
    context: ofKey,
    who: ['api'],
  },
  {
    what: 'add a version to key material',
    action: 'dynamodb:UpdateItem',
    resource: table('Material'),
    context: ofKey,
    who: ['api', 'sweep'],
  },
  {
    what: 'change what else is beside key material',
    action: 'dynamodb:UpdateItem',
    resource: table('Material'),
    context: at('other#instance#key'),
    who: [],
  },
  {
    what: 'shred the private key of an import token',
    action: 'dynamodb:DeleteItem',
    resource: table('Material'),
    context: ofImport,
    who: ['sweep'],
  },
  {
    what: 'seal the private key of an import token',
    action: 'kms:GenerateDataKey',
    resource: key('Sealing'),
    context: IMPORT_KEY,
    who: ['api'],
  },
  {
    what: 'unseal the private key of an import token',
    action: 'kms:Decrypt',
    resource: key('Sealing'),
    context: IMPORT_KEY,
    who: ['api'],
  },
  {
    what: 'write an import token',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofImport,
    who: ['api', 'sweep'],
  },
  {
    what: 'count a key out of its ring',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofKeyRing,
    who: ['api', 'sweep'],
  },
  {
    what: 'delete a key ring',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofKeyRing,
    who: ['api'],
  },
  { what: 'list key material', action: 'dynamodb:Query', resource: table('Material'), who: [] },
  { what: 'scan key material', action: 'dynamodb:Scan', resource: table('Material'), who: [] },
  {
    what: 'seal key material',
    action: 'kms:GenerateDataKey',
    resource: key('Sealing'),
    context: MATERIAL,
    who: ['api', 'sweep'],
  },
  {
    what: 'unseal key material',
    action: 'kms:Decrypt',
    resource: key('Sealing'),
    context: MATERIAL,
    who: ['api'],
  },
  // The main table
  { what: 'read', action: 'dynamodb:GetItem', resource: MAIN, who: READERS },
  {
    what: 'write what belongs to a key',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofKey,
    who: WRITERS_OF_KEYS,
  },
  {
    what: 'write a link',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofLink,
    who: WRITERS_OF_LINKS,
  },
  {
    what: 'change a link',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofLink,
    who: WRITERS_OF_LINKS,
  },
  {
    what: 'free an alias',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofAlias,
    who: ['api', 'sweep'],
  },
  { what: 'write an alias', action: 'dynamodb:PutItem', resource: MAIN, context: ofAlias, who: ['api'] },
  {
    what: 'write a mail about people',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofPeopleMail,
    who: ['administer', 'api', 'sweep'],
  },
  {
    what: 'note that a mail about people was sent, or came back',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofPeopleMail,
    who: ['administer', 'api', 'sweep', 'record-bounce'],
  },
  {
    what: 'write a link to an API key',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofClaim,
    who: ['api'],
  },
  {
    what: 'write people',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofInstance,
    who: ['administer', 'api'],
  },
  {
    what: 'change people',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofInstance,
    who: ['administer', 'api'],
  },
  {
    what: 'write API keys',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofCredential,
    who: ['administer', 'api'],
  },
  {
    what: 'list API keys beside their person',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: besideItsPerson,
    who: ['administer', 'api'],
  },
  {
    what: 'remove of a key, an audit event among it',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofKey,
    who: [],
  },
  {
    what: 'remove of an instance, an audit event among it',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofInstance,
    who: [],
  },
  {
    what: 'store a task token',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofWait,
    who: ['await-approval', 'await-reauthorization', 'api'],
  },
  {
    what: 'remove a task token',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofWait,
    who: ['notify-outcome'],
  },
  {
    what: 'begin a session',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofSession,
    who: ['api'],
  },
  {
    what: 'end a session',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofSession,
    who: ['api', 'sweep'],
  },
  {
    what: 'begin a session of the console',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofConsoleSession,
    who: ['api'],
  },
  {
    what: 'put off the end of a session of the console',
    action: 'dynamodb:UpdateItem',
    resource: MAIN,
    context: ofConsoleSession,
    who: ['api'],
  },
  {
    what: 'end a session of the console',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofConsoleSession,
    who: ['api', 'sweep'],
  },
  {
    what: 'register a resource',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofRegistration,
    who: ['api'],
  },
  {
    what: 'unregister a resource',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofRegistration,
    who: ['api', 'notify-outcome'],
  },
  { what: 'free an address', action: 'dynamodb:DeleteItem', resource: MAIN, context: ofEmail, who: ['api'] },
  {
    what: 'unbind an issuer’s identity',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofIdentity,
    who: ['api'],
  },
  {
    what: 'remove an API key',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofCredential,
    who: [],
  },
  { what: 'remove a link', action: 'dynamodb:DeleteItem', resource: MAIN, context: ofLink, who: [] },
  {
    what: 'write past the rules',
    action: 'dynamodb:BatchWriteItem',
    resource: MAIN,
    context: ofKey,
    who: [],
  },
  { what: 'scan', action: 'dynamodb:Scan', resource: MAIN, who: [] },
  {
    what: 'page lists',
    action: 'dynamodb:Query',
    resource: `${MAIN}/index/list`,
    who: ['administer', 'api'],
  },
  { what: 'find due work', action: 'dynamodb:Query', resource: `${MAIN}/index/due`, who: ['sweep'] },
  { what: 'delete the table', action: 'dynamodb:DeleteTable', resource: MAIN, who: [] },
  { what: 'shorten recovery', action: 'dynamodb:UpdateContinuousBackups', resource: MAIN, who: [] },
  // The workflow
  { what: 'wake', action: 'states:SendTaskSuccess', resource: STATE_MACHINE, who: WAKERS },
  { what: 'wake others', action: 'states:SendTaskSuccess', resource: OTHER_STATE_MACHINE, who: [] },
  { what: 'fail a task', action: 'states:SendTaskFailure', resource: STATE_MACHINE, who: [] },
  {
    what: 'start the definition that was deployed last',
    action: 'states:StartExecution',
    // Whatever ARN a call names, IAM is asked about the state machine's own.
    resource: STATE_MACHINE,
    context: { 'states:StateMachineQualifier': 'live' },
    who: ['api', 'sweep'],
  },
  {
    what: 'start an older definition',
    action: 'states:StartExecution',
    resource: STATE_MACHINE,
    context: { 'states:StateMachineQualifier': '1' },
    who: [],
  },
  {
    what: 'start one that was not published',
    action: 'states:StartExecution',
    resource: STATE_MACHINE,
    who: [],
  },
  { what: 'start others', action: 'states:StartExecution', resource: OTHER_STATE_MACHINE, who: [] },
  {
    what: 'look',
    action: 'states:DescribeExecution',
    resource: EXECUTION,
    who: ['api', 'sweep', 'archive-execution'],
  },
  { what: 'stop', action: 'states:StopExecution', resource: EXECUTION, who: ['api', 'sweep'] },
  {
    what: 'read histories',
    action: 'states:GetExecutionHistory',
    resource: EXECUTION,
    who: ['api', 'archive-execution'],
  },
  {
    what: 'list executions',
    action: 'states:ListExecutions',
    resource: STATE_MACHINE,
    who: ['archive-execution'],
  },
  {
    what: 'list the executions of others',
    action: 'states:ListExecutions',
    resource: OTHER_STATE_MACHINE,
    who: [],
  },
  { what: 'change the workflow', action: 'states:UpdateStateMachine', resource: STATE_MACHINE, who: [] },
  // What leaves the tables
  {
    what: 'read the stream of the main table',
    action: 'dynamodb:GetRecords',
    resource: STREAM,
    who: ['publish-events'],
  },
  {
    what: 'read the stream of another table',
    action: 'dynamodb:GetRecords',
    resource: `${table('Material')}/stream/2026`,
    who: [],
  },
  {
    what: 'publish events',
    action: 'events:PutEvents',
    resource: BUS,
    context: { 'events:source': 'countersign' },
    who: ['publish-events'],
  },
  {
    what: 'publish as somebody else',
    action: 'events:PutEvents',
    resource: BUS,
    context: { 'events:source': 'payroll' },
    who: [],
  },
  { what: 'archive', action: 's3:PutObject', resource: ARCHIVED, who: ['archive-execution'] },
  {
    what: 'encrypt what is archived',
    action: 'kms:GenerateDataKey',
    resource: ARCHIVE_KEY,
    context: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' },
    who: ['archive-execution'],
  },
  {
    what: 'see what is archived',
    action: 's3:ListBucket',
    resource: ARCHIVED.split('/')[0] ?? '',
    who: ['archive-execution'],
  },
  { what: 'read what is archived', action: 's3:GetObject', resource: ARCHIVED, who: [] },
  { what: 'remove what is archived', action: 's3:DeleteObjectVersion', resource: ARCHIVED, who: [] },
  { what: 'lift a lock', action: 's3:PutObjectRetention', resource: ARCHIVED, who: [] },
  { what: 'get round a lock', action: 's3:BypassGovernanceRetention', resource: ARCHIVED, who: [] },
  // Mail
  { what: 'send', action: 'ses:SendEmail', resource: IDENTITY, context: from(MAIL_FROM), who: SENDERS },
  {
    what: 'send raw',
    action: 'ses:SendRawEmail',
    resource: IDENTITY,
    context: from(MAIL_FROM),
    who: SENDERS,
  },
  {
    what: 'send to somebody whose address is verified here, as in the sandbox everybody’s is',
    action: 'ses:SendRawEmail',
    resource: 'arn:aws:ses:eu-central-1:111122223333:identity/mia@example.com',
    context: from(MAIL_FROM),
    who: SENDERS,
  },
  {
    what: 'send as another',
    action: 'ses:SendEmail',
    resource: IDENTITY,
    context: from('ceo@countersign.dev'),
    who: [],
  },
  {
    what: 'seal a link',
    action: 'kms:GenerateDataKey',
    resource: key('Sealing'),
    context: LINK,
    who: SEALERS_OF_LINKS,
  },
  { what: 'unseal a link', action: 'kms:Decrypt', resource: key('Sealing'), context: LINK, who: SENDERS },
  { what: 'unseal without a context', action: 'kms:Decrypt', resource: key('Sealing'), who: [] },
  // Tokens and keys
  {
    what: 'sign tokens',
    action: 'kms:Sign',
    resource: key('TokenSigning'),
    context: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
    who: ['api'],
  },
  {
    what: 'sign checkpoints',
    action: 'kms:Sign',
    resource: key('CheckpointSigning'),
    context: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
    who: ['sweep'],
  },
  {
    what: 'append a checkpoint, to no use without its signature',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofCheckpoints,
    who: ['administer', 'api', 'sweep'],
  },
  {
    what: 'remove a checkpoint',
    action: 'dynamodb:DeleteItem',
    resource: MAIN,
    context: ofCheckpoints,
    who: [],
  },
  {
    what: 'sign in another way',
    action: 'kms:Sign',
    resource: key('TokenSigning'),
    context: { 'kms:SigningAlgorithm': 'RSASSA_PSS_SHA_256' },
    who: [],
  },
  {
    what: 'use the tables key through DynamoDB',
    action: 'kms:Decrypt',
    resource: key('Tables'),
    context: { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' },
    who: EVERYBODY,
  },
  { what: 'use the tables key directly', action: 'kms:Decrypt', resource: key('Tables'), who: [] },
  {
    what: 'look at an adopted key of AWS KMS',
    action: 'kms:ListGrants',
    resource: ADOPTED,
    context: TAGGED,
    who: ['record-authorization', 'delete-key', 'api'],
  },
  {
    what: 'see whether an adopted key is gone',
    action: 'kms:DescribeKey',
    resource: ADOPTED,
    context: TAGGED,
    who: ['record-authorization', 'delete-key', 'api', 'sweep'],
  },
  {
    what: 'delete an adopted key',
    action: 'kms:ScheduleKeyDeletion',
    resource: ADOPTED,
    context: TAGGED,
    who: ['delete-key'],
  },
  {
    what: 'take the deletion of an adopted key back',
    action: 'kms:CancelKeyDeletion',
    resource: ADOPTED,
    context: TAGGED,
    who: ['api'],
  },
  { what: 'delete a key without the tag', action: 'kms:ScheduleKeyDeletion', resource: ADOPTED, who: [] },
  {
    what: 'delete a key of another stack',
    action: 'kms:ScheduleKeyDeletion',
    resource: ADOPTED,
    context: { 'aws:ResourceTag/countersign': 'Another' },
    who: [],
  },
  { what: 'use an adopted key', action: 'kms:Decrypt', resource: ADOPTED, context: TAGGED, who: [] },
  { what: 'tag a key', action: 'kms:TagResource', resource: ADOPTED, context: TAGGED, who: [] },
  { what: 'delete a KMS key', action: 'kms:ScheduleKeyDeletion', resource: key('Sealing'), who: [] },
  { what: 'change a KMS key policy', action: 'kms:PutKeyPolicy', resource: key('Sealing'), who: [] },
];

describe('who may do what', () => {
  test.each(rows.map((row) => [row.what, row] as const))('%s', (_, { who, ...request }) => {
    const may = EVERYBODY.filter((name) =>
      allowed(statementsOf(stack, functions.get(name)?.role ?? ''), request),
    );
    expect(may.toSorted()).toEqual([...who].sort());
  });
});

describe('starting drills', () => {
  const may = (of: typeof stack, request: Request) =>
    allowed(statementsOf(of, functionsOf(of).get('sweep')?.role ?? ''), request);
  const drill = { instanceId: 'instance', id: 'drill', startedAt: 0 };
  const needed: readonly Request[] = [
    { action: 'dynamodb:Query', resource: `${MAIN}/index/list` },
    ...[
      drillLinkItem({ ...drill, hash: 'hash', personId: 'a|b', createdAt: 0 }).partition,
      drillPartition('instance'),
      keyPartition('instance', 'key'),
      peopleMailPartition('instance'),
    ].map((partition) => ({ action: 'dynamodb:PutItem', resource: MAIN, context: at(partition) })),
    { action: 'kms:GenerateDataKey', resource: key('Sealing'), context: LINK },
  ];

  test('is within the rights of the sweeper where the settings have a schedule, and not elsewhere', () => {
    const scheduled = synthesized({ drillEveryDays: 90 });
    expect(functionsOf(scheduled).get('sweep')?.environment.DRILL_EVERY_DAYS).toBe('90');
    expect(needed.filter((request) => !may(scheduled, request))).toEqual([]);
    expect(needed.filter((request) => !may(stack, request))).toEqual(needed.slice(0, 2));
  });
});

const roles = stack.ofType('AWS::IAM::Role');

test('every function has a role of its own, and rights come from policies of this stack alone', () => {
  const others = ['administer', 'api', 'archive-execution', 'publish-events', 'record-bounce', 'sweep'];
  expect(EVERYBODY.toSorted()).toEqual([...TASK_NAMES, ...others].sort());
  expect(new Set([...functions.values()].map(({ role }) => role)).size).toBe(EVERYBODY.length);
  for (const { Properties } of roles) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(Properties).not.toHaveProperty('Policies');
  }
});

test('no role has a wildcard among its actions, and everything as a resource only where AWS offers nothing less', () => {
  for (const statement of roles.flatMap((role) => statementsOf(stack, role.id))) {
    expect(statement.actions.filter((action) => action.includes('*'))).toEqual([]);
    if (statement.resources.includes('*'))
      for (const action of statement.actions)
        expect(action).toMatch(/^(xray:(Put|Get)|kms:ListAliases$|logs:.*(Log|Policies|Policy|Groups))/);
  }
});

test('the state machine may call the aliases of its seven steps and no other function, a schedule its own', () => {
  const aliases = stack.ofType('AWS::Lambda::Alias').map(({ id }) => stack.resolve({ Ref: id }));
  const callableBy = (beginning: string) => {
    const statements = statementsOf(stack, one(stack, 'AWS::IAM::Role', beginning).id);
    return aliases.filter((resource) => allowed(statements, { action: 'lambda:InvokeFunction', resource }));
  };
  const byWorkflow = callableBy('WorkflowStateMachine');
  expect(byWorkflow).toHaveLength(TASK_NAMES.length);
  for (const alias of byWorkflow) expect(alias).toContain(':function:Steps');
  for (const scheduled of ['Sweeper', 'Archive'])
    expect(callableBy(`${scheduled}ScheduleRole`)).toEqual(
      aliases.filter((alias) => alias.includes(`:function:${scheduled}`)),
    );
});
