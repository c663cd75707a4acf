import { describe, expect, test } from 'vitest';
import { executionArnOf } from '../../../lib/adapters/step-functions/execution-arn.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';

const EXECUTION = 'arn:aws:states:eu-central-1:123456789012:execution:Deletion:a1-1';

describe('the ARN of an execution', () => {
  test.for([
    ['a state machine', 'arn:aws:states:eu-central-1:123456789012:stateMachine:Deletion'],
    ['a version', 'arn:aws:states:eu-central-1:123456789012:stateMachine:Deletion:12'],
    ['an alias', 'arn:aws:states:eu-central-1:123456789012:stateMachine:Deletion:live'],
  ])('stands under the state machine when %s was started', ([, arn = '']) => {
    expect(executionArnOf(arn)('a1-1')).toBe(EXECUTION);
  });

  test('keeps the partition', () => {
    expect(executionArnOf('arn:aws-cn:states:cn-north-1:123456789012:stateMachine:Deletion')('a1-1')).toBe(
      'arn:aws-cn:states:cn-north-1:123456789012:execution:Deletion:a1-1',
    );
  });

  test.for([
    '',
    'Deletion',
    EXECUTION,
    'arn:aws:states:eu-central-1:123456789012:activity:Deletion',
    'arn:aws:states:eu-central-1:123456789012:stateMachine:',
    'arn:aws:states:eu-central-1:123456789012:stateMachine:Deletion:live:more',
    'arn:aws:lambda:eu-central-1:123456789012:function:Deletion',
  ])('is not made from %j', (arn) => {
    expect(() => executionArnOf(arn)).toThrow(PermanentError);
  });
});
