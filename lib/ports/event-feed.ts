import type { Epoch } from '../domain/event-cursor.ts';
import type { Item } from './store.ts';

/** An event's item as it was committed, and where in the order of all events of the installation it stands. */
export interface FedItem {
  /** Larger than that of every event that was committed before; within one epoch never given twice. */
  readonly position: number;
  readonly item: Item;
}

/**
 * The events of every chain in the order in which they were committed, to be read again from any position: nothing
 * that comes later is put before a position that was read, but by restoring a backup: that begins an epoch.
 * @throws TransientError when it cannot be read now.
 */
export interface EventFeed {
  /** At most `limit` (1 to 1000) events after this position; 0 is before the first. */
  after(position: number, limit: number): Promise<readonly FedItem[]>;
  /** The newest event's position; 0 before the first. */
  newest(): Promise<number>;
  /** The epochs of this order, the oldest first, and at least one. */
  epochs(): Promise<readonly Epoch[]>;
}
