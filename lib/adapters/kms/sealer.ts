import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { PermanentError } from '../../domain/errors.ts';
import type { Sealer } from '../../ports/sealer.ts';
import { awsError } from '../aws/errors.ts';
import { decrypt, encrypt, fromBase64url } from '../sealer/aes-gcm.ts';

const VERSION = 'kms1';

/** KMS's answers to a data key that this key never wrapped, or not in this context. */
const FOREIGN: ReadonlySet<string> = new Set(['IncorrectKeyException', 'InvalidCiphertextException']);

/**
 * Seals under an AWS KMS key: `kms1.<wrapped data key>.<nonce>.<ciphertext and tag>`. Each value has a data key of
 * its own, since KMS itself encrypts 4,096 bytes at most. The context is KMS's encryption context as well, so it
 * stands in CloudTrail beside every use, and must not be a secret.
 *
 * @param options.keyId the key's ARN (an alias could be moved to a key that unseals nothing)
 */
export const kmsSealer = (client: KMSClient, options: { readonly keyId: string }): Sealer => ({
  async seal(plaintext, context) {
    const dataKey = await newDataKey(client, options.keyId, context);
    try {
      const header = `${VERSION}.${Buffer.from(dataKey.wrapped).toString('base64url')}`;
      return [header, ...encrypt(dataKey.plain, plaintext, `${header}.${context}`)].join('.');
    } finally {
      dataKey.plain.fill(0);
    }
  },

  async unseal(sealed, context) {
    const [version, wrappedText = '', nonce = '', ciphertext = '', ...rest] = sealed.split('.');
    const wrapped = fromBase64url(wrappedText);
    if (version !== VERSION || rest.length > 0 || wrapped === undefined || wrapped.length === 0)
      throw new PermanentError('sealed in a format that is not known here');
    const dataKey = await unwrapDataKey(client, { keyId: options.keyId, wrapped, context });
    try {
      const plaintext = decrypt(dataKey, [nonce, ciphertext], `${version}.${wrappedText}.${context}`);
      if (plaintext === undefined) throw new PermanentError('sealed bytes were changed or belong elsewhere');
      return plaintext;
    } finally {
      dataKey.fill(0);
    }
  },
});

async function newDataKey(client: KMSClient, keyId: string, context: string) {
  const command = new GenerateDataKeyCommand({
    KeyId: keyId,
    KeySpec: 'AES_256',
    EncryptionContext: { context },
  });
  try {
    const { Plaintext: plain, CiphertextBlob: wrapped } = await client.send(command);
    if (plain !== undefined && wrapped !== undefined) return { plain, wrapped };
  } catch (error) {
    throw awsError(error, 'KMS could not make a data key');
  }
  throw new PermanentError('KMS answered without a data key');
}

async function unwrapDataKey(
  client: KMSClient,
  { keyId, wrapped, context }: { keyId: string; wrapped: Uint8Array; context: string },
): Promise<Uint8Array> {
  const command = new DecryptCommand({
    KeyId: keyId,
    CiphertextBlob: wrapped,
    EncryptionContext: { context },
  });
  try {
    const { Plaintext: dataKey } = await client.send(command);
    if (dataKey !== undefined) return dataKey;
  } catch (error) {
    if (error instanceof Error && FOREIGN.has(error.name))
      throw new PermanentError(
        'sealed bytes were changed, belong elsewhere, or are sealed under another KMS key',
      );
    throw awsError(error, 'KMS could not unwrap a data key');
  }
  throw new PermanentError('KMS answered without a data key');
}
