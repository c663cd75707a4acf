import { type AccessKey, createAccessKey, removeAccessKey } from '../adapters/file/access-keys.ts';
import { readMasterKeys } from '../adapters/file/master-key.ts';
import { masterKeyId, masterKeySealer } from '../adapters/file/sealer.ts';

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
  for (;;) {
    const masterKeys = await readMasterKeys(dataDir, options);
    const made = await createAccessKey(dataDir, masterKeySealer(...masterKeys));
    const [newest] = await readMasterKeys(dataDir, options);
    if (masterKeyId(newest) === masterKeyId(masterKeys[0])) return made;
    // The master key was rotated meanwhile, perhaps past this one: nobody has seen it yet.
    await removeAccessKey(dataDir, made.id);
  }
}
