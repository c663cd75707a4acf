import { randomBytes } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, describe, expect, test } from 'vitest';
import { kmsSealer } from '../../../lib/adapters/kms/sealer.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { describeSealer } from '../../contracts/sealer.ts';
import { type AwsAnswer, type AwsServer, startAwsServer } from '../../support/aws-server.ts';
import { announceSkippedKms, kmsClient, kmsEndpoint, newKmsKey } from '../../support/kms.ts';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0d5f';
const CONTEXT = 'material/instance-1/key-1/1';

announceSkippedKms('the KMS sealer');
describe.runIf(kmsEndpoint)('the KMS sealer, against a KMS', () => {
  describeSealer(async () => {
    const client = kmsClient();
    const [own, foreign] = await Promise.all([newKmsKey(client), newKmsKey(client)]);
    return { sealer: kmsSealer(client, { keyId: own }), foreign: kmsSealer(client, { keyId: foreign }) };
  });
});

describe('the KMS sealer, against a server that answers what it is told', () => {
  let server: AwsServer | undefined;
  afterEach(() => server?.close());

  async function sealerOver(answer: (target: string) => AwsAnswer) {
    server = await startAwsServer(({ target }) => answer(target));
    return kmsSealer(new KMSClient(server.client), { keyId: KEY });
  }

  /** What KMS would answer for one data key. */
  function dataKeyAnswers(): (target: string) => AwsAnswer {
    const Plaintext = randomBytes(32).toString('base64');
    return (target) =>
      target === 'TrentService.GenerateDataKey'
        ? { body: { Plaintext, CiphertextBlob: 'd3JhcHBlZA==', KeyId: KEY } }
        : { body: { Plaintext, KeyId: KEY } };
  }

  test('names the key and the context in both calls, and never sends what it seals', async () => {
    const sealer = await sealerOver(dataKeyAnswers());
    const sealed = await sealer.seal(Buffer.from('material'), CONTEXT);
    expect(Buffer.from(await sealer.unseal(sealed, CONTEXT)).toString()).toBe('material');
    expect(server?.requests.map(({ target, body }) => [target, body])).toEqual([
      [
        'TrentService.GenerateDataKey',
        { KeyId: KEY, KeySpec: 'AES_256', EncryptionContext: { context: CONTEXT } },
      ],
      [
        'TrentService.Decrypt',
        { KeyId: KEY, CiphertextBlob: 'd3JhcHBlZA==', EncryptionContext: { context: CONTEXT } },
      ],
    ]);
  });

  test('a changed text does not unseal even where KMS gives the data key', async () => {
    const sealer = await sealerOver(dataKeyAnswers());
    const sealed = await sealer.seal(Buffer.from('material'), CONTEXT);
    const changed = sealed.slice(0, -3) + (sealed.endsWith('AAA') ? 'BBB' : 'AAA');
    await expect(sealer.unseal(changed, CONTEXT)).rejects.toThrow(PermanentError);
    await expect(sealer.unseal(sealed, 'elsewhere')).rejects.toThrow(PermanentError);
  });

  test('a data key is never used twice', async () => {
    const sealer = await sealerOver(dataKeyAnswers());
    await sealer.seal(Buffer.from('a'), CONTEXT);
    await sealer.seal(Buffer.from('a'), CONTEXT);
    expect(server?.requests).toHaveLength(2);
  });

  test.for([
    ['ThrottlingException', 400, TransientError],
    ['KMSInternalException', 500, TransientError],
    ['DependencyTimeoutException', 503, TransientError],
    ['KeyUnavailableException', 500, TransientError],
    ['DisabledException', 400, PermanentError],
    ['AccessDeniedException', 400, PermanentError],
    ['NotFoundException', 400, PermanentError],
    ['InvalidCiphertextException', 400, PermanentError],
    ['IncorrectKeyException', 400, PermanentError],
  ] as const)('%s (%d) says by its type whether to repeat', async ([error, status, expected]) => {
    const good = dataKeyAnswers();
    const sealed = await (await sealerOver(good)).seal(Buffer.from('a'), CONTEXT);
    await server?.close();
    const sealer = await sealerOver(() => ({ error, status }));
    await expect(sealer.unseal(sealed, CONTEXT)).rejects.toThrow(expected);
    if (!/Ciphertext|IncorrectKey/.test(error))
      await expect(sealer.seal(Buffer.from('a'), CONTEXT)).rejects.toThrow(expected);
  });
});
