import { closeSync, openSync } from 'node:fs';
import { type Database, DatabaseError, openDatabase } from './database.ts';

/** Until it is released, the database's main file stands still: what is written meanwhile goes to the WAL alone. */
export interface Hold {
  release(): void;
}

/**
 * Makes the main file hold everything that was committed, and keeps it so for whoever copies it. Costs one checkpoint
 * and no pause; the WAL grows until the release. The process that has the database open must not read the file itself:
 * closing a second descriptor would drop its lock.
 *
 * One at a time: the next one's checkpoint would change the file under the first.
 * @throws DatabaseError when the disk is full.
 */
export function holdStill(database: Database): Hold {
  const automatic = pragma(database, 'wal_autocheckpoint');
  pragma(database, 'wal_autocheckpoint=0');
  const release = () => {
    pragma(database, `wal_autocheckpoint=${automatic}`);
    emptyWal(database);
  };
  try {
    if (pragma(database, 'wal_checkpoint(TRUNCATE)') === 0) return { release };
  } catch (error) {
    release();
    throw new DatabaseError('full', 'the database cannot be written', error);
  }
  release();
  throw new DatabaseError('in-use', 'the database is being read');
}

/**
 * Brings the WAL into the main file and cuts it off: what was deleted (secure_delete) is in neither then. While
 * somebody copies the main file, only the release does it. What a full disk prevents, the next time does.
 */
export function emptyWal(database: Database): void {
  if (pragma(database, 'wal_autocheckpoint') === 0) return;
  try {
    pragma(database, 'wal_checkpoint(TRUNCATE)');
  } catch {
    // Nothing is lost: the WAL keeps what it has.
  }
}

/** The first column of a pragma's answer. */
function pragma(database: Database, text: string): number {
  const [row] = database.prepare(`PRAGMA ${text}`).raw().all();
  return Array.isArray(row) && typeof row[0] === 'number' ? row[0] : 0;
}

/**
 * Writes a copy (mode 0600) of a database that this process has open. Nothing else runs meanwhile.
 * @throws DatabaseError when it cannot be read or written; what there is of the copy is then the caller's to remove.
 */
export function copyInto(database: Database, path: string): void {
  // Into an empty file of ours: the library would make one that others can read.
  closeSync(openSync(path, 'wx', 0o600));
  try {
    database.prepare('VACUUM INTO ?').run(path);
  } catch (error) {
    // 11, SQLITE_CORRUPT (sqlite.org/rescode.html): what is copied cannot be read.
    if (error instanceof Error && 'rawCode' in error && Number(error.rawCode) % 256 === 11) {
      throw new DatabaseError('damaged', 'the database is damaged: restore it from a backup', error);
    }
    throw new DatabaseError('unwritable', `${path} cannot be written`, error);
  }
}

/**
 * Opens a copy and reads all of it: every page, every index against its table.
 * @throws DatabaseError when it is damaged, or not a database of ours, or of a newer version.
 */
export function openVerified(path: string): Database {
  const database = openDatabase(path);
  try {
    const [row] = database.prepare('PRAGMA integrity_check(1)').raw().all();
    if (Array.isArray(row) && row[0] === 'ok') return database;
    throw new DatabaseError('damaged', `${path} is damaged`);
  } catch (error) {
    database.close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError('damaged', `${path} is damaged`, error);
  }
}
