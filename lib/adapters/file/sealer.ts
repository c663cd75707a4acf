import { hkdfSync } from 'node:crypto';
import { PermanentError } from '../../domain/errors.ts';
import type { Sealer } from '../../ports/sealer.ts';
import { decrypt, encrypt } from '../sealer/aes-gcm.ts';

const VERSION = 'v1';

/**
 * Seals under an installation's master key (32 bytes): `v1.<key id>.<nonce>.<ciphertext and tag>`, AES-256-GCM
 * with the first two parts and the context as additional data. The key id says which master key it was, for the
 * day that there are two.
 */
export const masterKeySealer = (masterKey: Uint8Array): Sealer => {
  const key = derived(masterKey, 'countersign sealer v1', 32);
  const keyId = Buffer.from(derived(masterKey, 'countersign key id v1', 8)).toString('base64url');
  const header = `${VERSION}.${keyId}`;
  return {
    async seal(plaintext, context) {
      return [header, ...encrypt(key, plaintext, `${header}.${context}`)].join('.');
    },
    async unseal(sealed, context) {
      const [version, sealedUnder, nonce = '', ciphertext = '', ...rest] = sealed.split('.');
      if (version !== VERSION || rest.length > 0)
        throw new PermanentError('sealed in a format that is not known here');
      if (sealedUnder !== keyId) throw new PermanentError('sealed under another master key');
      const plaintext = decrypt(key, [nonce, ciphertext], `${header}.${context}`);
      if (plaintext === undefined) throw new PermanentError('sealed bytes were changed or belong elsewhere');
      return plaintext;
    },
  };
};

/** One key for one use (HKDF, RFC 5869): the id can be public, and a later use gets a key of its own. */
const derived = (masterKey: Uint8Array, use: string, bytes: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(), use, bytes));
