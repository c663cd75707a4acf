import { listAccessKeys } from '../../wiring/access-keys.ts';
import { print, table } from '../terminal.ts';
import type { AccessKeyOptions } from './create.ts';

/** `countersign access-key list`. */
export async function listKeys({ dataDir, json }: AccessKeyOptions): Promise<void> {
  const keys = await listAccessKeys(dataDir);
  const rows = keys.map(({ id, createdAt }) => ({ accessKeyId: id, createdAt: createdAt.toISOString() }));
  const text = table(
    rows.map(({ accessKeyId, createdAt }) => [accessKeyId, createdAt]),
    ['access key', 'created'],
  );
  await print(json ? JSON.stringify(rows, null, 2) : text);
}
