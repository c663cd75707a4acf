import { problemFields } from '../domain/errors.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { OutgoingEvent } from '../ports/event-sink.ts';
import type { Log } from '../ports/log.ts';
import type { Item } from '../ports/store.ts';
import { outgoingEvent } from './fed-events.ts';

export interface Publishing {
  readonly bus: EventBus;
  readonly log: Log;
  /** What every CRN of this installation begins with. */
  readonly crnScope: string;
}

/** A new item of the main table, as its stream has it. */
export interface StreamedItem {
  /** Where it is in the stream. */
  readonly position: string;
  /** @throws PermanentError for what is no item of ours. */
  readonly read: () => Item;
}

/**
 * Publishes the events among the items of one batch, in their order. An item that is no event of a chain is passed over.
 * @returns the position from which on everything has to come again; undefined when all of it is published.
 */
export async function publishEvents(
  { bus, log, crnScope }: Publishing,
  items: readonly StreamedItem[],
): Promise<string | undefined> {
  const events: OutgoingEvent[] = [];
  const positions = new Map<OutgoingEvent['id'], string>();
  let again: string | undefined;
  for (const { position, read } of items) {
    const event = outgoing(read, { log, position, crnScope });
    if (event === 'unreadable') {
      again = position;
      break;
    }
    if (event === undefined || positions.has(event.id)) continue;
    events.push(event);
    positions.set(event.id, position);
  }
  const [refused] = await published(bus, events, log);
  return refused === undefined ? again : positions.get(refused);
}

function outgoing(
  read: StreamedItem['read'],
  { log, position, crnScope }: Pick<Publishing, 'log' | 'crnScope'> & { readonly position: string },
): OutgoingEvent | undefined | 'unreadable' {
  try {
    return outgoingEvent({ item: read() }, crnScope);
  } catch (error) {
    log.error('an item of the stream is no readable event and will come back', {
      position,
      ...problemFields(error),
    });
    return 'unreadable';
  }
}

/** @returns the ids of those that have to come again, the first of them first. */
async function published(
  bus: EventBus,
  events: readonly OutgoingEvent[],
  log: Log,
): Promise<readonly string[]> {
  const refused = await bus.publish(events);
  if (refused.length > 0)
    log.error('events could not be published and will be again', {
      refused: refused.length,
      of: events.length,
    });
  return refused;
}
