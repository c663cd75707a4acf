import { removeAccessKey } from '../../wiring/access-keys.ts';
import { CliError } from '../problem.ts';
import { print } from '../terminal.ts';
import type { AccessKeyOptions } from './create.ts';

/** `countersign access-key remove`. */
export async function removeKey(id: string, { dataDir, json }: AccessKeyOptions): Promise<void> {
  if ((await removeAccessKey(dataDir, id)) === 'missing') {
    throw new CliError(`there is no access key ${id} in ${dataDir}: see countersign access-key list`);
  }
  await print(json ? JSON.stringify({ removed: id }) : `${id} is removed.`);
}
