import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { rsaPublicJwk } from '../../lib/adapters/token-signer/jwk.ts';
import type { TokenSigner } from '../../lib/ports/token-signer.ts';

/** RSA keys are slow to make: one, when the first checkpoint is signed. */
let made: Promise<KeyObject> | undefined;

const privateKey = (): Promise<KeyObject> => {
  made ??= newKey();
  return made;
};

const newKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;

/** A signer in memory; without a key, that which all in this process share. */
export function checkpointSigner(key: () => Promise<KeyObject> = privateKey): TokenSigner {
  return {
    sign: async (input) => sign('sha256', input, await key()),
    publicKey: async () => rsaPublicJwk(createPublicKey(await key())),
  };
}

/** One with a key of its own. */
export async function otherSigner(): Promise<TokenSigner> {
  const key = await newKey();
  return checkpointSigner(async () => key);
}
