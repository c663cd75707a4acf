import { hkdfSync } from 'node:crypto';
import { PermanentError } from '../../domain/errors.ts';
import type { Resealer, Sealer } from '../../ports/sealer.ts';
import { decrypt, encrypt } from '../sealer/aes-gcm.ts';
import type { MasterKeys } from './master-key.ts';

const VERSION = 'v1';

/** Seals under the newest of an installation's master keys, and unseals under each. */
export interface MasterKeySealer extends Sealer, Resealer {
  /** From now on these keys, the newest first. */
  use(masterKeys: MasterKeys): void;
  /** Unseals no more under the master key of this id. */
  forget(keyId: string): void;
}

/**
 * Seals under an installation's master key (32 bytes): `v1.<key id>.<nonce>.<ciphertext and tag>`, AES-256-GCM
 * with the first two parts and the context as additional data. The key id says which master key it was: while one is
 * being replaced there are two.
 */
export function masterKeySealer(...masterKeys: MasterKeys): MasterKeySealer {
  let newest = sealingKey(masterKeys[0]);
  let byHeader: ReadonlyMap<string, SealingKey> = new Map();
  const use = (keys: MasterKeys) => {
    newest = sealingKey(keys[0]);
    byHeader = new Map(keys.map(sealingKey).map((key) => [key.header, key]));
  };
  use(masterKeys);
  const sealNow = (plaintext: Uint8Array, context: string): string => {
    const { header, key } = newest;
    return [header, ...encrypt(key, plaintext, `${header}.${context}`)].join('.');
  };
  const unsealNow = (sealed: string, context: string): Uint8Array => {
    const [version, keyId, nonce = '', ciphertext = '', ...rest] = sealed.split('.');
    if (version !== VERSION || rest.length > 0)
      throw new PermanentError('sealed in a format that is not known here');
    const found = byHeader.get(`${version}.${keyId}`);
    if (found === undefined) throw new PermanentError('sealed under another master key');
    const plaintext = decrypt(found.key, [nonce, ciphertext], `${found.header}.${context}`);
    if (plaintext === undefined) throw new PermanentError('sealed bytes were changed or belong elsewhere');
    return plaintext;
  };
  return {
    use,
    forget: (keyId) => {
      byHeader = new Map([...byHeader].filter(([header]) => header !== `${VERSION}.${keyId}`));
    },
    sealNow,
    unsealNow,
    isNewest: (sealed) => sealed.startsWith(`${newest.header}.`),
    seal: async (plaintext, context) => sealNow(plaintext, context),
    unseal: async (sealed, context) => unsealNow(sealed, context),
  };
}

interface SealingKey {
  readonly header: string;
  readonly key: Uint8Array;
}

const sealingKey = (masterKey: Uint8Array): SealingKey => ({
  header: `${VERSION}.${masterKeyId(masterKey)}`,
  key: derived(masterKey, 'countersign sealer v1', 32),
});

/** What a master key is called: in everything that is sealed under it, and where people are told of it. */
export const masterKeyId = (masterKey: Uint8Array): string =>
  Buffer.from(derived(masterKey, 'countersign key id v1', 8)).toString('base64url');

/** What everything begins with that is sealed under the master key of this id. */
export const sealedUnder = (keyId: string): string => `${VERSION}.${keyId}.`;

/** Finds in a text what master keys something in it is sealed under. */
export const SEALED_UNDER = new RegExp(`"${VERSION}\\.([\\w-]{11})\\.`, 'g');

/** One key for one use (HKDF, RFC 5869): the id can be public, and a later use gets a key of its own. */
const derived = (masterKey: Uint8Array, use: string, bytes: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(), use, bytes));
