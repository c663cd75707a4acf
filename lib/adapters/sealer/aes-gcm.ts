import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** NIST SP 800-38D: a random 96-bit nonce, a 128-bit tag, at most 2^32 messages under one key. */
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals under a 32-byte key, bound to `context` (the additional data): nonce, and ciphertext with tag, in base64url. */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, context: string): [string, string] {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return [nonce.toString('base64url'), ciphertext.toString('base64url')];
}

/** What `encrypt` sealed, or undefined when the parts were changed or key or context are others. */
export function decrypt(
  key: Uint8Array,
  [nonceText, ciphertextText]: readonly [string, string],
  context: string,
): Uint8Array | undefined {
  const nonce = fromBase64url(nonceText);
  const sealed = fromBase64url(ciphertextText);
  if (nonce?.length !== NONCE_BYTES || sealed === undefined || sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Strict, where Buffer skips what it does not know: any changed character must be seen. */
export function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
