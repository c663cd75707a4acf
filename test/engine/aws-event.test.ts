import { expect, test } from 'vitest';
import { awsEvent, withoutTokens } from '../../lib/engine/aws-event.ts';
import { taskToken } from '../../lib/engine/token.ts';

const event = (type: string, details: object = {}) => ({
  id: 4,
  previousEventId: 3,
  type,
  timestamp: 1_767_225_600_007,
  details: { ...details },
});

test('the details of an event stand under the name that AWS gives them for its type', () => {
  expect(awsEvent(event('TaskScheduled', { resource: 'invoke' }))).toEqual({
    timestamp: '2026-01-01T00:00:00.007Z',
    type: 'TaskScheduled',
    id: 4,
    previousEventId: 3,
    taskScheduledEventDetails: { resource: 'invoke' },
  });
  const field = (type: string) => Object.keys(awsEvent(event(type)))[4];
  expect(field('WaitStateEntered')).toBe('stateEnteredEventDetails');
  expect(field('TaskStateExited')).toBe('stateExitedEventDetails');
  expect(field('LambdaFunctionTimedOut')).toBe('lambdaFunctionTimedOutEventDetails');
  expect(field('ExecutionAborted')).toBe('executionAbortedEventDetails');
  expect(field('LambdaFunctionStarted')).toBeUndefined();
});

test('task tokens are taken out at any depth of JSON within JSON', () => {
  const token = taskToken('key', 'name', { execution: 1, scheduledEvent: 3 });
  const parameters = JSON.stringify({ Payload: JSON.stringify({ token }) });
  const shown = JSON.stringify(withoutTokens(awsEvent(event('TaskScheduled', { parameters }))));
  expect(shown).not.toContain(token);
  expect(shown).toContain('(task token)');
});
