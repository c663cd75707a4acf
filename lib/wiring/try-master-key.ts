import { type MasterKeySealer, SEALED_UNDER } from '../adapters/file/sealer.ts';
import { visitRows } from '../adapters/sqlite/rewrite.ts';
import { anyItem } from '../adapters/sqlite/sample.ts';
import type { Database } from '../engine/database.ts';
import { resealed } from '../operations/reseal.ts';

/**
 * Whether the master keys open what is sealed in the database: tried on one item. `untried`: there is none.
 * A server with another installation's master key would seal new keys that the old one does not open.
 */
export async function tryMasterKey(
  database: Database,
  sealer: MasterKeySealer,
): Promise<'opens' | 'untried' | 'does not open'> {
  const item = anyItem(database, 'material');
  if (item === undefined) return 'untried';
  try {
    // Everything in it is opened where nothing counts as sealed under the newest key.
    resealed(item, { ...sealer, isNewest: () => false });
    return 'opens';
  } catch {
    // Another key, or changed bytes: the sealer tells no difference.
    return 'does not open';
  }
}

/**
 * The ids of all the master keys that something in the database is sealed under. A backup that was made while the
 * master key was being rotated has two.
 */
export async function masterKeysOf(database: Database): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const find = (text: string) => {
    for (const [, id = ''] of text.matchAll(SEALED_UNDER)) ids.add(id);
  };
  await visitRows(database, { table: 'material' }, ({ attributes }) => find(JSON.stringify(attributes)));
  // Of the other rows just what is sealed: names that people have given can look like anything.
  await visitRows(
    database,
    { table: 'main', holding: '"sealedToken":"' },
    ({ attributes: { sealedToken } }) => find(JSON.stringify(sealedToken)),
  );
  return ids;
}
