import { isKeyId } from '../../domain/alias.ts';
import { type Key, type KeyState, needsTwoPeople } from '../../domain/key.ts';
import { nextKeyLook } from '../../domain/key-due.ts';
import type { IndexEntry, Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';

export const keyPartition = (instanceId: string, keyId: string): string => `key#${instanceId}#${keyId}`;

/** Which key of which instance. */
export type KeyReference = Pick<Key, 'instanceId' | 'id'>;

export const keyKey = (instanceId: string, keyId: string): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: 'key',
});

/** Where an instance's keys of one state are listed, ordered by their ids. */
export const keyList = (instanceId: string, state: KeyState): string => `keys#${instanceId}#${state}`;

/** Where what is left of purged keys is listed, for those who read the evidence: nobody else finds it. */
export const purgedList = (instanceId: string): string => `keys#${instanceId}#purged`;

export const keyItem = (key: Key): Item => ({
  attributes: { ...attributesOf(key), dualAuthorization: needsTwoPeople(key) },
  indexes: {
    list: {
      partition: key.purgedAt === undefined ? keyList(key.instanceId, key.state) : purgedList(key.instanceId),
      sort: key.id,
    },
    ...keyDue(key),
  },
  ...keyKey(key.instanceId, key.id),
});

/** On the sweeper's list while time alone has something to bring about. */
function keyDue(key: Key): { readonly due?: IndexEntry } {
  const at = nextKeyLook(key);
  return at === undefined ? {} : { due: dueAt('key', at, key.id) };
}

export const keyOfItem = (item: Item): Key => recordOf<Key>(item);

export async function loadKey(
  store: Pick<Store, 'get'>,
  instanceId: string,
  keyId: string,
): Promise<Key | undefined> {
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

/** The key by its id or by any of its aliases, of this instance only. */
export async function findKey(store: Store, instanceId: string, idOrAlias: string): Promise<Key | undefined> {
  const key = await findKeyOrTrace(store, instanceId, idOrAlias);
  return key?.purgedAt === undefined ? key : undefined;
}

/** Also what is left of a purged key, by its id. */
export async function findKeyOrTrace(
  store: Store,
  instanceId: string,
  idOrAlias: string,
): Promise<Key | undefined> {
  if (isKeyId(idOrAlias)) return loadKey(store, instanceId, idOrAlias.toLowerCase());
  const item = await store.get(aliasKey(instanceId, idOrAlias));
  return item && loadKey(store, instanceId, recordOf<AliasRecord>(item).keyId);
}
