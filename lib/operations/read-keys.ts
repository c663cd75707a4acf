import { mayCall, type Operation } from '../domain/access.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { asOf } from '../domain/key-state.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import type { KeyWithPayload } from './create-key.ts';
import { loadMaterial } from './material.ts';
import { findKey, findKeyOrTrace } from './records/key.ts';

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
  { store, clock }: Context,
  { person, instance, keyRingId }: Caller,
  request: {
    readonly operation: Operation;
    readonly idOrAlias: string;
    /** Also what is left of a purged key, by its id. */
    readonly evenPurged?: true;
  },
): Promise<Decision<Key>> {
  const { operation, idOrAlias, evenPurged } = request;
  const key = await (evenPurged ? findKeyOrTrace : findKey)(store, instance.id, idOrAlias);
  // Whoever has no grant on the instance is told of no key but those that they have one on.
  if (!mayCall(person, operation, key ?? { id: idOrAlias })) return refuse('access-denied');
  if (key === undefined || (keyRingId ?? key.keyRingId) !== key.keyRingId) return refuse('key-not-found');
  return accept(asOf(key, clock.now()));
}
