import type { Commit, Database } from '../../engine/database.ts';
import { emptyWal } from '../../engine/snapshot.ts';

/*
 * secure_delete overwrites a row that is deleted, but not the copies of it that SQLite leaves behind in the gaps of
 * pages when it moves rows between them. So the table of key material is written anew when something was deleted
 * from it: every page that it had is zeroed, and the WAL, which still holds the old ones, is cut off. That takes time
 * in proportion to all the material of an installation: at most some 15 milliseconds for each thousand keys.
 */

const REWRITE = `
  INSERT INTO store_material_copy SELECT * FROM store_material;
  DELETE FROM store_material;
  INSERT INTO store_material SELECT * FROM store_material_copy;
  DELETE FROM store_material_copy;
  DELETE FROM store_meta WHERE name = 'erase';`;

export interface Eraser {
  /** Within the transaction that deletes: a process that ends before `finish` does it at the next start. */
  begin(): void;
  /** Resolves when it is done, also for all that began meanwhile. A full disk leaves it to the next time. */
  finish(): Promise<void>;
}

/** Makes sure of what was deleted before, and of what will be. */
export function eraser(database: Database, commit: Commit): Eraser {
  const mark = database.prepare(`INSERT OR REPLACE INTO store_meta (name, value) VALUES ('erase', 1)`);
  const marked = database.prepare(`SELECT value FROM store_meta WHERE name = 'erase'`);
  const rewrite = () => {
    if (marked.get() !== undefined) database.exec(REWRITE);
  };
  if (marked.get() !== undefined) database.exec(`BEGIN IMMEDIATE; ${REWRITE} COMMIT;`);
  emptyWal(database);
  let next: Promise<void> | undefined;
  const finishAll = async () => {
    await commit(() => {
      next = undefined;
      rewrite();
    });
    emptyWal(database);
  };
  return {
    begin: () => void mark.run(),
    finish: () => {
      next ??= finishAll().catch(() => {
        next = undefined;
      });
      return next;
    },
  };
}
