import type { OutgoingEvent } from './event-sink.ts';

/** Where events are published for whoever has a rule for them. */
export interface EventBus {
  /**
   * Publishes the events, as far as they are taken. What was not taken comes again, so that some may come twice.
   * @returns the ids of those that were not taken.
   * @throws TransientError when nothing could be handed over; repeating is safe. PermanentError when it never can.
   */
  publish(events: readonly OutgoingEvent[]): Promise<readonly OutgoingEvent['id'][]>;
}
