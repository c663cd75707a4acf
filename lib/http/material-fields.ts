import * as z from 'zod';
import type { RefusalCode } from '../domain/refusal.ts';
import { ENCRYPTION_ALGORITHMS, type ImportedMaterial } from '../operations/import-material.ts';
import { invalidField } from './bad-request.ts';
import { base64 } from './base64.ts';

const ALGORITHM_RULE = `one of ${ENCRYPTION_ALGORITHMS.join(', ')}`;
const NONCE_RULE = 'the nonce of the import token, encrypted with the key material by AES-GCM, in base64';
const IV_RULE = 'the 12 bytes with which the nonce was encrypted, in base64';
const IV_BYTES = 12;

/** The fields with which material is brought along, as it is or encrypted under the instance's import token. */
export const MATERIAL_FIELDS = {
  payload: base64('base64 encoded key material').optional(),
  encryptedNonce: base64(NONCE_RULE).optional(),
  iv: base64(IV_RULE)
    .refine(({ length }) => length === IV_BYTES, IV_RULE)
    .optional(),
  encryptionAlgorithm: z.enum(ENCRYPTION_ALGORITHMS, ALGORITHM_RULE).optional(),
};

type MaterialFields = {
  readonly [name in keyof typeof MATERIAL_FIELDS]?: z.output<(typeof MATERIAL_FIELDS)[name]>;
};

/** Why material that was brought along encrypted can be refused. */
export const IMPORT_REFUSALS = [
  'import-token-expired',
  'import-payload-unusable',
  'import-nonce-undecipherable',
  'import-nonce-foreign',
] as const satisfies readonly RefusalCode[];

const ROOT_KEY_BYTES: readonly number[] = [16, 24, 32];
const MOST_PAYLOAD_BYTES = 7_500;

/** What the fields bring, once it is known that they go together; undefined when nothing. @throws RequestProblem */
export function materialOf(
  { payload, encryptedNonce, iv, encryptionAlgorithm }: MaterialFields,
  { extractable }: { readonly extractable: boolean },
): ImportedMaterial | undefined {
  const isEncrypted = encryptedNonce !== undefined || iv !== undefined || encryptionAlgorithm !== undefined;
  if (payload === undefined) {
    if (isEncrypted) throw invalidField('payload', 'the encrypted key material, in base64');
    return undefined;
  }
  if (!isEncrypted) {
    checkLength(payload, extractable);
    return { payload };
  }
  if (encryptedNonce === undefined) throw invalidField('encryptedNonce', NONCE_RULE);
  if (iv === undefined) throw invalidField('iv', IV_RULE);
  const algorithm = encryptionAlgorithm ?? 'RSAES_OAEP_SHA_256';
  return { payload, encryption: { algorithm, encryptedNonce, iv } };
}

function checkLength({ length }: Uint8Array, extractable: boolean): void {
  if (extractable && length > MOST_PAYLOAD_BYTES) {
    throw invalidField('payload', `base64 of at most ${MOST_PAYLOAD_BYTES} bytes for a standard key`);
  }
  if (!extractable && !ROOT_KEY_BYTES.includes(length)) {
    throw invalidField('payload', 'base64 of 16, 24 or 32 bytes for a root key');
  }
}
