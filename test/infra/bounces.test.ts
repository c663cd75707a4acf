import { expect, test } from 'vitest';
import { functionsOf, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const queue = `arn of ${one(stack, 'AWS::SQS::Queue').id}`;
const rule = one(stack, 'AWS::Events::Rule', 'Bounces');

test('what this account’s SES says of the mails of this stack is asked for; of other mails and other accounts nothing', () => {
  expect(rule.Properties).not.toHaveProperty('EventBusName');
  expect(rule.Properties.EventPattern).toEqual({
    account: [{ Ref: 'AWS::AccountId' }],
    source: ['aws.ses'],
    // EventBridge events reference, "Amazon Simple Email Service events".
    'detail-type': ['Email Bounced', 'Email Complaint Received', 'Email Rejected'],
    detail: {
      mail: { tags: { 'ses:configuration-set': [{ Ref: one(stack, 'AWS::SES::ConfigurationSet').id }] } },
    },
  });
});

test('it goes to its function, is tried for six hours, and is put aside when it cannot be recorded', () => {
  const { Targets } = rule.Properties as {
    Targets: readonly { Arn: unknown; RetryPolicy: object; DeadLetterConfig: { Arn: unknown } }[];
  };
  expect(Targets.map(({ Arn }) => stack.resolve(Arn))).toEqual([
    expect.stringContaining(':function:BouncesRecord'),
  ]);
  expect(Targets).toMatchObject([{ RetryPolicy: { MaximumEventAgeInSeconds: 21_600 } }]);
  expect(Targets.map(({ DeadLetterConfig }) => stack.resolve(DeadLetterConfig.Arn))).toEqual([queue]);
  expect(one(stack, 'AWS::Lambda::EventInvokeConfig', 'BouncesRecord').Properties).toMatchObject({
    MaximumRetryAttempts: 2,
    MaximumEventAgeInSeconds: 21_600,
  });
  const recorder = functionsOf(stack).get('record-bounce')?.resource.Properties;
  const { DeadLetterConfig } = recorder as { DeadLetterConfig: { TargetArn: unknown } };
  expect(stack.resolve(DeadLetterConfig.TargetArn)).toBe(queue);
});

test('its function is told where the tables are, and no key that seals or signs, sender or state machine', () => {
  expect(Object.keys(functionsOf(stack).get('record-bounce')?.environment ?? {}).toSorted()).toEqual([
    'MAIN_TABLE',
    'MATERIAL_TABLE',
    'NODE_OPTIONS',
    'POWERTOOLS_METRICS_NAMESPACE',
    'POWERTOOLS_SERVICE_NAME',
  ]);
});

test('what came back is not mailed to the sender’s mailbox as well: it can quote a link', () => {
  expect(one(stack, 'AWS::SES::EmailIdentity').Properties.FeedbackAttributes).toEqual({
    EmailForwardingEnabled: false,
  });
});
