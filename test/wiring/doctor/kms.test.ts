import { KMSClient } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test } from 'vitest';
import { keyPolicyStatements } from '../../../lib/domain/kms-guard.ts';
import { examineKms } from '../../../lib/wiring/doctor/kms.ts';
import { type AwsAnswer, startAwsServer } from '../../support/aws-server.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROLE = 'arn:aws:iam::111122223333:role/Countersign-StepsDeleteKeyRole';
const ADMIN = 'arn:aws:iam::111122223333:role/BreakGlass';
const DEFAULT = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:*',
  Resource: '*',
};
const policyOf = (...Statement: readonly object[]): AwsAnswer => ({
  body: { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) },
});
const NO_GRANTS: AwsAnswer = { body: { Grants: [] } };

async function examined(policy: AwsAnswer, grants = NO_GRANTS, region?: string) {
  const server = await startAwsServer(({ target }) => (target.endsWith('GetKeyPolicy') ? policy : grants));
  onTestFinished(() => server.close());
  return examineKms({ keys: [ARN], role: ROLE, region }, () => new KMSClient(server.client));
}

test('a key with the default policy is open to everybody in its account whom an IAM policy lets', async () => {
  const [first] = await examined(policyOf(DEFAULT));
  expect(first).toMatchObject({ status: 'fail', todo: expect.stringContaining('countersign kms policy') });
  expect(first?.found).toContain('account 111122223333 may DeleteImportedKeyMaterial');
});

test('a key with the statements that are offered is in order', async () => {
  const guard = keyPolicyStatements({ role: ROLE, adminRoles: [ADMIN], stackName: 'Countersign' });
  const findings = await examined(policyOf(DEFAULT, ...guard));
  expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok']);
});

test('grants let nobody delete a key, and those that make more grants are named', async () => {
  const Grants = [
    { GranteePrincipal: 'arn:a', Operations: ['Decrypt'] },
    { GranteePrincipal: 'arn:b', Operations: ['Decrypt', 'CreateGrant'] },
  ];
  const findings = await examined(policyOf(DEFAULT), { body: { Grants } });
  expect(findings.at(-1)).toMatchObject({ status: 'ok', found: expect.stringContaining('2 grants') });
  expect(findings.at(-1)?.found).toContain('arn:b can make more');
});

test('what nobody may see is said, and is not in order', async () => {
  const denied: AwsAnswer = { error: 'AccessDeniedException' };
  expect(await examined(denied)).toMatchObject([
    { status: 'warn', found: expect.stringContaining('AccessDenied') },
  ]);
  const findings = await examined(policyOf(DEFAULT), denied);
  expect(findings.at(-1)).toMatchObject({ status: 'warn' });
});

test('keys of other Regions are left out where one is named', async () => {
  expect(await examined(policyOf(DEFAULT), NO_GRANTS, 'us-east-1')).toMatchObject([{ status: 'ok' }]);
});
