import { PermanentError } from '../../domain/errors.ts';
import type { Database } from '../../engine/database.ts';
import { translated } from './errors.ts';

/**
 * In a trigger: what is counted of the authorization that was written. Released like the steps. Within an upsert an
 * `OR REPLACE` would not be one: the outer statement's handling of conflicts counts.
 */
const UNFINISHED = `
  DELETE FROM store_unfinished WHERE partition_key = NEW.partition_key AND sort_key = NEW.sort_key;
  INSERT INTO store_unfinished (partition_key, sort_key, status, window_ends_at, requested_at)
  VALUES (NEW.partition_key, NEW.sort_key, json_extract(NEW.attributes, '$.status'),
    json_extract(NEW.attributes, '$.windowEndsAt'), json_extract(NEW.attributes, '$.requestedAt'));`;

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
  // The order in which events were committed (event-feed.ts), and how far each sink has got. A trigger, so that no
  // event can be written without its place; AUTOINCREMENT, so that no place is given twice; places by the items' keys,
  // since a VACUUM changes rowids. Items that are written over fire no trigger.
  `CREATE TABLE store_events (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     partition_key TEXT NOT NULL,
     sort_key TEXT NOT NULL
   );
   CREATE TRIGGER store_events_place AFTER INSERT ON store_items
     WHEN NEW.sort_key >= 'event#' AND NEW.sort_key < 'event$'
     BEGIN
       INSERT INTO store_events (partition_key, sort_key) VALUES (NEW.partition_key, NEW.sort_key);
     END;
   INSERT INTO store_events (partition_key, sort_key)
     SELECT partition_key, sort_key FROM store_items
     WHERE sort_key >= 'event#' AND sort_key < 'event$'
     ORDER BY json_extract(attributes, '$.at'), rowid;
   CREATE TABLE store_event_sinks (
     name TEXT PRIMARY KEY,
     position INTEGER NOT NULL,
     gone_at INTEGER
   );`,
  // What monitoring counts (gauges.ts): the authorizations that are not finished, apart and kept by triggers. An index
  // on what is in the attributes would have every item read (SQLite 3.45 does not take it for a covering one).
  `CREATE TABLE store_unfinished (
     partition_key TEXT NOT NULL,
     sort_key TEXT NOT NULL,
     status TEXT,
     window_ends_at INTEGER,
     requested_at INTEGER,
     PRIMARY KEY (partition_key, sort_key)
   ) WITHOUT ROWID;
   CREATE INDEX store_unfinished_status ON store_unfinished (status, window_ends_at, requested_at);
   CREATE TRIGGER store_unfinished_insert AFTER INSERT ON store_items
     WHEN NEW.sort_key >= 'authorization#' AND NEW.sort_key < 'authorization$' AND NEW.due_partition IS NOT NULL
     BEGIN ${UNFINISHED} END;
   CREATE TRIGGER store_unfinished_update AFTER UPDATE ON store_items
     WHEN NEW.sort_key >= 'authorization#' AND NEW.sort_key < 'authorization$' AND NEW.due_partition IS NOT NULL
     BEGIN ${UNFINISHED} END;
   CREATE TRIGGER store_unfinished_finish AFTER UPDATE ON store_items
     WHEN NEW.sort_key >= 'authorization#' AND NEW.sort_key < 'authorization$' AND NEW.due_partition IS NULL
     BEGIN
       DELETE FROM store_unfinished WHERE partition_key = NEW.partition_key AND sort_key = NEW.sort_key;
     END;
   CREATE TRIGGER store_unfinished_delete AFTER DELETE ON store_items
     WHEN OLD.sort_key >= 'authorization#' AND OLD.sort_key < 'authorization$'
     BEGIN
       DELETE FROM store_unfinished WHERE partition_key = OLD.partition_key AND sort_key = OLD.sort_key;
     END;
   INSERT INTO store_unfinished (partition_key, sort_key, status, window_ends_at, requested_at)
     SELECT partition_key, sort_key, json_extract(attributes, '$.status'),
       json_extract(attributes, '$.windowEndsAt'), json_extract(attributes, '$.requestedAt')
     FROM store_items
     WHERE sort_key >= 'authorization#' AND sort_key < 'authorization$' AND due_partition IS NOT NULL;`,
  // The order of events continues another way after a backup was restored; each way has a random name of its own.
  `CREATE TABLE store_event_epochs (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     epoch TEXT NOT NULL,
     begins_after INTEGER NOT NULL
   );
   INSERT INTO store_event_epochs (epoch, begins_after) VALUES (lower(hex(randomblob(8))), 0);`,
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
