import { chmod, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createMasterKey } from '../adapters/file/master-key.ts';
import { codeOf, createSecretFile } from '../adapters/file/secret-file.ts';
import { createSigningKey, ensureCheckpointKey } from '../adapters/file/token-signer.ts';
import { type SqliteStore, sqliteStore } from '../adapters/sqlite/store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { PermanentError } from '../domain/errors.ts';
import { type Commit, type Database, groupCommit, openDatabase } from '../engine/database.ts';
import { initInstance, listInstances } from '../operations/init-instance.ts';
import type { Clock } from '../ports/clock.ts';

export const DATABASE = 'countersign.db';
export const MASTER_KEY = 'master.key';
/** There from before anything is set up until its owner has seen the API keys: what is there then, nobody can use. */
export const UNFINISHED = 'setting-up';
/** Everything that setting up, and a server that starts, make. */
const OURS =
  /^(countersign\.db|master\.key|signing\.key|audit-signing\.key|(outbox|exports|access-keys|control\.sock|shreddings\.jsonl)$)/;
/** What a file system's own tools leave in an empty volume. */
const NOT_OURS: ReadonlySet<string> = new Set(['lost+found']);

/** An installation's folder, held by this process alone: `countersign.db`, `master.key`, `signing.key`, `audit-signing.key` … */
export interface DataFolder {
  readonly path: string;
  readonly database: Database;
  readonly commit: Commit;
  readonly store: SqliteStore;
  isSetUp(): Promise<boolean>;
  /** What was set up stays. Without this call, the next that opens the folder finds it not set up. */
  keep(): Promise<void>;
  /** Removes what was set up and not kept, and lets go of the folder. */
  discard(): Promise<void>;
  /** Lets go of the folder. */
  close(): void;
}

/**
 * Opens the folder, and makes it (0700) where it is not there. What an interrupted setting up has left is removed.
 *
 * @throws PermanentError when it cannot be made, or holds other things and no database; DatabaseError when the
 * database is in use by another process, damaged, or not writable.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const found = await look(path);
  if (found !== 'ours') await makePrivate(path, found);
  const database = openDatabase(join(path, DATABASE));
  try {
    // Looked at under the database's lock: until it was ours, another process may have been setting up.
    if ((await readdir(path)).includes(UNFINISHED)) {
      await wipe(path);
      database.close();
      return await openDataFolder(path);
    }
    return await opened(path, database, found === 'missing');
  } catch (error) {
    database.close();
    throw error;
  }
}

async function opened(path: string, database: Database, wasMissing: boolean): Promise<DataFolder> {
  const commit = groupCommit(database);
  const store = sqliteStore(database, commit);
  const isSetUp = async () => (await listInstances({ store })).length > 0;
  let isKept = await isSetUp();
  if (!isKept) await markUnfinished(path);
  return {
    path,
    database,
    commit,
    store,
    isSetUp,
    async keep() {
      await rm(join(path, UNFINISHED), { force: true });
      await syncFolder(path);
      isKept = true;
    },
    async discard() {
      // Before the lock goes: whoever opens the folder next finds nothing, and makes files of their own.
      if (!isKept) await wipe(path);
      database.close();
      if (!isKept && wasMissing) await rmdir(path);
    },
    close: () => void database.close(),
  };
}

/** A master key is never replaced: a database in a backup may be sealed under it. */
async function markUnfinished(path: string): Promise<void> {
  if ((await readdir(path)).includes(MASTER_KEY)) {
    throw new PermanentError(
      `${path} holds a ${MASTER_KEY}, but its ${DATABASE} is empty: restore it from a backup`,
    );
  }
  await createSecretFile(join(path, UNFINISHED), '');
}

/** The mark goes last: a wipe that is interrupted goes on at the next opening. */
async function wipe(path: string): Promise<void> {
  const made = (await readdir(path)).filter((name) => OURS.test(name));
  for (const name of [...made, UNFINISHED]) await rm(join(path, name), { recursive: true, force: true });
}

export type NewInstallation = Parameters<typeof initInstance>[1] & {
  /** Wraps the master key; asked for at every start. */
  readonly passphrase?: string;
};

/**
 * Makes the key files, the instance and its people in a folder that has none. It is not there to stay until
 * `keep`, which is called when the API keys have been shown: they cannot be shown again.
 *
 * @throws PermanentError when the folder is already set up, or a key file cannot be made.
 */
export async function setUpInstallation(
  folder: DataFolder,
  { passphrase, ...request }: NewInstallation,
  clock: Clock = systemClock,
): Promise<Awaited<ReturnType<typeof initInstance>>> {
  if (await folder.isSetUp()) throw new PermanentError(`${folder.path} is already initialised`);
  await createMasterKey(folder.path, passphrase === undefined ? {} : { passphrase });
  await createSigningKey(folder.path);
  await ensureCheckpointKey(folder.path);
  return initInstance({ store: folder.store, clock }, request);
}

type Found = 'missing' | 'empty' | 'ours';

async function look(path: string): Promise<Found> {
  const names = await namesIn(path);
  if (names === undefined) return 'missing';
  if (names.includes(DATABASE) || names.includes(UNFINISHED)) return 'ours';
  if (names.every((name) => NOT_OURS.has(name))) return 'empty';
  throw new PermanentError(`${path} is not empty and holds no ${DATABASE}: name another folder`);
}

async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new PermanentError(`the data folder ${path} cannot be read: ${codeOf(error)}`);
  }
}

async function makePrivate(path: string, found: 'missing' | 'empty'): Promise<void> {
  try {
    if (found === 'missing') await makeFolder(resolve(path));
    else await chmod(path, 0o700);
  } catch (error) {
    throw new PermanentError(`the data folder ${path} cannot be written: ${codeOf(error)}`);
  }
}

/** With the folders above it. Node's own recursive mkdir never ends where a file system says ENOENT for good (/proc). */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(path);
  if ((await namesIn(above)) === undefined && above !== path) await makeFolder(above);
  await mkdir(path, { mode: 0o700 });
  await syncFolder(above);
}

/** A name in it, or its removal, is durable when the folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
