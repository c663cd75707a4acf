import { DEFAULT_KEY_RING, type KeyRing } from '../../domain/key-ring.ts';
import type { Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

const PREFIX = 'ring#';

/** A ring as it is kept, apart from the instance's items, among which nothing is ever deleted. */
export interface KeyRingRecord extends KeyRing {
  readonly instanceId: string;
  /** How many keys are in it, destroyed ones included: counted in the very transactions that put or take one. */
  readonly keyCount: number;
}

const partitionOf = (instanceId: string): string => `rings#${instanceId}`;

export const keyRingKey = (instanceId: string, id: string): ItemKey => ({
  table: 'main',
  partition: partitionOf(instanceId),
  sort: `${PREFIX}${id}`,
});

export const keyRingItem = (ring: KeyRingRecord): Item => ({
  ...keyRingKey(ring.instanceId, ring.id),
  attributes: attributesOf(ring),
});

export async function loadKeyRing(
  store: Store,
  instanceId: string,
  id: string,
): Promise<KeyRingRecord | undefined> {
  const item = await store.get(keyRingKey(instanceId, id));
  return item && recordOf<KeyRingRecord>(item);
}

/** Every ring of the instance but the default one, ordered by id. There are few. */
export async function loadKeyRings(store: Store, instanceId: string): Promise<readonly KeyRingRecord[]> {
  const partition = partitionOf(instanceId);
  const { items } = await store.query({ table: 'main', partition, prefix: PREFIX, limit: 1000 });
  return items.map((item) => recordOf<KeyRingRecord>(item));
}

/**
 * The write that puts a key into a ring, or takes one out, with the key's own write: it fails when the ring is not
 * there (any more). Nobody counts the keys of the default ring, which is never deleted.
 */
export const countInKeyRing = (instanceId: string, ringId: string, keyCount: 1 | -1): readonly Write[] =>
  ringId === DEFAULT_KEY_RING
    ? []
    : [{ update: keyRingKey(instanceId, ringId), when: [{ item: 'present' }], add: { keyCount } }];
