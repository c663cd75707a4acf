import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { expect, onTestFinished, test } from 'vitest';
import { eventBridgeBus } from '../../../lib/adapters/eventbridge/event-bus.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { type AwsAnswer, startAwsServer } from '../../support/aws-server.ts';

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Time: number;
  readonly Detail: string;
}

/** A stand-in for EventBridge that refuses the entries which the test names, each by its detail. */
async function opened(answer: (entries: readonly Entry[]) => AwsAnswer = takenBut()) {
  const server = await startAwsServer(({ body }) => answer(body.Entries as readonly Entry[]));
  const client = new EventBridgeClient(server.client);
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return {
    bus: eventBridgeBus(client, { busName: 'audit' }),
    calls: () => server.requests.map(({ body }) => body.Entries as readonly Entry[]),
  };
}

const takenBut =
  (...refused: readonly string[]) =>
  (entries: readonly Entry[]): AwsAnswer => ({
    body: {
      FailedEntryCount: entries.filter(({ Detail }) => refused.includes(Detail)).length,
      Entries: entries.map(({ Detail }) =>
        refused.includes(Detail) ? { ErrorCode: 'ThrottlingException' } : { EventId: 'e' },
      ),
    },
  });

const event = (id: string, json = `"${id}"`) => ({
  id,
  action: 'kms.secrets.delete',
  at: '2026-03-01T09:30:11.338Z',
  json,
});
const events = (count: number) => Array.from({ length: count }, (_, i) => event(String(i + 1)));

test('an event is an entry with its action as the type, its time, and itself as the detail', async () => {
  const { bus, calls } = await opened();
  expect(await bus.publish([event('1')])).toEqual([]);
  expect(calls()).toEqual([
    [
      {
        EventBusName: 'audit',
        Source: 'countersign',
        DetailType: 'kms.secrets.delete',
        Time: Date.parse('2026-03-01T09:30:11.338Z') / 1000,
        Detail: '"1"',
      },
    ],
  ]);
});

test('at most ten go together, in their order', async () => {
  const { bus, calls } = await opened();
  expect(await bus.publish(events(23))).toEqual([]);
  expect(calls().map((entries) => entries.length)).toEqual([10, 10, 3]);
  expect(
    calls()
      .flat()
      .map(({ Detail }) => Detail),
  ).toEqual(events(23).map(({ json }) => json));
});

test('no call is larger than 256 KiB, bytes and not characters counted', async () => {
  const { bus, calls } = await opened();
  // 100,000 bytes each, of half as many characters.
  const large = [1, 2, 3].map((id) => event(String(id), `"${'é'.repeat(50_000)}"`));
  await bus.publish(large);
  expect(calls().map((entries) => entries.length)).toEqual([2, 1]);
});

test('what EventBridge refuses of a call is named, and so is everything after that call', async () => {
  const { bus, calls } = await opened(takenBut('"4"', '"6"'));
  expect(await bus.publish(events(12))).toEqual(['4', '6', '11', '12']);
  expect(calls()).toHaveLength(1);
});

test('an answer that leaves entries out has not taken them', async () => {
  const { bus } = await opened(() => ({ body: { Entries: [{ EventId: 'e' }] } }));
  expect(await bus.publish(events(2))).toEqual(['2']);
});

test('a call that fails is transient or for good, and its error holds nothing of an event', async () => {
  const busy = await opened(() => ({ error: 'InternalException', status: 500 }));
  await expect(busy.bus.publish(events(1))).rejects.toThrow(TransientError);
  const denied = await opened(() => ({ error: 'AccessDeniedException', body: { message: 'secret' } }));
  const refused = denied.bus.publish(events(1));
  await expect(refused).rejects.toThrow(PermanentError);
  await expect(refused).rejects.toThrow(/^EventBridge could not take events: AccessDeniedException/);
  await expect(refused).rejects.not.toThrow(/secret/);
});
