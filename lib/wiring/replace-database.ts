import { link, rename } from 'node:fs/promises';
import { codeOf } from '../adapters/file/secret-file.ts';
import { type Database, DatabaseError, openDatabase } from '../engine/database.ts';

/**
 * Renames a database to another's name. At every moment there is a database of that name, the old one or the new one;
 * the old one is kept under a name of its own.
 * @throws DatabaseError when another process has the old one open.
 */
export async function replaceDatabase(
  database: string,
  restored: string,
  { aside, isThere }: { readonly aside: string; readonly isThere: boolean },
): Promise<void> {
  const old = isThere ? takeLock(database) : undefined;
  try {
    if (isThere) await link(database, aside);
    // What belongs to an old one that could not be opened, or is gone, must not be taken for the new one's.
    for (const suffix of old === undefined ? ['-wal', '-journal'] : []) {
      await rename(`${database}${suffix}`, `${aside}${suffix}`).catch(unlessMissing);
    }
    await rename(restored, database);
  } finally {
    old?.close();
  }
}

/**
 * The old database, held in one file without companions, so that no server opens it while it is replaced; undefined
 * when it is too damaged for that, or another program's.
 */
function takeLock(database: string): Database | undefined {
  try {
    const old = openDatabase(database);
    old.pragma('journal_mode=DELETE');
    return old;
  } catch (error) {
    if (error instanceof DatabaseError && ['damaged', 'not-ours', 'newer'].includes(error.problem))
      return undefined;
    throw error;
  }
}

function unlessMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
