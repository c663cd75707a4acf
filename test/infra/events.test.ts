import { describe, expect, test } from 'vitest';
import { SOURCE } from '../../lib/adapters/eventbridge/event-bus.ts';
import { EVENT_SOURCE } from '../../lib/infra/events.ts';
import { eventItem } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { allowed, resourceStatementsOf, statementsOf } from './policies.ts';
import { functionsOf, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const mapping = one(stack, 'AWS::Lambda::EventSourceMapping').Properties;

describe('the stream of the main table', () => {
  test('is read by the publisher’s alias from its beginning, a batch at a time', () => {
    const { id } = one(stack, 'AWS::DynamoDB::Table', 'TablesMain');
    expect(stack.resolve(mapping.EventSourceArn)).toBe(`StreamArn of ${id}`);
    expect(stack.resolve(mapping.FunctionName)).toMatch(/^EventsPublish\w+:live$/);
    expect(mapping).toMatchObject({ StartingPosition: 'TRIM_HORIZON', ParallelizationFactor: 1 });
  });

  test('comes again from what could not be published on, until half of what the stream keeps has passed', () => {
    expect(mapping).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 12 * 3600,
      MaximumRetryAttempts: expect.any(Number),
    });
  });

  test('has what could not be published at all told to the queue, where the publisher may', () => {
    const queue = `arn of ${one(stack, 'AWS::SQS::Queue').id}`;
    const { OnFailure } = mapping.DestinationConfig as { OnFailure: { Destination: unknown } };
    expect(stack.resolve(OnFailure.Destination)).toBe(queue);
    const role = functionsOf(stack).get('publish-events')?.role ?? '';
    expect(allowed(statementsOf(stack, role), { action: 'sqs:SendMessage', resource: queue })).toBe(true);
  });

  test('wakes the publisher for new items that are events, by their keys, and for nothing else', () => {
    const { Filters } = mapping.FilterCriteria as { Filters: readonly { Pattern: string }[] };
    expect(Filters).toHaveLength(1);
    const { eventName, dynamodb } = JSON.parse(Filters[0]?.Pattern ?? '{}') as {
      eventName: readonly string[];
      dynamodb: { Keys: Record<'pk' | 'sk', { S: readonly { prefix: string }[] }> };
    };
    expect(eventName).toEqual(['INSERT']);
    const { pk, sk } = dynamodb.Keys;
    const passes = (partition: string, sort: string) =>
      pk.S.some(({ prefix }) => partition.startsWith(prefix)) &&
      sk.S.some(({ prefix }) => sort.startsWith(prefix));
    const event = { sequence: 1 } as Parameters<typeof eventItem>[1];
    for (const partition of [keyPartition('instance', 'key'), instancePartition('instance')])
      expect(passes(partition, eventItem(partition, event).sort)).toBe(true);
    expect(passes(keyPartition('instance', 'key'), 'key')).toBe(false);
    expect(passes('mails#instance', 'mail#1')).toBe(false);
  });
});

describe('the bus', () => {
  const bus = one(stack, 'AWS::Events::EventBus');

  test('takes events from the publisher alone, whatever an administrator’s policies say', () => {
    const policy = one(stack, 'AWS::Events::EventBusPolicy');
    const statements = resourceStatementsOf(stack, policy.Type, policy.id);
    const may = (who: string) =>
      allowed([{ effect: 'Allow', actions: ['*'], resources: ['*'], conditions: {} }, ...statements], {
        action: 'events:PutEvents',
        resource: `arn of ${bus.id}`,
        context: { 'aws:PrincipalArn': who },
      });
    expect(may(`arn of ${functionsOf(stack).get('publish-events')?.role}`)).toBe(true);
    expect(may('arn:aws:iam::111122223333:role/Administrator')).toBe(false);
  });

  test('is one that is there already where the settings name it: nothing is made or denied then', () => {
    const there = synthesized({ eventBus: 'arn:aws:events:eu-central-1:444455556666:event-bus/security' });
    expect(there.ofType('AWS::Events::EventBus')).toEqual([]);
    expect(there.ofType('AWS::Events::EventBusPolicy')).toEqual([]);
    expect(functionsOf(there).get('publish-events')?.environment.EVENT_BUS).toBe(
      'arn:aws:events:eu-central-1:444455556666:event-bus/security',
    );
  });

  test('gets events under the source that the role may publish', () => {
    expect(EVENT_SOURCE).toBe(SOURCE);
  });
});
