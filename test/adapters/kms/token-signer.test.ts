import { generateKeyPairSync } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, describe, expect, test } from 'vitest';
import { kmsTokenSigner } from '../../../lib/adapters/kms/token-signer.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { describeTokenSigner } from '../../contracts/token-signer.ts';
import { type AwsAnswer, type AwsServer, startAwsServer } from '../../support/aws-server.ts';
import { announceSkippedKms, kmsClient, kmsEndpoint, newKmsKey } from '../../support/kms.ts';

announceSkippedKms('the KMS token signer');
describe.runIf(kmsEndpoint)('the KMS token signer, against a KMS', () => {
  describeTokenSigner(async () => {
    const client = kmsClient();
    const options = { KeyUsage: 'SIGN_VERIFY', KeySpec: 'RSA_2048' } as const;
    const [own, foreign] = await Promise.all([newKmsKey(client, options), newKmsKey(client, options)]);
    return {
      signer: kmsTokenSigner(client, { keyId: own }),
      foreign: kmsTokenSigner(client, { keyId: foreign }),
    };
  });
});

describe('the KMS token signer, against a server that answers what it is told', () => {
  let server: AwsServer | undefined;
  afterEach(() => server?.close());

  async function signerOver(answer: () => AwsAnswer) {
    server = await startAwsServer(answer);
    return kmsTokenSigner(new KMSClient(server.client), { keyId: 'key-1' });
  }

  const publicKeyAnswer = (): AwsAnswer => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return { body: { PublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') } };
  };

  test('signs the digest, under the one algorithm', async () => {
    const signer = await signerOver(() => ({ body: { Signature: 'c2lnbmF0dXJl' } }));
    expect(Buffer.from(await signer.sign(Buffer.from('abc'))).toString()).toBe('signature');
    expect(server?.requests.map(({ target, body }) => [target, body])).toEqual([
      [
        'TrentService.Sign',
        {
          KeyId: 'key-1',
          // SHA-256 of "abc", from FIPS 180-2.
          Message: Buffer.from(
            'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
            'hex',
          ).toString('base64'),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
        },
      ],
    ]);
  });

  test('asks for the public key once, also when many want it at once', async () => {
    const answer = publicKeyAnswer();
    const signer = await signerOver(() => answer);
    const [first, second] = await Promise.all([signer.publicKey(), signer.publicKey()]);
    expect(await signer.publicKey()).toEqual(first);
    expect(second).toEqual(first);
    expect(server?.requests).toHaveLength(1);
  });

  test('asks again after a failure', async () => {
    const answers: AwsAnswer[] = [{ error: 'KMSInternalException', status: 500 }, publicKeyAnswer()];
    const signer = await signerOver(() => answers.shift() ?? {});
    await expect(signer.publicKey()).rejects.toThrow(TransientError);
    await expect(signer.publicKey()).resolves.toMatchObject({ alg: 'RS256' });
  });

  test('refuses a key that is no RSA key', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const signer = await signerOver(() => ({ body: { PublicKey: der } }));
    await expect(signer.publicKey()).rejects.toThrow(PermanentError);
  });

  test('says by an error’s type whether to repeat', async () => {
    const answers: AwsAnswer[] = [{ error: 'ThrottlingException' }, { error: 'DisabledException' }];
    const signer = await signerOver(() => answers.shift() ?? {});
    await expect(signer.sign(Buffer.from('a'))).rejects.toThrow(TransientError);
    await expect(signer.sign(Buffer.from('a'))).rejects.toThrow(PermanentError);
  });
});
