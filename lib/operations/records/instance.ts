import type { ChainHead } from '../../domain/audit.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

export type StoredInstance = Instance &
  ChainHead & {
    /** The ids of the change requests that were pending when one was last made or decided; time may have ended some. */
    readonly openChanges?: readonly string[];
  };

export const instancePartition = (instanceId: string): string => `instance#${instanceId}`;

export const instanceKey = (instanceId: string): ItemKey => ({
  table: 'main',
  partition: instancePartition(instanceId),
  sort: 'instance',
});

export const instanceItem = (instance: StoredInstance): Item => ({
  ...instanceKey(instance.id),
  attributes: attributesOf(instance),
  indexes: { list: { partition: 'instances', sort: instance.id } },
});

export async function loadInstance(store: Store, instanceId: string): Promise<StoredInstance | undefined> {
  const item = await store.get(instanceKey(instanceId));
  return item && recordOf<StoredInstance>(item);
}

/** Holds while the instance lets service identities approve. */
export const servicesMayApprove = (instanceId: string): Write => ({
  check: instanceKey(instanceId),
  when: [{ attribute: 'serviceApprovals', is: 'equal', value: true }],
});
