import type { Operation } from '../domain/access.ts';
import { ACTIVE, DEACTIVATED, isExternal, type Key, type KeyState } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import { open, seal, versionOf } from './ciphertext.ts';
import type { Context } from './context.ts';
import { loadMaterial } from './material.ts';
import { permittedKey } from './read-keys.ts';

interface Use {
  readonly operation: Operation;
  readonly states: readonly KeyState[];
}

/** In which states (contract, section 2.2). A key that is set for deletion is an active key. */
const USES = {
  wrap: { operation: 'wrapKey', states: [ACTIVE] },
  unwrap: { operation: 'unwrapKey', states: [ACTIVE, DEACTIVATED] },
  rewrap: { operation: 'rewrapKey', states: [ACTIVE, DEACTIVATED] },
} as const satisfies { readonly [use: string]: Use };

/** The root key, for whoever may use it so, in a state in which it can be. */
export async function usableKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  use: keyof typeof USES,
): Promise<Decision<Key>> {
  const { operation, states }: Use = USES[use];
  const found = await permittedKey(context, caller, { operation, idOrAlias });
  if (!found.ok) return found;
  if (found.value.extractable) return refuse('key-not-root');
  if (isExternal(found.value)) return refuse('key-external');
  return states.includes(found.value.state) ? found : refuse('key-not-active');
}

/** What a key's newest version has wrapped. */
export interface Sealed {
  readonly ciphertext: string;
  readonly versionId: string;
}

/** Seals under the key's newest version: none of the older ones wraps any more. */
export async function sealWith(
  context: Context,
  key: Key,
  plaintext: Uint8Array,
  aad: readonly string[],
): Promise<Decision<Sealed>> {
  const [newest] = key.versions;
  const material = newest && (await loadMaterial(context, key, newest.id));
  if (newest === undefined || material === undefined) return refuse('key-not-active');
  const ciphertext = seal(material, plaintext, { versionId: newest.id, aad });
  return accept({ ciphertext, versionId: newest.id });
}

export interface Opened {
  readonly plaintext: Uint8Array;
  /** The version that had wrapped it. */
  readonly versionId: string;
}

/** Opens what any of the key's versions has wrapped. */
export async function openWith(
  context: Context,
  key: Key,
  ciphertext: string,
  aad: readonly string[],
): Promise<Decision<Opened>> {
  const named = versionOf(ciphertext);
  const version = key.versions.find(({ id }) => id === named);
  if (version === undefined) return refuse('ciphertext-unusable');
  const material = await loadMaterial(context, key, version.id);
  if (material === undefined) return refuse('key-not-active');
  const plaintext = open(material, ciphertext, { versionId: version.id, aad });
  return plaintext === undefined
    ? refuse('ciphertext-unusable')
    : accept({ plaintext, versionId: version.id });
}
