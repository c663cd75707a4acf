import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { EventBus } from '../../ports/event-bus.ts';
import type { OutgoingEvent } from '../../ports/event-sink.ts';
import { awsError } from '../aws/errors.ts';

/** The `source` of every event; a rule can match it, and the function's role may publish nothing else. */
export const SOURCE = 'countersign';

/** Of one call (PutEvents): entries, and bytes of all of them together. */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;
/** What EventBridge counts for a time (user guide: calculating PutEvents event entry size). */
const BYTES_OF_TIME = 14;

/**
 * Publishes to an event bus: `detail-type` is the event's action and `detail` the CADF event. A call of which not every
 * entry was taken is the last one: what comes after waits with what it refused.
 *
 * @param options.busName the name or the ARN of the bus.
 */
export function eventBridgeBus(
  client: EventBridgeClient,
  { busName }: { readonly busName: string },
): EventBus {
  const entryOf = ({ action, at, json }: OutgoingEvent): PutEventsRequestEntry => ({
    EventBusName: busName,
    Source: SOURCE,
    DetailType: action,
    Time: new Date(at),
    Detail: json,
  });
  return {
    async publish(events) {
      let left = events;
      while (left.length > 0) {
        const fitting = left.slice(0, howMany(left));
        const command = new PutEventsCommand({ Entries: fitting.map(entryOf) });
        const { Entries = [] } = await client.send(command).catch((error: unknown) => {
          throw awsError(error, 'EventBridge could not take events');
        });
        // An entry without an event id was not taken; so was one that the answer leaves out.
        const refused = fitting.filter((_, i) => Entries[i]?.EventId === undefined);
        left = left.slice(fitting.length);
        if (refused.length > 0) return [...refused, ...left].map(({ id }) => id);
      }
      return [];
    },
  };
}

/** How many of the first go into one call; one that is too large alone goes alone, and is refused. */
function howMany(events: readonly OutgoingEvent[]): number {
  let bytes = 0;
  const beyond = events.slice(0, MOST_ENTRIES).findIndex((event) => {
    bytes += sizeOf(event);
    return bytes > MOST_BYTES;
  });
  return beyond === -1 ? MOST_ENTRIES : Math.max(1, beyond);
}

const sizeOf = ({ action, json }: OutgoingEvent): number =>
  BYTES_OF_TIME + Buffer.byteLength(SOURCE) + Buffer.byteLength(action) + Buffer.byteLength(json);
