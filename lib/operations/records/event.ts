import type { AuditEvent } from '../../domain/audit.ts';
import type { Item, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';

const PREFIX = 'event#';

/** An event in the chain of this partition: a key's or an instance's. */
export const eventItem = (partition: string, event: AuditEvent): Item => ({
  table: 'main',
  partition,
  sort: `${PREFIX}${sortable(event.sequence)}`,
  attributes: attributesOf(event),
});

/** Whether a transaction adds to a chain. */
export const writesEvents = (writes: readonly Write[]): boolean =>
  writes.some((write) => 'put' in write && write.put.sort.startsWith(PREFIX));

/** Whose chain a partition holds; undefined for one that holds none. */
export function chainOf(
  partition: string,
): { readonly instanceId: string; readonly keyId?: string } | undefined {
  const [kind, instanceId, keyId] = partition.split('#');
  if (instanceId === undefined || (kind !== 'key' && kind !== 'instance')) return undefined;
  return keyId === undefined ? { instanceId } : { instanceId, keyId };
}

/** One page of a chain's events, oldest first. */
export async function loadEvents(
  store: Store,
  partition: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<{ readonly events: readonly AuditEvent[]; readonly cursor?: string }> {
  const { items, cursor } = await store.query({ table: 'main', partition, prefix: PREFIX, ...page });
  const events = items.map((item) => recordOf<AuditEvent>(item));
  return cursor === undefined ? { events } : { events, cursor };
}
