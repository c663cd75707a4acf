import { PermanentError } from '../../domain/errors.ts';
import type { Database } from '../../engine/database.ts';
import { translated } from './errors.ts';

/**
 * The steps from one version of the store's tables to the next; version n is what the first n steps made.
 * A step that was released is never changed: a file somewhere has been through it.
 */
const STEPS: readonly string[] = [
  // A rowid table with a unique index: without rowids, rows above 1 KB spill to overflow pages. Text compares by
  // its UTF-8 bytes (BINARY), which is the order that the port promises.
  `CREATE TABLE store_items (
     table_name TEXT NOT NULL,
     partition_key TEXT NOT NULL,
     sort_key TEXT NOT NULL,
     attributes TEXT NOT NULL,
     list_partition TEXT,
     list_sort TEXT,
     due_partition TEXT,
     due_sort TEXT
   );
   CREATE UNIQUE INDEX store_items_key ON store_items (table_name, partition_key, sort_key);
   CREATE INDEX store_items_list ON store_items (list_partition, list_sort, partition_key, sort_key)
     WHERE list_partition IS NOT NULL;
   CREATE INDEX store_items_due ON store_items (due_partition, due_sort, partition_key, sort_key)
     WHERE due_partition IS NOT NULL;`,
  // Key material apart, so that what is shredded can be made sure of (erase.ts). The copy is empty but for that.
  `CREATE TABLE store_material (
     table_name TEXT NOT NULL,
     partition_key TEXT NOT NULL,
     sort_key TEXT NOT NULL,
     attributes TEXT NOT NULL,
     list_partition TEXT,
     list_sort TEXT,
     due_partition TEXT,
     due_sort TEXT
   );
   CREATE UNIQUE INDEX store_material_key ON store_material (table_name, partition_key, sort_key);
   CREATE TABLE store_material_copy AS SELECT * FROM store_material;
   INSERT INTO store_material SELECT * FROM store_items WHERE table_name = 'material';
   DELETE FROM store_items WHERE table_name = 'material';`,
];

/** The version from which on key material has a table of its own. */
const MATERIAL_APART = 2;

/**
 * Brings the store's tables to this program's version and keeps what they hold. Each step commits with the
 * version that it makes: a process killed between two steps goes on with the second.
 * @throws PermanentError when a newer version of the program made the file.
 */
export function migrate(database: Database, steps: readonly string[] = STEPS): void {
  database.exec('CREATE TABLE IF NOT EXISTS store_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)');
  const found = versionOf(database);
  if (found > steps.length) {
    throw new PermanentError(
      `the file's store has version ${found}, this program knows ${steps.length}: start the newer program`,
    );
  }
  steps.slice(found).forEach((step, i) => {
    const version = found + i + 1;
    const upgrade = `${step};\nINSERT OR REPLACE INTO store_meta (name, value) VALUES ('version', ${version});`;
    inTransaction(database, upgrade);
  });
  // Where material was among other rows, traces of it are in the gaps of pages: see erase.ts.
  if (found > 0 && found < MATERIAL_APART) database.exec('VACUUM');
}

function versionOf(database: Database): number {
  const row: unknown = database.prepare(`SELECT value FROM store_meta WHERE name = 'version'`).get();
  return typeof row === 'object' && row !== null && 'value' in row ? Number(row.value) : 0;
}

function inTransaction(database: Database, script: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(script);
    database.exec('COMMIT');
  } catch (error) {
    // A full disk has rolled back already.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw translated(error);
  }
}
