import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { type AwsAnswer, startAwsServer } from '../support/aws-server.ts';
import { kmsClient, kmsEndpoint, newKmsKey } from '../support/kms.ts';
import { arn } from './template.ts';

/** A KMS with a key for each that a template has. */
export interface Kms {
  readonly endpoint: string;
  /** The ARN of a new key with these properties of `AWS::KMS::Key`. */
  newKey(properties: { readonly KeySpec?: unknown; readonly KeyUsage?: unknown }): Promise<string>;
  close(): Promise<void>;
}

/** The one at `KMS_ENDPOINT`; where there is none, one of this file's, with real cryptography and what the product calls. */
export const openKms = (): Promise<Kms> => (kmsEndpoint === undefined ? ownKms() : kmsAt(kmsEndpoint));

async function kmsAt(endpoint: string): Promise<Kms> {
  const client = kmsClient();
  return {
    endpoint,
    newKey: ({ KeySpec, KeyUsage }) =>
      newKmsKey(client, KeyUsage === 'SIGN_VERIFY' ? { KeySpec: KeySpec as 'RSA_2048', KeyUsage } : {}),
    close: async () => client.destroy(),
  };
}

type Key = { readonly secret: Buffer } | { readonly privateKey: KeyObject };

/** DER of a SHA-256 digest's name, before the digest (RFC 8017, section 9.2). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

async function ownKms(): Promise<Kms> {
  const keys = new Map<string, Key>();
  const server = await startAwsServer(({ target, body }) => {
    const {
      KeyId,
      EncryptionContext = {},
      CiphertextBlob,
      Message,
    } = body as {
      KeyId: string;
      EncryptionContext?: object;
      CiphertextBlob?: string;
      Message?: string;
    };
    const key = keys.get(KeyId);
    const context = Buffer.from(JSON.stringify(Object.entries(EncryptionContext)));
    if (key === undefined) return { error: 'NotFoundException' };
    switch (target) {
      case 'TrentService.GenerateDataKey':
        return 'secret' in key ? dataKey(KeyId, key.secret, context) : INVALID_USE;
      case 'TrentService.Decrypt':
        return 'secret' in key
          ? unwrapped(KeyId, key.secret, { context, wrapped: CiphertextBlob ?? '' })
          : INVALID_USE;
      case 'TrentService.GetPublicKey':
        return 'privateKey' in key ? publicKey(KeyId, key.privateKey) : INVALID_USE;
      case 'TrentService.Sign':
        return 'privateKey' in key ? signature(KeyId, key.privateKey, Message ?? '') : INVALID_USE;
      default:
        return { error: 'UnknownOperationException' };
    }
  });
  return {
    endpoint: server.client.endpoint,
    async newKey({ KeyUsage }) {
      const made = arn('kms', `key/${randomUUID()}`);
      const key =
        KeyUsage === 'SIGN_VERIFY'
          ? { privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }
          : { secret: randomBytes(32) };
      keys.set(made, key);
      return made;
    },
    close: () => server.close(),
  };
}

const INVALID_USE: AwsAnswer = { error: 'InvalidKeyUsageException' };

function dataKey(KeyId: string, secret: Buffer, context: Buffer): AwsAnswer {
  const plain = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(context);
  const wrapped = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { body: { KeyId, Plaintext: plain.toString('base64'), CiphertextBlob: wrapped.toString('base64') } };
}

function unwrapped(
  KeyId: string,
  secret: Buffer,
  { context, wrapped }: { readonly context: Buffer; readonly wrapped: string },
): AwsAnswer {
  const bytes = Buffer.from(wrapped, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12)).setAAD(context);
    decipher.setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return { body: { KeyId, Plaintext: plain.toString('base64') } };
  } catch {
    return { error: 'InvalidCiphertextException' };
  }
}

const publicKey = (KeyId: string, privateKey: KeyObject): AwsAnswer => ({
  body: {
    KeyId,
    PublicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64'),
  },
});

/** Of a digest: RSASSA-PKCS1-v1_5 over SHA-256. */
function signature(KeyId: string, key: KeyObject, digest: string): AwsAnswer {
  const padded = { key, padding: constants.RSA_PKCS1_PADDING };
  const signed = privateEncrypt(padded, Buffer.concat([SHA256_INFO, Buffer.from(digest, 'base64')]));
  return { body: { KeyId, Signature: signed.toString('base64') } };
}
