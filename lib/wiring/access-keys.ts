import { type AccessKey, createAccessKey } from '../adapters/file/access-keys.ts';
import { readMasterKey } from '../adapters/file/master-key.ts';
import { masterKeySealer } from '../adapters/file/sealer.ts';

export { type AccessKey, listAccessKeys, removeAccessKey } from '../adapters/file/access-keys.ts';

/**
 * Makes an access key of the Step Functions API for the installation in a data folder, also while it is served.
 *
 * @throws PermanentError when the folder is not set up, or its master key needs another passphrase.
 */
export async function newAccessKey(
  dataDir: string,
  options: { readonly passphrase?: string },
): Promise<AccessKey> {
  return createAccessKey(dataDir, masterKeySealer(await readMasterKey(dataDir, options)));
}
