import { type Database, demandOpen } from '../../engine/database.ts';
import { translated } from './errors.ts';

/** The authorizations of one status that are not finished. */
export interface UnfinishedGauge {
  readonly status: string;
  readonly count: number;
  /** When the oldest of them was asked for, and when the first of their windows ends, in milliseconds. */
  readonly oldestRequestedAt: number;
  readonly firstWindowEnd: number;
}

/** What the store's indexes can count without reading an item. */
export interface StoreGauges {
  readonly unfinished: readonly UnfinishedGauge[];
  /** Mails that are written and not sent, and when the first of them is due, in milliseconds. */
  readonly outbox: number;
  /** Mails that were tried without success: `due` for another attempt, or `given-up`. */
  readonly undelivered: { readonly [status: string]: number };
  /** What the sweeper should have looked at by now, by kind. */
  readonly overdue: { readonly [kind: string]: number };
}

/** @returns reads the gauges as they are at `now`, in milliseconds. @throws TransientError when it cannot. */
export function storeGauges(database: Database): (now: number) => StoreGauges {
  const unfinished = database
    .prepare(
      `SELECT status, count(*), min(requested_at), min(window_ends_at) FROM store_unfinished GROUP BY 1`,
    )
    .raw();
  const outbox = database
    .prepare(
      `SELECT count(*) FROM store_items
       WHERE due_partition >= 'due#mail#' AND due_partition < 'due#mail$'`,
    )
    .raw();
  const undelivered = database
    .prepare(
      `SELECT list_partition, count(*) FROM store_items
       WHERE list_partition >= 'undelivered#' AND list_partition < 'undelivered$' GROUP BY 1`,
    )
    .raw();
  const partitions = database
    .prepare(
      `WITH RECURSIVE part(name) AS (
         SELECT min(due_partition) FROM store_items WHERE due_partition IS NOT NULL
         UNION ALL
         SELECT (SELECT min(due_partition) FROM store_items WHERE due_partition > part.name)
         FROM part WHERE part.name IS NOT NULL
       )
       SELECT name, (SELECT count(*) FROM store_items WHERE due_partition = name AND due_sort <= ?)
       FROM part WHERE name IS NOT NULL`,
    )
    .raw();
  return (now) => {
    try {
      demandOpen(database);
      return {
        unfinished: unfinished.all().map(toUnfinished),
        outbox: Number((outbox.get() as readonly [number])[0]),
        undelivered: summed(undelivered.all(), (name) => name.split('#').at(-1) ?? ''),
        overdue: summed(partitions.all(dueUntil(now)), (name) => name.split('#')[1] ?? ''),
      };
    } catch (error) {
      throw translated(error);
    }
  };
}

/** As the entries of the due index sort: 15 digits. */
const dueUntil = (now: number): string => `${String(Math.floor(now)).padStart(15, '0')}#~`;

function toUnfinished(row: unknown): UnfinishedGauge {
  const [status, count, oldestRequestedAt, firstWindowEnd] = row as [string, number, number, number];
  return { status, count, oldestRequestedAt, firstWindowEnd };
}

/** Counts of partitions that are shards, or instances, of one thing. */
function summed(
  rows: readonly unknown[],
  nameOf: (partition: string) => string,
): { readonly [name: string]: number } {
  const sums: Record<string, number> = {};
  for (const row of rows) {
    const [partition, count] = row as [string, number];
    const name = nameOf(partition);
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
