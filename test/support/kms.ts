import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { testClient } from './aws-server.ts';

/**
 * Where something answers the KMS API. No npm package does, so these tests run where one is started beside them:
 * local-kms, which does real cryptography (moto signs a digest as if it were the message).
 */
export const kmsEndpoint = process.env.KMS_ENDPOINT;

const HOW_TO =
  'go install github.com/nsmithuk/local-kms@latest; PORT=5000 KMS_DATA_PATH=/tmp local-kms; KMS_ENDPOINT=http://127.0.0.1:5000';

/** Says once, for a test file, that its tests against KMS are skipped, and how to run them. */
export function announceSkippedKms(what: string): void {
  if (kmsEndpoint === undefined) process.stderr.write(`\nSKIPPED: ${what} against a KMS: ${HOW_TO}\n\n`);
}

export const kmsClient = (): KMSClient => new KMSClient(testClient(kmsEndpoint ?? 'http://127.0.0.1:1'));

/** The ARN of a new key. */
export async function newKmsKey(client: KMSClient, options: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand(options));
  if (KeyMetadata?.Arn === undefined) throw new Error('KMS made no key');
  return KeyMetadata.Arn;
}
