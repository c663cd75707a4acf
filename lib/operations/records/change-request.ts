import type { ChangeRequest } from '../../domain/change-request.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import { dueAt } from './due.ts';

/** Apart from the instance's own items: what ends requests whose time is over must not be able to write people. */
export const changesPartition = (instanceId: string): string => `changes#${instanceId}`;

export const changeKey = (instanceId: string, id: string): ItemKey => ({
  table: 'main',
  partition: changesPartition(instanceId),
  sort: `change#${id}`,
});

/** Due when its time is over, until it has come to its end. */
export const changeItem = (request: ChangeRequest): Item => ({
  ...changeKey(request.instanceId, request.id),
  attributes: attributesOf(request),
  indexes: {
    list: {
      partition: changesPartition(request.instanceId),
      sort: `${sortable(request.requestedAt)}#${request.id}`,
    },
    ...(request.status === 'pending' && { due: dueAt('change', request.windowEndsAt, request.id) }),
  },
});

export const changeOfItem = (item: Item): ChangeRequest => recordOf<ChangeRequest>(item);

/** What stands in a path is anybody's: no store takes every text in a key. */
const ID = /^[0-9a-f-]{36}$/;

export async function loadChange(
  store: Store,
  instanceId: string,
  id: string,
): Promise<ChangeRequest | undefined> {
  const item = ID.test(id) ? await store.get(changeKey(instanceId, id)) : undefined;
  return item && changeOfItem(item);
}
