import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { PermanentError } from '../../domain/errors.ts';
import type { TokenSigner } from '../../ports/token-signer.ts';
import { awsError } from '../aws/errors.ts';
import { rsaPublicJwk } from '../token-signer/jwk.ts';

/**
 * Signs with an RSA key (SIGN_VERIFY) of AWS KMS, which never leaves it. The public key is asked for once.
 *
 * @param options.keyId the key's ARN
 */
export function kmsTokenSigner(client: KMSClient, options: { readonly keyId: string }): TokenSigner {
  const fetchPublicKey = async () => rsaPublicJwk(await publicKeyOf(client, options.keyId));
  let fetched: ReturnType<typeof fetchPublicKey> | undefined;
  return {
    sign: (signingInput) => signed(client, options.keyId, signingInput),

    publicKey() {
      fetched ??= fetchPublicKey().catch((error: unknown) => {
        // A failure is not kept: the next caller asks again.
        fetched = undefined;
        throw error;
      });
      return fetched;
    },
  };
}

/** The digest is made here: KMS takes messages up to 4,096 bytes only. */
async function signed(client: KMSClient, keyId: string, signingInput: Uint8Array): Promise<Uint8Array> {
  const command = new SignCommand({
    KeyId: keyId,
    Message: createHash('sha256').update(signingInput).digest(),
    MessageType: 'DIGEST',
    SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
  });
  try {
    const { Signature: signature } = await client.send(command);
    if (signature !== undefined) return signature;
  } catch (error) {
    throw awsError(error, 'KMS could not sign');
  }
  throw new PermanentError('KMS answered without a signature');
}

async function publicKeyOf(client: KMSClient, keyId: string): Promise<KeyObject> {
  const der = await publicKeyDer(client, keyId);
  const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'rsa')
    throw new PermanentError('the KMS key that signs tokens is no RSA key');
  return key;
}

async function publicKeyDer(client: KMSClient, keyId: string): Promise<Uint8Array> {
  try {
    const { PublicKey: der } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    if (der !== undefined) return der;
  } catch (error) {
    throw awsError(error, 'KMS could not give the public key');
  }
  throw new PermanentError('KMS answered without a public key');
}
