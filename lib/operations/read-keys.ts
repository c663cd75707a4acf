import { mayCall, type Operation } from '../domain/access.ts';
import { DESTROYED, type Key, type KeyState } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Store } from '../ports/store.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import type { KeyWithPayload } from './create-key.ts';
import { loadMaterial } from './material.ts';
import { findKey, keyList, keyOfItem } from './records/key.ts';

export interface KeySelection {
  readonly states: readonly KeyState[];
}

export interface KeyListing extends KeySelection {
  /** At most this many (1 to 5000), after leaving out the first `offset`. */
  readonly limit: number;
  readonly offset: number;
}

/** The instance's keys in these states, ordered by id. */
export async function listKeys(
  { store }: Context,
  { person, instance }: Caller,
  { states, limit, offset }: KeyListing,
): Promise<Decision<readonly Key[]>> {
  if (!mayCall(person, 'listKeys')) return refuse('access-denied');
  const lists = await Promise.all(
    [...new Set(states)].map((state) => firstKeys(store, keyList(instance.id, state), offset + limit)),
  );
  const keys = lists.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
  return accept(keys.slice(offset, offset + limit));
}

/** How many keys of the instance are in these states. */
export async function countKeys(
  { store }: Context,
  { person, instance }: Caller,
  { states }: KeySelection,
): Promise<Decision<number>> {
  if (!mayCall(person, 'listKeys')) return refuse('access-denied');
  const lists = await Promise.all(
    [...new Set(states)].map((state) =>
      firstKeys(store, keyList(instance.id, state), Number.POSITIVE_INFINITY),
    ),
  );
  return accept(lists.flat().length);
}

async function firstKeys(store: Store, partition: string, most: number): Promise<readonly Key[]> {
  const keys: Key[] = [];
  let after: string | undefined;
  do {
    const limit = Math.min(1000, most - keys.length);
    const query = { table: 'main', index: 'list', partition, limit } as const;
    const page = await store.query(after === undefined ? query : { ...query, after });
    keys.push(...page.items.map(keyOfItem));
    after = page.cursor;
  } while (after !== undefined && keys.length < most);
  return keys;
}

/** A key without its material, by id or alias. */
export async function getKeyMetadata(
  context: Context,
  caller: Caller,
  idOrAlias: string,
): Promise<Decision<Key>> {
  return permittedKey(context, caller, { operation: 'readKeyMetadata', idOrAlias });
}

/** A key, with the material of a standard key that is not destroyed. */
export async function getKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
): Promise<Decision<KeyWithPayload>> {
  const found = await permittedKey(context, caller, { operation: 'readKey', idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  if (!key.extractable || key.state === DESTROYED) return accept({ key });
  const payload = await loadMaterial(context, key);
  return accept(payload === undefined ? { key } : { key, payload });
}

/** The key, for whoever may call the operation: access is refused first, so that nobody learns which keys exist. */
export async function permittedKey(
  { store }: Context,
  { person, instance }: Caller,
  request: { readonly operation: Operation; readonly idOrAlias: string },
): Promise<Decision<Key>> {
  if (!mayCall(person, request.operation)) return refuse('access-denied');
  const key = await findKey(store, instance.id, request.idOrAlias);
  return key === undefined ? refuse('key-not-found') : accept(key);
}
