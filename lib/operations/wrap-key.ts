import { randomBytes } from 'node:crypto';
import { accept, type Decision } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { openWith, type Sealed, sealWith, usableKey } from './use-key.ts';

const DATA_KEY_BYTES = 32;

export interface WrapRequest {
  /** Absent: a random data key of 256 bits is made, and handed back in plain as well. */
  readonly plaintext?: Uint8Array;
  readonly aad?: readonly string[];
}

export interface WrapResult extends Sealed {
  readonly plaintext?: Uint8Array;
}

/** Wraps a data key with a root key's newest version. */
export async function wrapKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { plaintext, aad = [] }: WrapRequest,
): Promise<Decision<WrapResult>> {
  const found = await usableKey(context, caller, idOrAlias, 'wrap');
  if (!found.ok) return found;
  const dataKey = plaintext ?? randomBytes(DATA_KEY_BYTES);
  const wrapped = await sealWith(context, found.value, dataKey, aad);
  if (!wrapped.ok || plaintext !== undefined) return wrapped;
  return accept({ ...wrapped.value, plaintext: dataKey });
}

export interface UnwrapRequest {
  readonly ciphertext: string;
  readonly aad?: readonly string[];
}

export interface UnwrapResult {
  readonly plaintext: Uint8Array;
  /** The version that had wrapped it. */
  readonly versionId: string;
  /** By the newest version, to be kept in its place; there when the key was rotated since it was wrapped. */
  readonly rewrapped?: Sealed;
}

/** Unwraps what any version of this key has wrapped. */
export async function unwrapKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { ciphertext, aad = [] }: UnwrapRequest,
): Promise<Decision<UnwrapResult>> {
  const found = await usableKey(context, caller, idOrAlias, 'unwrap');
  if (!found.ok) return found;
  const key = found.value;
  const opened = await openWith(context, key, ciphertext, aad);
  if (!opened.ok || opened.value.versionId === key.versions[0]?.id) return opened;
  const rewrapped = await sealWith(context, key, opened.value.plaintext, aad);
  return rewrapped.ok ? accept({ ...opened.value, rewrapped: rewrapped.value }) : rewrapped;
}

export interface RewrapResult {
  /** The version that had wrapped it. */
  readonly versionId: string;
  readonly rewrapped: Sealed;
}

/** Wraps anew, with the key's newest version, what any of its versions has wrapped. No plaintext leaves. */
export async function rewrapKey(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  { ciphertext, aad = [] }: UnwrapRequest,
): Promise<Decision<RewrapResult>> {
  const found = await usableKey(context, caller, idOrAlias, 'rewrap');
  if (!found.ok) return found;
  const opened = await openWith(context, found.value, ciphertext, aad);
  if (!opened.ok) return opened;
  const rewrapped = await sealWith(context, found.value, opened.value.plaintext, aad);
  return rewrapped.ok ? accept({ versionId: opened.value.versionId, rewrapped: rewrapped.value }) : rewrapped;
}
