import { expect, test } from 'vitest';
import { chainEvents, type EventDraft, NO_EVENTS } from '../../lib/domain/audit.ts';
import { PermanentError } from '../../lib/domain/errors.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { publishEvents, type StreamedItem } from '../../lib/operations/publish-events.ts';
import { eventItem } from '../../lib/operations/records/event.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import type { OutgoingEvent } from '../../lib/ports/event-sink.ts';
import type { Item } from '../../lib/ports/store.ts';

const draft: EventDraft = { action: 'kms.secrets.rotate', actor: 'a|b', outcome: 'success' };
const { events } = chainEvents(NO_EVENTS, [draft, draft, draft], { at: 0, digest: sha256 });
const partition = keyPartition('instance', 'key');

const at = (position: string, item: Item): StreamedItem => ({ position, read: () => item });
const streamed = events.map((event, i) => at(`${i + 1}`, eventItem(partition, event)));
const broken: StreamedItem = {
  position: 'broken',
  read: () => {
    throw new PermanentError('no item of ours');
  },
};

/** @param refused which of the events, by their numbers in the chain, are not taken. */
function publishing(refused: readonly number[] = []) {
  const taken: OutgoingEvent[] = [];
  const errors: string[] = [];
  const ordinal = ({ json }: OutgoingEvent): number => JSON.parse(json).chain.sequence;
  return {
    taken,
    errors,
    publishing: {
      crnScope: 'crn:v1:test',
      log: { info: () => {}, error: (message: string) => void errors.push(message) },
      bus: {
        async publish(given: readonly OutgoingEvent[]) {
          taken.push(...given);
          return given.filter((event) => refused.includes(ordinal(event))).map(({ id }) => id);
        },
      },
    },
  };
}

test('the events of a batch are published in their order, with the ids that they have everywhere', async () => {
  const { publishing: to, taken } = publishing();
  expect(await publishEvents(to, streamed)).toBeUndefined();
  expect(taken.map(({ json }) => JSON.parse(json).chain.sequence)).toEqual([1, 2, 3]);
  expect(new Set(taken.map(({ id }) => id)).size).toBe(3);
  expect(taken.map(({ id, json }) => JSON.parse(json).id === id)).toEqual([true, true, true]);
});

test('from the first that was not taken on everything comes again', async () => {
  const { publishing: to, errors } = publishing([2, 3]);
  expect(await publishEvents(to, streamed)).toBe('2');
  expect(errors).toEqual(['events could not be published and will be again']);
});

test('what cannot be read comes again, after what came before it is published', async () => {
  const { publishing: to, taken, errors } = publishing();
  expect(await publishEvents(to, [...streamed.slice(0, 1), broken, ...streamed.slice(1)])).toBe('broken');
  expect(taken).toHaveLength(1);
  expect(errors).toEqual(['an item of the stream is no readable event and will come back']);
});

test('an action that this version does not know comes again, for the next version', async () => {
  const newer = { ...events[0], action: 'countersign.something.newer' } as unknown as (typeof events)[number];
  const { publishing: to, taken } = publishing();
  expect(await publishEvents(to, [at('newer', eventItem(partition, newer))])).toBe('newer');
  expect(taken).toEqual([]);
});

test('an item of no chain is passed over, and a record that comes twice is published once', async () => {
  const [first] = streamed as [StreamedItem];
  const other = at('other', { table: 'main', partition: 'mails#instance', sort: 'event#1', attributes: {} });
  const { publishing: to, taken } = publishing();
  expect(await publishEvents(to, [other, first, first])).toBeUndefined();
  expect(taken).toHaveLength(1);
});
