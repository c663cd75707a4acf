import { describe, expect, test } from 'vitest';
import { passSpan } from '../../lib/domain/archive-pass.ts';
import { allowed, type Request, resourceStatementsOf } from './policies.ts';
import { functionsOf, one, type Resource, synthesized } from './synthesized.ts';

const stack = synthesized();
const bucket = one(stack, 'AWS::S3::Bucket');

interface LockedBucket {
  readonly ObjectLockConfiguration: {
    readonly Rule: { readonly DefaultRetention: { readonly Mode: string; readonly Days: number } };
  };
  readonly LifecycleConfiguration: {
    readonly Rules: readonly {
      readonly ExpirationInDays: number;
      readonly NoncurrentVersionExpiration: { readonly NoncurrentDays: number };
    }[];
  };
}

describe('the archive', () => {
  test('locks every object for 400 days, or as many as are asked for, so that no administrator removes one', () => {
    const retentionOf = (of: typeof stack) =>
      (one(of, 'AWS::S3::Bucket').Properties as unknown as LockedBucket).ObjectLockConfiguration.Rule
        .DefaultRetention;
    expect(retentionOf(stack)).toEqual({ Mode: 'COMPLIANCE', Days: 400 });
    expect(retentionOf(synthesized({ exportRetentionDays: 2557 }))).toEqual({
      Mode: 'COMPLIANCE',
      Days: 2557,
    });
  });

  test.each([
    [400, 401],
    // Step Functions remembers for 90 days: what is gone by then a pass would miss, and archive again.
    [1, 91],
  ])('that locks an object for %d days forgets it after %d', (exportRetentionDays, ExpirationInDays) => {
    const { Properties } = one(synthesized({ exportRetentionDays }), 'AWS::S3::Bucket');
    expect((Properties as unknown as LockedBucket).LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ ExpirationInDays, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
    ]);
  });

  test('is versioned, closed to the public, encrypted under a key of its own, and stays without the stack', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const key = one(stack, 'AWS::KMS::Key', 'ArchiveKey').id;
    expect(JSON.stringify(bucket.Properties.BucketEncryption)).toContain(key);
  });

  const administrator = { effect: 'Allow', actions: ['*'], resources: ['*'], conditions: {} };
  const may = (who: string, { Type, id }: Resource, { action, resource, context }: Request) =>
    allowed([administrator, ...resourceStatementsOf(stack, Type, id)], {
      action,
      resource,
      context: { 'aws:PrincipalArn': who, 'aws:SecureTransport': 'true', ...context },
    });
  const ADMINISTRATOR = 'arn:aws:iam::111122223333:role/Administrator';

  test('takes objects from its function alone, and each name once', () => {
    const mayPut = (who: string, context?: Request['context']) =>
      may(who, one(stack, 'AWS::S3::BucketPolicy'), {
        action: 's3:PutObject',
        resource: `arn of ${bucket.id}/a/b/c/d.jsonl.gz`,
        context,
      });
    const archiver = `arn of ${functionsOf(stack).get('archive-execution')?.role}`;
    const onlyNew = { 's3:if-none-match': '*' };
    expect(mayPut(archiver, onlyNew)).toBe(true);
    expect(mayPut(archiver)).toBe(false);
    expect(mayPut(ADMINISTRATOR, onlyNew)).toBe(false);
  });

  test('stays readable: nobody deletes or disables its key, and who lifts that denial is told of', () => {
    const key = one(stack, 'AWS::KMS::Key', 'ArchiveKey');
    for (const action of ['kms:ScheduleKeyDeletion', 'kms:DisableKey'])
      expect(may(ADMINISTRATOR, key, { action, resource: '*' })).toBe(false);
    const { EventPattern } = one(stack, 'AWS::Events::Rule', 'TamperingKeys').Properties;
    expect(JSON.stringify(EventPattern)).toContain(key.id);
  });

  test('is asked for each execution of this state machine that closes, and what fails is put aside', () => {
    const { EventPattern, Targets } = one(stack, 'AWS::Events::Rule', 'ArchiveClosed').Properties as {
      EventPattern: { detail: { stateMachineArn: readonly unknown[] } };
      Targets: readonly { Arn: unknown; DeadLetterConfig: { Arn: unknown } }[];
    };
    expect(EventPattern).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
    });
    const stateMachine = stack.resolve({ Ref: one(stack, 'AWS::StepFunctions::StateMachine').id });
    expect(EventPattern.detail.stateMachineArn.map(stack.resolve)).toEqual([stateMachine]);
    const queue = `arn of ${one(stack, 'AWS::SQS::Queue').id}`;
    expect(Targets.map(({ Arn }) => stack.resolve(Arn))).toEqual([
      expect.stringContaining(':function:ArchiveArchiveExecution'),
    ]);
    expect(Targets.map(({ DeadLetterConfig }) => stack.resolve(DeadLetterConfig.Arn))).toEqual([queue]);
    const archiver = functionsOf(stack).get('archive-execution')?.resource.Properties;
    const { DeadLetterConfig } = archiver as { DeadLetterConfig: { TargetArn: unknown } };
    expect(stack.resolve(DeadLetterConfig.TargetArn)).toBe(queue);
  });

  test('is looked through once a day for what no event has archived, tried again, and told of when it fails', () => {
    const { ScheduleExpression, State, Target } = one(stack, 'AWS::Scheduler::Schedule', 'Archive')
      .Properties as {
      ScheduleExpression: string;
      State: string;
      Target: { Arn: unknown; Input: string; RetryPolicy: object; DeadLetterConfig: { Arn: unknown } };
    };
    expect([ScheduleExpression, State]).toEqual(['rate(1 day)', 'ENABLED']);
    expect(stack.resolve(Target.Arn)).toContain(':function:ArchiveArchiveExecution');
    expect(JSON.parse(Target.Input)).toEqual({ command: 'archive-missed' });
    expect(Target.RetryPolicy).toMatchObject({ MaximumRetryAttempts: 2 });
    expect(stack.resolve(Target.DeadLetterConfig.Arn)).toBe(`arn of ${one(stack, 'AWS::SQS::Queue').id}`);
    // All that Lambda gives.
    expect(functionsOf(stack).get('archive-execution')?.resource.Properties.Timeout).toBe(900);
  });

  test('is looked through only for what EventBridge and Lambda have stopped to try', () => {
    const seconds = (type: string, read: (properties: Readonly<Record<string, unknown>>) => unknown) =>
      Number(read(one(stack, type, 'Archive').Properties));
    const byRule = seconds('AWS::Events::Rule', ({ Targets }) => {
      const [target] = Targets as readonly { RetryPolicy: { MaximumEventAgeInSeconds: number } }[];
      return target?.RetryPolicy.MaximumEventAgeInSeconds;
    });
    const byLambda = seconds(
      'AWS::Lambda::EventInvokeConfig',
      ({ MaximumEventAgeInSeconds }) => MaximumEventAgeInSeconds,
    );
    const { until } = passSpan(0);
    expect(-until).toBe((byRule + byLambda) * 1_000);
  });
});
