import { describe, expect, it } from 'vitest';
import { exposuresIn } from '../../lib/domain/kms-exposure.ts';
import { keyPolicyStatements, serviceControlPolicy } from '../../lib/domain/kms-guard.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Countersign-StepsDeleteKeyRole';
const ADMIN = 'arn:aws:iam::111122223333:role/BreakGlass';
const GUARD = { role: ROLE, adminRoles: [ADMIN], stackName: 'Countersign' };

/** AWS KMS's default key policy: whatever IAM policies of the account let somebody do. */
const DEFAULT = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:*',
  Resource: '*',
};
const policyOf = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });
const exposed = (...statements: readonly object[]) => exposuresIn(policyOf(...statements), ROLE);

describe('who could delete a key without Countersign', () => {
  it('is everybody in the account whom an IAM policy lets, by the default policy', () => {
    expect(exposed(DEFAULT)).toEqual({
      exposures: [
        {
          principal: 'account 111122223333',
          actions: [
            'kms:DeleteImportedKeyMaterial',
            'kms:DisableKey',
            'kms:PutKeyPolicy',
            'kms:ScheduleKeyDeletion',
            'kms:TagResource',
            'kms:UntagResource',
          ],
          level: 'ends',
          conditional: false,
        },
      ],
      unread: [],
    });
  });

  it('is nobody with the statements that are offered, but for whom they leave out', () => {
    expect(exposed(DEFAULT, ...keyPolicyStatements(GUARD)).exposures).toEqual([]);
    const { exposures } = exposed(DEFAULT, ...keyPolicyStatements({ ...GUARD, adminRoles: [] }));
    expect(exposures).toMatchObject([{ principal: 'account 111122223333', level: 'loosens' }]);
  });

  it('is the break-glass role as far as it is let, which may not delete', () => {
    const admin = { Effect: 'Allow', Principal: { AWS: ADMIN }, Action: 'kms:*', Resource: '*' };
    const { exposures } = exposed(DEFAULT, admin, ...keyPolicyStatements(GUARD));
    expect(exposures).toMatchObject([{ principal: ADMIN, level: 'loosens' }]);
  });

  it.each([
    ['by a wildcard', { Action: 'kms:Schedule*' }],
    ['in another case', { Action: ['KMS:schedulekeydeletion'] }],
    ['by all but some actions', { NotAction: ['kms:Decrypt'] }],
    ['to another account', { Action: 'kms:ScheduleKeyDeletion', Principal: { AWS: '444455556666' } }],
    ['to everybody', { Action: 'kms:ScheduleKeyDeletion', Principal: '*' }],
  ])('is found where it is allowed %s', (_, more) => {
    const one = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:user/eve' },
      Resource: '*',
      ...more,
    };
    expect(exposed(one).exposures).toMatchObject([{ level: 'ends' }]);
  });

  it('is said to be under conditions where there are some, and a denial under conditions is none', () => {
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    expect(exposed({ ...DEFAULT, Condition }).exposures).toMatchObject([{ conditional: true }]);
    const denial = { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition };
    expect(exposed(DEFAULT, denial).exposures).toMatchObject([{ level: 'ends' }]);
  });

  it('is whoever the denial leaves out besides the role', () => {
    const others = [`${ADMIN}Two`, ADMIN];
    const [ending, loosening] = keyPolicyStatements(GUARD);
    const leavesOut = (...roles: readonly string[]) => ({
      ...ending,
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': [ROLE, ...roles] } },
    });
    const { exposures } = exposed(DEFAULT, leavesOut(...others), loosening ?? {});
    expect(exposures).toMatchObject(others.map((principal) => ({ principal, level: 'ends' })));
    // What another denial takes from them they do not have.
    const both = exposed(DEFAULT, leavesOut(...others), leavesOut(ADMIN), loosening ?? {});
    expect(both.exposures).toMatchObject([{ principal: ADMIN, level: 'ends' }]);
  });

  it('is everybody where the denial leaves out a wildcard', () => {
    const [ending = {}, loosening = {}] = keyPolicyStatements(GUARD);
    const Condition = { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } };
    expect(exposed(DEFAULT, { ...ending, Condition }, loosening).exposures).toMatchObject([
      { principal: 'account 111122223333', level: 'ends' },
    ]);
  });

  it('is not the role itself', () => {
    const own = {
      Effect: 'Allow',
      Principal: { AWS: ROLE },
      Action: 'kms:ScheduleKeyDeletion',
      Resource: '*',
    };
    expect(exposed(own).exposures).toEqual([]);
  });

  it('is not known where the policy says what is not read here', () => {
    const odd = { Sid: 'odd', Effect: 'Allow', NotPrincipal: { AWS: ADMIN }, Action: 'kms:*', Resource: '*' };
    expect(exposed(odd).unread).toEqual(['odd says NotPrincipal']);
    expect(exposuresIn('no JSON', ROLE).unread).toHaveLength(1);
  });
});

describe('the service control policy', () => {
  it('binds keys with the tag and the role, and leaves out whom it names', () => {
    const { Statement } = serviceControlPolicy(GUARD);
    expect(Statement.map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      [
        'CountersignAloneDeletes',
        {
          StringEquals: { 'aws:ResourceTag/countersign': 'Countersign' },
          ArnNotEquals: { 'aws:PrincipalArn': [ROLE] },
        },
      ],
      [
        'NobodyLoosensIt',
        {
          StringEquals: { 'aws:ResourceTag/countersign': 'Countersign' },
          ArnNotEquals: { 'aws:PrincipalArn': [ADMIN] },
        },
      ],
      ['NobodyBecomesTheRole', { ArnNotEquals: { 'aws:PrincipalArn': [ADMIN] } }],
    ]);
  });

  it('fits into what AWS Organizations takes', () => {
    const adminRoles = Array.from({ length: 10 }, (_, i) => `${ADMIN}${i}`);
    expect(JSON.stringify(serviceControlPolicy({ ...GUARD, adminRoles })).length).toBeLessThan(5_120);
  });
});
