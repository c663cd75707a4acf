import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError } from '../../domain/errors.ts';
import type { TokenSigner } from '../../ports/token-signer.ts';
import { rsaPublicJwk } from '../token-signer/jwk.ts';
import { codeOf, createSecretFile, readSecretFile } from './secret-file.ts';

/** Signs access tokens. */
export const TOKEN_KEY_FILE = 'signing.key';
/** Signs checkpoints of the audit chains, and nothing else. */
export const CHECKPOINT_KEY_FILE = 'audit-signing.key';

/** RFC 7518 (3.3) asks for 2048 or more; tokens live for an hour, and 3072 takes seconds to make. */
const MODULUS_BITS = 2048;

/**
 * Makes a key that signs, by default an installation's access tokens: RSA, PKCS #8, in `<folder>/signing.key`.
 *
 * @throws PermanentError when there is one already, or when it cannot be written.
 */
export async function createSigningKey(folder: string, fileName = TOKEN_KEY_FILE): Promise<void> {
  const path = join(folder, fileName);
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  const outcome = await createSecretFile(path, pem).catch((error: unknown) => {
    throw new PermanentError(`${path} cannot be written: ${codeOf(error)}`);
  });
  if (outcome === 'exists') throw new PermanentError(`${path} exists already and is left as it is`);
}

/** The key that signs checkpoints, made where there is none yet. @throws PermanentError when it cannot be written. */
export async function ensureCheckpointKey(folder: string): Promise<'made' | 'found'> {
  if ((await readSecretFile(join(folder, CHECKPOINT_KEY_FILE))) !== undefined) return 'found';
  await createSigningKey(folder, CHECKPOINT_KEY_FILE);
  return 'made';
}

/**
 * Signs with the key that `createSigningKey` made.
 *
 * @throws PermanentError when there is none, when others can read it, or when it is no RSA key of 2048 bits.
 */
export async function fileTokenSigner(folder: string, fileName = TOKEN_KEY_FILE): Promise<TokenSigner> {
  const path = join(folder, fileName);
  const privateKey = parsed(await readSecretFile(path), path);
  const publicJwk = await rsaPublicJwk(createPublicKey(privateKey));
  return {
    sign: (signingInput) => promisify(sign)('sha256', signingInput, privateKey),
    publicKey: async () => publicJwk,
  };
}

function parsed(pem: string | undefined, path: string): KeyObject {
  if (pem === undefined) throw new PermanentError(`there is no ${path}`);
  const key = readKey(pem);
  if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MODULUS_BITS)
    throw new PermanentError(
      `${path} is damaged: it must hold an RSA private key of ${MODULUS_BITS} bits or more`,
    );
  return key;
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
