import { type Key, type KeyState, needsTwoPeople } from '../../domain/key.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

export const keyPartition = (instanceId: string, keyId: string): string => `key#${instanceId}#${keyId}`;

export const keyKey = (instanceId: string, keyId: string): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: 'key',
});

/** Where an instance's keys of one state are listed, ordered by their ids. */
export const keyList = (instanceId: string, state: KeyState): string => `keys#${instanceId}#${state}`;

export const keyItem = (key: Key): Item => ({
  ...keyKey(key.instanceId, key.id),
  attributes: { ...attributesOf(key), dualAuthorization: needsTwoPeople(key) },
  indexes: { list: { partition: keyList(key.instanceId, key.state), sort: key.id } },
});

export const keyOfItem = (item: Item): Key => recordOf<Key>(item);

export async function loadKey(store: Store, instanceId: string, keyId: string): Promise<Key | undefined> {
  const item = await store.get(keyKey(instanceId, keyId));
  return item && keyOfItem(item);
}

/** What an alias stands for. */
interface AliasRecord {
  readonly keyId: string;
}

export const aliasKey = (instanceId: string, alias: string): ItemKey => ({
  table: 'main',
  partition: `alias#${instanceId}#${alias}`,
  sort: 'alias',
});

export const aliasItem = (key: Key, alias: string): Item => ({
  ...aliasKey(key.instanceId, alias),
  attributes: attributesOf({ keyId: key.id } satisfies AliasRecord),
});

// RFC 9562, section 5.4: version 4. What is no such UUID is an alias, which never is one.
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export const isKeyId = (text: string): boolean => UUID_V4.test(text);

/** The key by its id or by any of its aliases, of this instance only. */
export async function findKey(store: Store, instanceId: string, idOrAlias: string): Promise<Key | undefined> {
  if (isKeyId(idOrAlias)) return loadKey(store, instanceId, idOrAlias.toLowerCase());
  const item = await store.get(aliasKey(instanceId, idOrAlias));
  return item && loadKey(store, instanceId, recordOf<AliasRecord>(item).keyId);
}
