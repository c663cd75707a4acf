import { mayCall } from '../domain/access.ts';
import type { AuditEvent } from '../domain/audit.ts';
import { type CadfEvent, cadfEvent } from '../domain/cadf.ts';
import { BEGINNING, cursorText, readCursor, whereToGoOn } from '../domain/event-cursor.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EventFeed, FedItem } from '../ports/event-feed.ts';
import type { OutgoingEvent } from '../ports/event-sink.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { chainOf } from './records/event.ts';

/** How much of the feed is read for one answer: other instances' events are passed over. */
const MOST_READ = 1_000;

export interface EventsPage {
  readonly events: readonly CadfEvent[];
  /** The cursor of the next page; what comes later is after it. */
  readonly next: string;
  /** Whether there was more when this was read. */
  readonly more: boolean;
  /** A backup was restored since the cursor was given: this goes on from the last event that is still there. */
  readonly restored?: true;
}

/** The CADF event of what the feed holds; undefined for an item of a chain that is none of ours. */
export function fedEvent({ item }: Pick<FedItem, 'item'>, crnScope: string): CadfEvent | undefined {
  const chain = chainOf(item.partition);
  return chain && cadfEvent(recordOf<AuditEvent>(item), { ...chain, crnScope });
}

/** As it goes to a sink. */
export function outgoingEvent(fed: Pick<FedItem, 'item'>, crnScope: string): OutgoingEvent | undefined {
  const event = fedEvent(fed, crnScope);
  return event && { id: event.id, action: event.action, at: event.eventTime, json: JSON.stringify(event) };
}

/**
 * The events of the caller's instance after a cursor, in the order in which they were committed. A restored backup makes a
 * reader miss nothing: one who had read further goes on from the last event that both have read, and is told.
 */
export async function readEvents(
  { eventFeed, settings }: Context,
  { person, instance }: Caller,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<Decision<EventsPage> | 'no feed' | 'no cursor'> {
  if (!mayCall(person, 'exportEvidence')) return refuse('access-denied');
  if (eventFeed === undefined) return 'no feed';
  const start = await startOf(eventFeed, page.after ?? BEGINNING);
  if (start === undefined) return 'no cursor';
  const { epoch, position, restored } = start;
  const read = await eventFeed.after(position, MOST_READ);
  const events: CadfEvent[] = [];
  let next = position;
  for (const fed of read) {
    if (events.length === page.limit) break;
    const isOurs = chainOf(fed.item.partition)?.instanceId === instance.id;
    const event = isOurs ? fedEvent(fed, settings.crnScope) : undefined;
    if (event !== undefined) events.push(event);
    next = fed.position;
  }
  return accept({
    events,
    next: cursorText({ epoch, position: next }),
    more: read.length > 0 && (await eventFeed.newest()) > next,
    ...(restored && { restored }),
  });
}

/** Where a reader with this cursor goes on, in the epoch that there is; undefined for a cursor that was never given. */
async function startOf(feed: EventFeed, text: string) {
  const cursor = readCursor(text);
  if (cursor === undefined) return undefined;
  const epochs = await feed.epochs();
  const start = whereToGoOn(cursor, epochs);
  if (start.position > (await feed.newest())) return undefined;
  return { epoch: epochs.at(-1)?.id ?? '', ...start };
}
