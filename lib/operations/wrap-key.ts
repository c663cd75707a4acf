import { randomBytes } from 'node:crypto';
import type { Operation } from '../domain/access.ts';
import { ACTIVE, DEACTIVATED, type Key, type KeyState } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import { open, seal, versionOf } from './ciphertext.ts';
import type { Context } from './context.ts';
import { loadMaterial } from './material.ts';
import { permittedKey } from './read-keys.ts';

const DATA_KEY_BYTES = 32;

export interface WrapRequest {
  /** Absent: a random data key of 256 bits is made, and handed back in plain as well. */
  readonly plaintext?: Uint8Array;
  readonly aad?: readonly string[];
}

export interface WrapResult {
  readonly ciphertext: string;
  readonly versionId: string;
  readonly plaintext?: Uint8Array;
}

/** Wraps a data key with a root key's newest version. A key that is set for deletion is an active key. */
export async function wrapKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: WrapRequest,
): Promise<Decision<WrapResult>> {
  const found = await usableKey(context, caller, idOrAlias, WRAP);
  if (!found.ok) return found;
  const key = found.value;
  const [newest] = key.versions;
  const material = newest && (await loadMaterial(context, key, newest.id));
  if (newest === undefined || material === undefined) return refuse('key-not-active');
  const { aad = [], plaintext } = request;
  const dataKey = plaintext ?? randomBytes(DATA_KEY_BYTES);
  const wrapped = {
    ciphertext: seal(material, dataKey, { versionId: newest.id, aad }),
    versionId: newest.id,
  };
  return accept(plaintext === undefined ? { ...wrapped, plaintext: dataKey } : wrapped);
}

export interface UnwrapRequest {
  readonly ciphertext: string;
  readonly aad?: readonly string[];
}

export interface UnwrapResult {
  readonly plaintext: Uint8Array;
  readonly versionId: string;
}

/** Unwraps what a version of this key has wrapped. */
export async function unwrapKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: UnwrapRequest,
): Promise<Decision<UnwrapResult>> {
  const found = await usableKey(context, caller, idOrAlias, UNWRAP);
  if (!found.ok) return found;
  const key = found.value;
  const { ciphertext, aad = [] } = request;
  const versionId = versionOf(ciphertext);
  const version = key.versions.find(({ id }) => id === versionId);
  if (version === undefined) return refuse('ciphertext-unusable');
  const material = await loadMaterial(context, key, version.id);
  if (material === undefined) return refuse('key-not-active');
  const plaintext = open(material, ciphertext, { versionId: version.id, aad });
  return plaintext === undefined
    ? refuse('ciphertext-unusable')
    : accept({ plaintext, versionId: version.id });
}

interface Use {
  readonly operation: Operation;
  readonly states: readonly KeyState[];
}

/** In which states (contract, section 2.2). */
const WRAP: Use = { operation: 'wrapKey', states: [ACTIVE] };
const UNWRAP: Use = { operation: 'unwrapKey', states: [ACTIVE, DEACTIVATED] };

async function usableKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { operation, states }: Use,
): Promise<Decision<Key>> {
  const found = await permittedKey(context, caller, { operation, idOrAlias });
  if (!found.ok) return found;
  if (found.value.extractable) return refuse('key-not-root');
  return states.includes(found.value.state) ? found : refuse('key-not-active');
}
