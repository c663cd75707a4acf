import { Stack } from 'aws-cdk-lib';
import { accept } from './accepted.ts';
import { ADOPTED_TAG } from './adopted-tag.ts';
import type { BackendFunction } from './backend-function.ts';

/** What a function may do with keys that live in AWS KMS, beside looking at them. */
export type ExternalRight = 'look' | 'delete' | 'restore';

/** What is asked of a key before people decide, and again before it is deleted. */
const DESCRIBING = ['kms:DescribeKey', 'kms:GetKeyLastUsage', 'kms:ListGrants'];

const ACTIONS: { readonly [right in ExternalRight]: readonly string[] } = {
  look: DESCRIBING,
  delete: [...DESCRIBING, 'kms:ScheduleKeyDeletion'],
  restore: [...DESCRIBING, 'kms:CancelKeyDeletion'],
};

/**
 * Rights on keys of this account that carry the tag, in any Region, and on no other. The key's policy must let IAM
 * policies count, as the default one does. Listing aliases is a right that AWS KMS gives on no single key.
 */
export function grantExternalKeys(to: BackendFunction, right: ExternalRight): void {
  allowOnAdopted(to, ACTIONS[right]);
  to.allow({ actions: ['kms:ListAliases'], resources: ['*'] });
}

/** Seeing whether a key is gone when its pending window is over. */
export const grantExternalStatus = (to: BackendFunction): void => allowOnAdopted(to, ['kms:DescribeKey']);

function allowOnAdopted(to: BackendFunction, actions: readonly string[]): void {
  const { partition, account, stackName } = Stack.of(to);
  to.allow({
    actions: [...actions],
    resources: [`arn:${partition}:kms:*:${account}:key/*`],
    conditions: { StringEquals: { [`aws:ResourceTag/${ADOPTED_TAG}`]: stackName } },
  });
  accept(to, {
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:*:<AWS::AccountId>:key/*]':
      'Which keys are adopted is decided after the deployment, in any Region: by the tag that the condition asks for, which only who may tag the key can give it. test/infra/iam.test.ts finds that a key without the tag is out of reach.',
  });
}
