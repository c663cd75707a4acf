import {
  type FileShreddingRecord,
  type RecordedShredding,
  readShreddings,
  shreddingRecord,
} from '../adapters/file/shredding-record.ts';
import { oneItem } from '../adapters/sqlite/sample.ts';
import { type Database, DatabaseError, openDatabase } from '../engine/database.ts';
import { applyShredding, hasHappened } from '../operations/apply-shredding.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/**
 * The record of a data folder whose store this process has open. Entries that an earlier process left without an end
 * get it: the keys tell.
 * @throws PermanentError when the record cannot be read.
 */
export async function openShreddings(
  folder: string,
  store: Pick<Store, 'get'>,
): Promise<FileShreddingRecord> {
  const record = shreddingRecord(folder);
  for (const shredding of (await readShreddings(folder)) ?? []) {
    if (shredding.happened === undefined) {
      await record.end(shredding.id, await hasHappened(store, shredding));
    }
  }
  return record;
}

/**
 * What is on record in a folder in which a database is restored; undefined where there is no record. A database that
 * is there still says what became of the entries without an end, as it would at the next start; it is not changed.
 * @throws PermanentError when the record cannot be read; DatabaseError when another process has the database open.
 */
export async function settledShreddings(
  folder: string,
  database: string | undefined,
): Promise<readonly RecordedShredding[] | undefined> {
  const found = await readShreddings(folder);
  if (database === undefined || !found?.some(({ happened }) => happened === undefined)) return found;
  const former = openUnlessUnusable(database);
  if (former === undefined) return found;
  try {
    await openShreddings(folder, { get: async (key) => oneItem(former, key) });
  } finally {
    former.close();
  }
  return readShreddings(folder);
}

/** Undefined for one that is too damaged to be asked, or not of this program. */
function openUnlessUnusable(path: string): Database | undefined {
  try {
    return openDatabase(path);
  } catch (error) {
    if (error instanceof DatabaseError && error.problem !== 'in-use') return undefined;
    throw error;
  }
}

/**
 * Brings a store from a backup to where it has no material that was shredded since. An entry whose end nobody can tell
 * any more is applied like one that happened: nobody was told that the key still had its material.
 * @returns how many keys it was that the backup had still.
 */
export async function applyShreddings(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  shreddings: readonly RecordedShredding[],
): Promise<number> {
  let applied = 0;
  for (const shredding of shreddings) {
    if (shredding.happened === false) continue;
    if (await applyShredding({ store, clock }, shredding)) applied += 1;
  }
  return applied;
}
