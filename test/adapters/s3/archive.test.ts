import { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { s3Archive } from '../../../lib/adapters/s3/archive.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { startS3 } from '../../deployed/stand-ins.ts';
import { startAwsServer, testClient } from '../../support/aws-server.ts';

const NAME = 'instance/key/authorization/a-1.jsonl.gz';

test('bytes are kept once under a name, and what is there stays as it is', async () => {
  const s3 = await startS3();
  onTestFinished(() => s3.close());
  const archive = s3Archive(new S3Client(testClient(s3.endpoint)), { bucket: 'archive' });
  expect(await archive.keep(NAME, Buffer.from('first'))).toBe('kept');
  expect(await archive.keep(NAME, Buffer.from('second'))).toBe('was there');
  expect(s3.objects).toEqual(new Map([[`/archive/${NAME}`, Buffer.from('first')]]));
});

test('whether something is kept is asked by the whole name', async () => {
  const s3 = await startS3();
  onTestFinished(() => s3.close());
  const archive = s3Archive(new S3Client(testClient(s3.endpoint)), { bucket: 'archive' });
  await archive.keep(`${NAME}.other`, Buffer.from('{}'));
  expect(await archive.has(NAME)).toBe(false);
  await archive.keep(NAME, Buffer.from('{}'));
  expect(await archive.has(NAME)).toBe(true);
});

test('while S3 cannot tell what is kept, nobody takes it for missing', async () => {
  const text = '<Error><Code>SlowDown</Code><Message>later</Message></Error>';
  const server = await startAwsServer(() => ({ status: 503, text }));
  onTestFinished(() => server.close());
  const archive = s3Archive(new S3Client(server.client), { bucket: 'archive' });
  await expect(archive.has(NAME)).rejects.toThrow(TransientError);
});

test.each([
  ['another attempt is writing it', 409, 'ConditionalRequestConflict'],
  ['S3 is busy', 503, 'SlowDown'],
])('when %s, it can be repeated', async (_, status, code) => {
  const text = `<Error><Code>${code}</Code><Message>of ${NAME}</Message></Error>`;
  const server = await startAwsServer(() => ({ status, text }));
  onTestFinished(() => server.close());
  const archive = s3Archive(new S3Client(server.client), { bucket: 'archive' });
  const kept = archive.keep(NAME, Buffer.from('{}'));
  await expect(kept).rejects.toThrow(TransientError);
  await expect(kept).rejects.not.toThrow(NAME);
});
