import { masterKeySealer } from '../adapters/file/sealer.ts';
import { anyItem } from '../adapters/sqlite/sample.ts';
import type { Database } from '../engine/database.ts';
import { type ImportKeyRecord, importKeyContext } from '../operations/records/import-token.ts';
import {
  type MaterialRecord,
  materialContext,
  RETAINED_PREFIX,
  type RetainedRecord,
  retainedContext,
} from '../operations/records/material.ts';
import type { Item } from '../ports/store.ts';

/**
 * Whether the master key opens what is sealed in the database: tried on one item. `untried`: there is none.
 * A server with another installation's master key would seal new keys that the old one does not open.
 */
export async function tryMasterKey(
  database: Database,
  masterKey: Uint8Array,
): Promise<'opens' | 'untried' | 'does not open'> {
  const item = anyItem(database, 'material');
  if (item === undefined) return 'untried';
  const { sealed, context } = sampleOf(item);
  try {
    await masterKeySealer(masterKey).unseal(sealed, context);
    return 'opens';
  } catch {
    // Another key, or changed bytes: the sealer tells no difference.
    return 'does not open';
  }
}

/** Something sealed: of a key's material, of what is set aside of a destroyed one, or an import token's key. */
function sampleOf({ partition, attributes }: Item): { readonly sealed: string; readonly context: string } {
  const keyId = partition.split('#')[2] ?? '';
  if (partition.startsWith(RETAINED_PREFIX)) {
    return { sealed: (attributes as unknown as RetainedRecord).sealed, context: retainedContext(keyId) };
  }
  if (partition.startsWith('import#')) {
    const { sealed, tokenId } = attributes as unknown as ImportKeyRecord;
    return { sealed, context: importKeyContext(tokenId) };
  }
  const { versions } = attributes as unknown as MaterialRecord;
  const [versionId = '', sealed = ''] = Object.entries(versions)[0] ?? [];
  return { sealed, context: materialContext(keyId, versionId) };
}
