import { describe, expect, test } from 'vitest';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { retainedKey } from '../../lib/operations/records/material.ts';
import { sessionKey } from '../../lib/operations/records/session.ts';
import { TASK_NAMES } from '../../lib/workflow/task-names.ts';
import { allowed, type Request, resourceStatementsOf, type Statement, statementsOf } from './policies.ts';
import { functionsOf, one, type Synthesized, synthesized } from './synthesized.ts';

const BREAK_GLASS = 'arn:aws:iam::111122223333:role/BreakGlass';
const ADMINISTRATOR = 'arn:aws:iam::111122223333:role/Administrator';
const EVERYTHING: readonly Statement[] = [
  { effect: 'Allow', actions: ['*'], resources: ['*'], conditions: {} },
];

const TABLE = 'AWS::DynamoDB::Table';
const KEY = 'AWS::KMS::Key';

/** Whether somebody may, by their own policies and by that of the table or key, as both are needed in one account. */
function may(
  stack: Synthesized,
  who: { readonly arn: string; readonly statements: readonly Statement[] },
  { type, beginning, action, context }: { type: string; beginning: string } & Omit<Request, 'resource'>,
): boolean {
  const { id } = one(stack, type, beginning);
  const request = {
    action,
    resource: `arn of ${id}`,
    context: {
      ...context,
      'aws:PrincipalArn': who.arn,
      'aws:PrincipalAccount': 'arn:aws:iam::111122223333:root',
    },
  };
  const denials = resourceStatementsOf(stack, type, id).filter(({ effect }) => effect === 'Deny');
  return allowed([...who.statements, ...denials], request);
}

const at = (partition: string) => ({ 'dynamodb:LeadingKeys': partition });
const ofKey = at(keyPartition('instance', 'key'));
const ofInstance = at(instancePartition('instance'));
const ofRetained = at(retainedKey('instance', 'key').partition);
const ofSession = at(sessionKey('0f').partition);
const sealed = { 'kms:EncryptionContext:context': 'key key version' };
const link = { 'kms:EncryptionContext:context': 'mail mail' };
const rs256 = { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' };

/** What an administrator of the account, who may do everything, may not do without changing a policy first. */
const DENIED = [
  ['approve by hand', TABLE, 'TablesMain', 'dynamodb:UpdateItem', ofKey],
  ['write over an audit event', TABLE, 'TablesMain', 'dynamodb:PutItem', ofKey],
  ['remove an audit event', TABLE, 'TablesMain', 'dynamodb:DeleteItem', ofKey],
  ['make themselves Manager', TABLE, 'TablesMain', 'dynamodb:PutItem', ofInstance],
  ['go past the conditions in a batch', TABLE, 'TablesMain', 'dynamodb:BatchWriteItem', ofKey],
  ['go past them by PartiQL', TABLE, 'TablesMain', 'dynamodb:PartiQLDelete', ofKey],
  ['have what expires deleted', TABLE, 'TablesMain', 'dynamodb:UpdateTimeToLive', {}],
  ['read sealed key material', TABLE, 'TablesMaterial', 'dynamodb:GetItem', ofKey],
  ['scan it', TABLE, 'TablesMaterial', 'dynamodb:Scan', {}],
  ['delete it', TABLE, 'TablesMaterial', 'dynamodb:DeleteItem', ofKey],
  ['shred what is set aside', TABLE, 'TablesMaterial', 'dynamodb:DeleteItem', ofRetained],
  ['keep a copy of it', TABLE, 'TablesMaterial', 'dynamodb:CreateBackup', {}],
  ['export it', TABLE, 'TablesMaterial', 'dynamodb:ExportTableToPointInTime', {}],
  ['bring shredded material back', TABLE, 'TablesMaterial', 'dynamodb:RestoreTableToPointInTime', {}],
  ['stream it elsewhere', TABLE, 'TablesMaterial', 'dynamodb:EnableKinesisStreamingDestination', {}],
  ['unseal key material', KEY, 'KeysSealing', 'kms:Decrypt', sealed],
  ['unseal a mailed link', KEY, 'KeysSealing', 'kms:Decrypt', link],
  ['have somebody else unseal it', KEY, 'KeysSealing', 'kms:CreateGrant', {}],
  ['seal material of their own', KEY, 'KeysSealing', 'kms:GenerateDataKey', sealed],
  ['sign an access token', KEY, 'KeysTokenSigning', 'kms:Sign', rs256],
  ['sign a checkpoint', KEY, 'KeysCheckpointSigning', 'kms:Sign', rs256],
] as const;

const stack = synthesized();
const withBreakGlass = synthesized({ breakGlassRole: BREAK_GLASS });

describe('an administrator of the account cannot', () => {
  test.each(DENIED)('%s', (_, type, beginning, action, context) => {
    const asked = { type, beginning, action, context };
    expect(may(stack, { arn: ADMINISTRATOR, statements: EVERYTHING }, asked)).toBe(false);
    expect(may(withBreakGlass, { arn: ADMINISTRATOR, statements: EVERYTHING }, asked)).toBe(false);
  });

  test('but the break-glass role can, where there is one', () => {
    for (const [what, type, beginning, action, context] of DENIED) {
      const asked = { type, beginning, action, context };
      expect(may(withBreakGlass, { arn: BREAK_GLASS, statements: EVERYTHING }, asked), what).toBe(true);
      expect(may(stack, { arn: BREAK_GLASS, statements: EVERYTHING }, asked), what).toBe(false);
    }
  });

  test('lock themselves out: policies, tables and keys can still be administered', () => {
    const administrator = { arn: ADMINISTRATOR, statements: EVERYTHING };
    for (const action of [
      'PutResourcePolicy',
      'DeleteResourcePolicy',
      'UpdateTable',
      'UpdateContinuousBackups',
    ])
      for (const beginning of ['TablesMain', 'TablesMaterial'])
        expect(may(stack, administrator, { type: TABLE, beginning, action: `dynamodb:${action}` })).toBe(
          true,
        );
    for (const beginning of ['KeysTables', 'KeysSealing', 'KeysTokenSigning', 'KeysCheckpointSigning'])
      for (const action of ['PutKeyPolicy', 'DescribeKey', 'EnableKeyRotation'])
        expect(may(stack, administrator, { type: KEY, beginning, action: `kms:${action}` })).toBe(true);
  });
});

describe('no denial takes anything from those whose part it is', () => {
  const functions = functionsOf(stack);
  const who = (name: string) => {
    const role = functions.get(name)?.role ?? '';
    return { arn: `arn of ${role}`, statements: statementsOf(stack, role) };
  };
  const TAKEN = [
    ...[...TASK_NAMES, 'api', 'sweep'].map(
      (name) => [name, TABLE, 'TablesMain', 'dynamodb:UpdateItem', ofKey] as const,
    ),
    ['administer', TABLE, 'TablesMain', 'dynamodb:PutItem', ofInstance],
    ['api', TABLE, 'TablesMain', 'dynamodb:DeleteItem', ofSession],
    ['api', TABLE, 'TablesMaterial', 'dynamodb:GetItem', ofKey],
    ['api', TABLE, 'TablesMaterial', 'dynamodb:PutItem', ofKey],
    ['sweep', TABLE, 'TablesMaterial', 'dynamodb:DeleteItem', ofRetained],
    ['delete-key', TABLE, 'TablesMaterial', 'dynamodb:DeleteItem', ofKey],
    ['api', KEY, 'KeysSealing', 'kms:Decrypt', sealed],
    ['notify-outcome', KEY, 'KeysSealing', 'kms:Decrypt', link],
    ['settle-window', KEY, 'KeysSealing', 'kms:GenerateDataKey', link],
    ['api', KEY, 'KeysTokenSigning', 'kms:Sign', rs256],
    ['sweep', KEY, 'KeysCheckpointSigning', 'kms:Sign', rs256],
  ] as const;

  test.each(TAKEN)('%s: %s %s %s', (name, type, beginning, action, context) => {
    expect(may(stack, who(name), { type, beginning, action, context })).toBe(true);
  });
});

test('whoever may read the main table reads it still: a denial is about what changes', () => {
  const administrator = { arn: ADMINISTRATOR, statements: EVERYTHING };
  for (const action of ['dynamodb:GetItem', 'dynamodb:Query'])
    expect(may(stack, administrator, { type: TABLE, beginning: 'TablesMain', action, context: ofKey })).toBe(
      true,
    );
});

test('a table’s policy stays within the 20 KB that DynamoDB takes', () => {
  for (const { Properties } of stack.ofType(TABLE))
    expect(JSON.stringify(Properties.ResourcePolicy).length).toBeLessThan(20_480);
});
