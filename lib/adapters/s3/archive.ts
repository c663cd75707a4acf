import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { TransientError } from '../../domain/errors.ts';
import type { Archive } from '../../ports/archive.ts';
import { awsError } from '../aws/errors.ts';

/** A bucket that keeps what it is given: its own settings encrypt and lock each object (lib/infra/archive.ts). */
export function s3Archive(client: S3Client, { bucket }: { readonly bucket: string }): Archive {
  return {
    async keep(name, bytes) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: name,
        Body: bytes,
        ContentType: 'application/gzip',
        // Only where nothing is: a second version of it would be one more that nobody can take away.
        IfNoneMatch: '*',
      });
      try {
        await client.send(command);
        return 'kept';
      } catch (error) {
        const thrown = error instanceof Error ? error.name : '';
        if (thrown === 'PreconditionFailed') return 'was there';
        const translated = awsError(error, 'S3 could not keep an object');
        // Another attempt was writing the same object.
        throw thrown === 'ConditionalRequestConflict' ? new TransientError(translated.message) : translated;
      }
    },

    async has(name) {
      // HeadObject would need the right to read what is kept. The name itself is the first of those that begin with it.
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: name, MaxKeys: 1 });
      const { Contents = [] } = await client.send(command).catch((error: unknown) => {
        throw awsError(error, 'S3 could not list an object');
      });
      return Contents[0]?.Key === name;
    },
  };
}
