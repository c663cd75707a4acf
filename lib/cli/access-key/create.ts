import { newAccessKey } from '../../wiring/access-keys.ts';
import { passphrase } from '../passphrase.ts';
import { print } from '../terminal.ts';

export interface AccessKeyOptions {
  readonly dataDir: string;
  readonly json?: boolean;
}

/** `countersign access-key create`: shows the secret, once, under the names that AWS's tools read. */
export async function createAccessKey({ dataDir, json }: AccessKeyOptions): Promise<void> {
  const { id, secret } = await newAccessKey(dataDir, passphrase());
  if (json) return print(JSON.stringify({ accessKeyId: id, secretAccessKey: secret }, null, 2));
  await print(
    [
      'An access key of the Step Functions API. Its secret, shown this once:',
      '',
      `  export AWS_ACCESS_KEY_ID=${id}`,
      `  export AWS_SECRET_ACCESS_KEY=${secret}`,
      '  export AWS_DEFAULT_REGION=local',
    ].join('\n'),
  );
}
