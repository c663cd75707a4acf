import { describe, expect, test } from 'vitest';
import { credentialItem } from '../../lib/operations/records/credential.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { aliasKey, keyPartition } from '../../lib/operations/records/key.ts';
import { linkItem } from '../../lib/operations/records/link.ts';
import { mailContext } from '../../lib/operations/records/mail.ts';
import { materialContext } from '../../lib/operations/records/material.ts';
import { emailKey } from '../../lib/operations/records/person.ts';
import { waitKey } from '../../lib/operations/records/wait.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { allowed, type Request, statementsOf } from './policies.ts';
import { functionsOf, MAIL_FROM, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const functions = functionsOf(stack);
const EVERYBODY = [...functions.keys()];

const id = (type: string, beginning?: string): string => one(stack, type, beginning).id;
const table = (name: 'Main' | 'Material') => `arn of ${id('AWS::DynamoDB::Table', `Tables${name}`)}`;
const key = (name: 'Tables' | 'Sealing' | 'TokenSigning') => `arn of ${id('AWS::KMS::Key', `Keys${name}`)}`;
const STATE_MACHINE = stack.resolve({ Ref: id('AWS::StepFunctions::StateMachine') });
const EXECUTION = `${STATE_MACHINE.replace('stateMachine', 'execution')}:name-1`;
const OTHER_STATE_MACHINE = STATE_MACHINE.replace(/[^:]+$/, 'Payroll');
const IDENTITY = `arn:aws:ses:eu-central-1:111122223333:identity/${id('AWS::SES::EmailIdentity')}`;

const at = (partition: string) => ({ 'dynamodb:LeadingKeys': partition });
const ofKey = at(keyPartition('instance', 'key'));
const ofInstance = at(instancePartition('instance'));
const ofAlias = at(aliasKey('instance', 'alias').partition);
const ofCredential = at(credentialItem({ hash: 'hash', personId: 'a|b', createdAt: 0 }).partition);
const ofWait = at(waitKey({ instanceId: 'instance', keyId: 'key', authorizationId: 'a' }).partition);
const ofEmail = at(emailKey('instance', 'a@example.com').partition);
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
const sealed = (context: string) => ({ 'kms:EncryptionContext:context': context });
const MATERIAL = sealed(materialContext('key', 'version'));
const LINK = sealed(mailContext({ id: 'mail' }));
const from = (address: string) => ({ 'ses:FromAddress': address });

const WAKERS = ['record-authorization', 'await-approval', 'await-reauthorization', 'api', 'sweep'];
const WRITERS_OF_KEYS = [...TASK_NAMES, 'api', 'sweep'];
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
    what: 'shred key material',
    action: 'dynamodb:DeleteItem',
    resource: table('Material'),
    who: ['delete-key'],
  },
  { what: 'read key material', action: 'dynamodb:GetItem', resource: table('Material'), who: ['api'] },
  { what: 'store key material', action: 'dynamodb:PutItem', resource: table('Material'), who: ['api'] },
  { what: 'change key material', action: 'dynamodb:UpdateItem', resource: table('Material'), who: [] },
  { what: 'list key material', action: 'dynamodb:Query', resource: table('Material'), who: [] },
  { what: 'scan key material', action: 'dynamodb:Scan', resource: table('Material'), who: [] },
  {
    what: 'seal key material',
    action: 'kms:GenerateDataKey',
    resource: key('Sealing'),
    context: MATERIAL,
    who: ['api'],
  },
  {
    what: 'unseal key material',
    action: 'kms:Decrypt',
    resource: key('Sealing'),
    context: MATERIAL,
    who: ['api'],
  },
  // The main table
  { what: 'read', action: 'dynamodb:GetItem', resource: MAIN, who: EVERYBODY },
  {
    what: 'write what belongs to a key',
    action: 'dynamodb:PutItem',
    resource: MAIN,
    context: ofKey,
    who: WRITERS_OF_KEYS,
  },
  { what: 'write a link', action: 'dynamodb:PutItem', resource: MAIN, context: ofLink, who: WRITERS_OF_KEYS },
  { what: 'write an alias', action: 'dynamodb:PutItem', resource: MAIN, context: ofAlias, who: ['api'] },
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
  { what: 'free an address', action: 'dynamodb:DeleteItem', resource: MAIN, context: ofEmail, who: ['api'] },
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
  { what: 'start', action: 'states:StartExecution', resource: STATE_MACHINE, who: ['api', 'sweep'] },
  { what: 'start others', action: 'states:StartExecution', resource: OTHER_STATE_MACHINE, who: [] },
  { what: 'look', action: 'states:DescribeExecution', resource: EXECUTION, who: ['api', 'sweep'] },
  { what: 'stop', action: 'states:StopExecution', resource: EXECUTION, who: ['api', 'sweep'] },
  { what: 'read histories', action: 'states:GetExecutionHistory', resource: EXECUTION, who: ['api'] },
  { what: 'change the workflow', action: 'states:UpdateStateMachine', resource: STATE_MACHINE, who: [] },
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

const roles = stack.ofType('AWS::IAM::Role');

test('every function has a role of its own, and rights come from policies of this stack alone', () => {
  expect(EVERYBODY.toSorted()).toEqual([...TASK_NAMES, 'administer', 'api', 'sweep'].sort());
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
        expect(action).toMatch(/^(xray:(Put|Get)|logs:.*(Log|Policies|Policy|Groups))/);
  }
});

test('the state machine may call the aliases of its seven steps and no other function, the schedule the sweeper', () => {
  const aliases = stack.ofType('AWS::Lambda::Alias').map(({ id }) => stack.resolve({ Ref: id }));
  const callableBy = (beginning: string) => {
    const statements = statementsOf(stack, one(stack, 'AWS::IAM::Role', beginning).id);
    return aliases.filter((resource) => allowed(statements, { action: 'lambda:InvokeFunction', resource }));
  };
  const byWorkflow = callableBy('WorkflowStateMachine');
  expect(byWorkflow).toHaveLength(TASK_NAMES.length);
  for (const alias of byWorkflow) expect(alias).toContain(':function:Steps');
  expect(callableBy('SchedulerRole')).toEqual(aliases.filter((alias) => alias.includes(':function:Sweeper')));
});
