import { masterKeySealer } from '../adapters/file/sealer.ts';
import { anyItem } from '../adapters/sqlite/sample.ts';
import type { Database } from '../engine/database.ts';
import { type MaterialRecord, materialContext } from '../operations/records/material.ts';

/**
 * Whether the master key opens what is sealed in the database: tried on one key's material. `untried`: there is none.
 * A server with another installation's master key would seal new keys that the old one does not open.
 */
export async function tryMasterKey(
  database: Database,
  masterKey: Uint8Array,
): Promise<'opens' | 'untried' | 'does not open'> {
  const item = anyItem(database, 'material');
  if (item === undefined) return 'untried';
  const { versions } = item.attributes as unknown as MaterialRecord;
  const keyId = item.partition.split('#')[2] ?? '';
  const [versionId = '', sealed = ''] = Object.entries(versions)[0] ?? [];
  try {
    await masterKeySealer(masterKey).unseal(sealed, materialContext(keyId, versionId));
    return 'opens';
  } catch {
    // Another key, or changed bytes: the sealer tells no difference.
    return 'does not open';
  }
}
