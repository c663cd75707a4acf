import type { Epoch } from '../../domain/event-cursor.ts';
import { type Commit, type Database, demandOpen } from '../../engine/database.ts';
import type { EventFeed, FedItem } from '../../ports/event-feed.ts';
import type { Attributes } from '../../ports/store.ts';
import { translated } from './errors.ts';

/** How far a sink has got. */
export interface SinkPosition {
  readonly name: string;
  /** The last event that it has taken; 0 before the first. */
  readonly position: number;
  /** When it said that it wants no more, in milliseconds; it gets none until it is resumed. */
  readonly goneAt?: number;
}

/** Where each sink stands, in the same file as the events: a backup that is restored takes both back together. */
export interface SinkPositions {
  /** `{ position: 0 }` for one that is new. */
  read(name: string): SinkPosition;
  /** Of every sink that there ever was. */
  all(): readonly SinkPosition[];
  /** Resolves when it is durable. */
  save(position: SinkPosition): Promise<void>;
}

type EventRow = readonly [number, string, string, string];

/**
 * The events of a store's file in the order of their commits. That order is the order of the places that a trigger
 * gives them within their own transactions: one process writes, and one transaction at a time.
 */
export function sqliteEventFeed(database: Database): EventFeed {
  const after = database
    .prepare(
      `SELECT position, partition_key, sort_key, attributes FROM store_events
       JOIN store_items USING (partition_key, sort_key)
       WHERE position > ? AND table_name = 'main' ORDER BY position LIMIT ?`,
    )
    .raw();
  const newest = database.prepare('SELECT max(position) FROM store_events').raw();
  const epochs = database.prepare('SELECT epoch, begins_after FROM store_event_epochs ORDER BY number').raw();
  return {
    after: async (position, limit) => read(database, () => after.all(position, limit).map(toFedItem)),
    newest: async () => read(database, () => numberIn(newest.get())),
    epochs: async () => read(database, () => epochs.all().map(toEpoch)),
  };
}

/**
 * Begins the next epoch: the events that come from here on are others than those that the original of this copy got at the
 * same positions. For a copy that is about to take the original's place.
 * @throws TransientError when it cannot be written, as on a full disk.
 */
export function beginEpoch(database: Database): void {
  try {
    database.exec(
      `INSERT INTO store_event_epochs (epoch, begins_after)
       SELECT lower(hex(randomblob(8))), coalesce(max(position), 0) FROM store_events`,
    );
  } catch (error) {
    throw translated(error);
  }
}

/** @param commit the database's group commit. */
export function sqliteSinkPositions(database: Database, commit: Commit): SinkPositions {
  const columns = 'SELECT name, position, gone_at FROM store_event_sinks';
  const one = database.prepare(`${columns} WHERE name = ?`).raw();
  const all = database.prepare(`${columns} ORDER BY name`).raw();
  const save = database.prepare(
    'INSERT OR REPLACE INTO store_event_sinks (name, position, gone_at) VALUES (?, ?, ?)',
  );
  return {
    read: (name) => read(database, () => toSinkPosition(one.get(name)) ?? { name, position: 0 }),
    all: () => read(database, () => all.all().flatMap((row) => toSinkPosition(row) ?? [])),
    save: ({ name, position, goneAt = null }) =>
      commit(() => void save.run(name, position, goneAt)).catch((error: unknown) => {
        throw translated(error);
      }),
  };
}

function read<T>(database: Database, work: () => T): T {
  try {
    demandOpen(database);
    return work();
  } catch (error) {
    throw translated(error);
  }
}

function toFedItem(row: unknown): FedItem {
  const [position, partition, sort, attributes] = row as EventRow;
  const item = { table: 'main', partition, sort, attributes: JSON.parse(attributes) as Attributes } as const;
  return { position, item };
}

function toEpoch(row: unknown): Epoch {
  const [id, beginsAfter] = row as [string, number];
  return { id, beginsAfter };
}

function toSinkPosition(row: unknown): SinkPosition | undefined {
  if (!Array.isArray(row)) return undefined;
  const [name, position, goneAt] = row as [string, number, number | null];
  return { name, position, ...(goneAt !== null && { goneAt }) };
}

const numberIn = (row: unknown): number => (Array.isArray(row) ? Number(row[0] ?? 0) : 0);
