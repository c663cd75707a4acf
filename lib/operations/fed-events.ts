import { mayCall } from '../domain/access.ts';
import type { AuditEvent } from '../domain/audit.ts';
import { type CadfEvent, cadfEvent } from '../domain/cadf.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { FedItem } from '../ports/event-feed.ts';
import type { OutgoingEvent } from '../ports/event-sink.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { chainOf } from './records/event.ts';

/** How much of the feed is read for one answer: other instances' events are passed over. */
const MOST_READ = 1_000;

export interface EventsPage {
  readonly events: readonly CadfEvent[];
  /** Where the next page goes on; what comes later is after it. */
  readonly next: number;
  /** Whether there was more when this was read. */
  readonly more: boolean;
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

/** The events of the caller's instance after a position of the feed, in the order in which they were committed. */
export async function readEvents(
  { eventFeed, settings }: Context,
  { person, instance }: Caller,
  page: { readonly after: number; readonly limit: number },
): Promise<Decision<EventsPage> | 'no feed' | 'after the newest'> {
  if (!mayCall(person, 'exportEvidence')) return refuse('access-denied');
  if (eventFeed === undefined) return 'no feed';
  const read = await eventFeed.after(page.after, MOST_READ);
  // A position of before a backup was restored: whoever waited behind it would miss what comes until then.
  if (read.length === 0 && page.after > (await eventFeed.newest())) return 'after the newest';
  const events: CadfEvent[] = [];
  let next = page.after;
  for (const fed of read) {
    if (events.length === page.limit) break;
    const isOurs = chainOf(fed.item.partition)?.instanceId === instance.id;
    const event = isOurs ? fedEvent(fed, settings.crnScope) : undefined;
    if (event !== undefined) events.push(event);
    next = fed.position;
  }
  return accept({ events, next, more: read.length > 0 && (await eventFeed.newest()) > next });
}
