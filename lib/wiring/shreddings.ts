import {
  type FileShreddingRecord,
  type RecordedShredding,
  readShreddings,
  shreddingRecord,
} from '../adapters/file/shredding-record.ts';
import { applyShredding, hasHappened } from '../operations/apply-shredding.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/**
 * The record of a data folder whose store this process has open. Entries that an earlier process left without an end
 * get it: the keys tell.
 * @throws PermanentError when the record cannot be read.
 */
export async function openShreddings(folder: string, store: Store): Promise<FileShreddingRecord> {
  const record = shreddingRecord(folder);
  for (const shredding of (await readShreddings(folder)) ?? []) {
    if (shredding.happened === undefined) {
      await record.end(shredding.id, await hasHappened(store, shredding));
    }
  }
  return record;
}

/**
 * Brings a store from a backup to where it has no material that was shredded since. An entry without an end counts:
 * nobody was told that the key still had its material.
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
