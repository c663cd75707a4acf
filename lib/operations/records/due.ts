import type { EpochMillis } from '../../domain/time.ts';
import type { IndexEntry, Item } from '../../ports/store.ts';
import { sortable } from './attributes.ts';

/** How many partitions the index of due work is spread over: DynamoDB writes 1,000 items a second in each. */
export const DUE_SHARDS = 8;

/** Apart from each other: a thousand mails that cannot be sent must not stand before an authorization. */
export type DueKind =
  | 'authorization'
  | 'mail'
  | 'key'
  | 'import-token'
  | 'session'
  | 'console-session'
  | 'checkpoint'
  | 'change'
  | 'drill';

export const dueShard = (kind: DueKind, shard: number): string => `due#${kind}#${shard}`;

/** The entry that makes the sweeper look at something at this time. `id` begins with hexadecimal digits. */
export const dueAt = (kind: DueKind, at: EpochMillis, id: string): IndexEntry => ({
  partition: dueShard(kind, Number.parseInt(id.slice(0, 2), 16) % DUE_SHARDS),
  sort: `${sortable(at)}#${id}`,
});

/** Since when an item that was found due is due: what {@link dueAt} wrote first. */
export const dueSince = (item: Pick<Item, 'indexes'>): EpochMillis | undefined => {
  const at = Number.parseInt(item.indexes?.due?.sort ?? '', 10);
  return Number.isNaN(at) ? undefined : at;
};

/** The upper bound of everything that is due at this time. */
export const dueUntil = (now: EpochMillis): string => `${sortable(now)}#~`;
