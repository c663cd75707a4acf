import {
  type CipherGCMTypes,
  constants,
  createDecipheriv,
  privateDecrypt,
  timingSafeEqual,
} from 'node:crypto';
import { type ImportToken, isUsable } from '../domain/import-token.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Context } from './context.ts';
import { importKeyContext, loadImportKey, loadImportToken } from './records/import-token.ts';

/** Key Protect asks for OAEP with SHA-256; its Go client can ask for SHA-1 (RFC 8017, section 7.1: both are sound). */
export const ENCRYPTION_ALGORITHMS = ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'] as const;
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

const OAEP_HASHES = {
  RSAES_OAEP_SHA_256: 'sha256',
  RSAES_OAEP_SHA_1: 'sha1',
} as const satisfies { readonly [algorithm in EncryptionAlgorithm]: string };

/** How material was made safe for its way here: see {@link ImportedMaterial}. */
export interface ImportEncryption {
  readonly algorithm: EncryptionAlgorithm;
  /** The token's nonce under the material, by AES-GCM: ciphertext and 16 bytes of tag. */
  readonly encryptedNonce: Uint8Array;
  /** 12 bytes. */
  readonly iv: Uint8Array;
}

/** Material that somebody brings along. */
export interface ImportedMaterial {
  /** The material itself or, with `encryption`, the material under the import token's public key. */
  readonly payload: Uint8Array;
  readonly encryption?: ImportEncryption;
}

/** The AES variants by the bytes of their key, which are also the lengths that a root key can have. */
const GCM: ReadonlyMap<number, CipherGCMTypes> = new Map([
  [16, 'aes-128-gcm'],
  [24, 'aes-192-gcm'],
  [32, 'aes-256-gcm'],
]);
const TAG_BYTES = 16;

/**
 * The material in plain, for a key that is created or rotated in this instance. Material that is encrypted is of a
 * root key, and proves by the nonce that whoever sends it was given the instance's import token.
 */
export async function importMaterial(
  context: Pick<Context, 'store' | 'sealer' | 'clock'>,
  instanceId: string,
  { payload, encryption }: ImportedMaterial,
): Promise<Decision<Uint8Array>> {
  if (encryption === undefined) return accept(payload);
  const token = await loadImportToken(context.store, instanceId);
  if (!isUsable(token, context.clock.now())) return refuse('import-token-expired');
  const privateKey = await loadPrivateKey(context, token);
  if (privateKey === undefined) return refuse('import-token-expired');
  const material = decryptMaterial(payload, privateKey, encryption.algorithm);
  if (material === undefined) return refuse('import-payload-unusable');
  const nonce = decryptNonce(material, encryption);
  if (nonce === undefined) return refuse('import-nonce-undecipherable');
  return isSame(nonce, Buffer.from(token.nonce, 'base64'))
    ? accept(material)
    : refuse('import-nonce-foreign');
}

/** Undefined when the token was replaced, or expired and lost its key, after it was read. */
async function loadPrivateKey(
  { store, sealer }: Pick<Context, 'store' | 'sealer'>,
  { id, instanceId }: ImportToken,
): Promise<string | undefined> {
  const record = await loadImportKey(store, instanceId);
  if (record?.tokenId !== id) return undefined;
  return new TextDecoder().decode(await sealer.unseal(record.sealed, importKeyContext(id)));
}

function decryptMaterial(
  payload: Uint8Array,
  key: string,
  algorithm: EncryptionAlgorithm,
): Uint8Array | undefined {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const material = orUndefined(() =>
    privateDecrypt({ key, padding, oaepHash: OAEP_HASHES[algorithm] }, payload),
  );
  return material !== undefined && GCM.has(material.length) ? material : undefined;
}

function decryptNonce(material: Uint8Array, encryption: ImportEncryption): Uint8Array | undefined {
  const { encryptedNonce, iv } = encryption;
  const cipher = GCM.get(material.length);
  if (cipher === undefined || encryptedNonce.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(cipher, material, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(encryptedNonce.subarray(-TAG_BYTES));
  return orUndefined(() =>
    Buffer.concat([decipher.update(encryptedNonce.subarray(0, -TAG_BYTES)), decipher.final()]),
  );
}

/** What was sent did not fit its key: Node says so by an exception, and by nothing else here. */
function orUndefined<T>(decrypted: () => T): T | undefined {
  try {
    return decrypted();
  } catch {
    return undefined;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
