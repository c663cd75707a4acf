import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readMasterKeys } from '../adapters/file/master-key.ts';
import { masterKeyId, masterKeySealer } from '../adapters/file/sealer.ts';
import { codeOf, syncFolder } from '../adapters/file/secret-file.ts';
import { SHREDDINGS } from '../adapters/file/shredding-record.ts';
import { CHECKPOINT_KEY_FILE, TOKEN_KEY_FILE } from '../adapters/file/token-signer.ts';
import { beginEpoch } from '../adapters/sqlite/event-feed.ts';
import { sqliteStore } from '../adapters/sqlite/store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { PermanentError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { type Database, DatabaseError, groupCommit } from '../engine/database.ts';
import { openJournal } from '../engine/journal.ts';
import { openVerified } from '../engine/snapshot.ts';
import { listInstances } from '../operations/init-instance.ts';
import { DATABASE, MASTER_KEY, UNFINISHED } from './data-folder.ts';
import { replaceDatabase } from './replace-database.ts';
import { applyShreddings, settledShreddings } from './shreddings.ts';
import { masterKeysOf, tryMasterKey } from './try-master-key.ts';

const KEY_FILES = [MASTER_KEY, TOKEN_KEY_FILE, CHECKPOINT_KEY_FILE] as const;

export interface RestoreRequest {
  /** A file that `backUp` has made. */
  readonly backup: string;
  readonly folder: string;
  /** Moves a database that is there aside. */
  readonly force: boolean;
  /** The master key's, where it has one. */
  readonly passphrase?: string;
}

export interface Restored {
  readonly bytes: number;
  readonly instances: readonly Instance[];
  /** Whether the folder's master key opens what is sealed in it; `untried`: nothing is, or there is no key file. */
  readonly masterKey: 'opens' | 'untried';
  /** Key files that the folder lacks: without the first two no server starts, without the third it makes a new one. */
  readonly missing: readonly string[];
  /**
   * How many keys the backup had that were shredded after it: it has them no more. `unknown`: there is no record of
   * shreddings in the folder, nor a database that would have one.
   */
  readonly shredded: number | 'unknown';
  /** Where the database that was there is now. */
  readonly aside?: string;
}

/**
 * Puts a backup in place as the folder's database: checked first, and then whole or not at all. The folder's files
 * other than the database stay as they are.
 *
 * @throws PermanentError, DatabaseError when the backup is not usable, not under the folder's master key, when there is
 * a database and no `force`, or when a server has it open. Nothing has changed then; a folder that was not there is left
 * empty.
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { backup, folder, force } = request;
  const names = await prepareFolder(folder);
  const database = join(folder, DATABASE);
  const isThere = names.includes(DATABASE);
  if (isThere && !force)
    throw new PermanentError(`${folder} holds a ${DATABASE} already: --force moves it aside`);
  const temporary = `${database}.${randomUUID()}.tmp`;
  try {
    const bytes = await copyDurably(backup, temporary);
    const found = await inspect(request, temporary, names);
    const aside = `${database}.before-restore-${stamp()}`;
    await replaceDatabase(database, temporary, { aside, isThere });
    await syncFolder(folder);
    const missing = KEY_FILES.filter((name) => !names.includes(name));
    return { bytes, ...found, missing, ...(isThere && { aside }) };
  } finally {
    for (const suffix of ['', '-wal', '-journal']) await rm(`${temporary}${suffix}`, { force: true });
  }
}

/** The names in the folder, which is made (0700) where it is not there. */
async function prepareFolder(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  if (names.includes(UNFINISHED)) {
    throw new PermanentError(`${folder} was being set up: remove it, or name another folder`);
  }
  const ours = [DATABASE, SHREDDINGS, ...KEY_FILES];
  if (names.length > 0 && !names.some((name) => ours.some((own) => name === own))) {
    throw new PermanentError(`${folder} is not empty and holds nothing of Countersign: name another folder`);
  }
  return names;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      throw new PermanentError(`the data folder ${folder} cannot be read: ${codeOf(error)}`, {
        cause: error,
      });
    }
  }
  try {
    await mkdir(folder, { mode: 0o700 });
    await syncFolder(dirname(resolve(folder)));
    return [];
  } catch (error) {
    throw new PermanentError(`the data folder ${folder} cannot be made: ${codeOf(error)}`, { cause: error });
  }
}

/** Beside where it will be, so that a rename puts it there; what is wrong with it is found before that. */
async function copyDurably(from: string, to: string): Promise<number> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const file = await open(to, 'r+');
    try {
      await file.chmod(0o600);
      await file.sync();
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new PermanentError(`${from} cannot be copied: ${codeOf(error)}`, { cause: error });
  }
}

/**
 * Reads all of the copy, brings its tables to this program's version, begins an epoch of its events, and shreds in it what
 * was shredded since.
 */
async function inspect(
  { backup, folder, passphrase }: RestoreRequest,
  copy: string,
  names: readonly string[],
): Promise<Pick<Restored, 'instances' | 'masterKey' | 'shredded'>> {
  const database = openCopy(copy, backup);
  try {
    const commit = groupCommit(database);
    const store = sqliteStore(database, commit);
    openJournal(database, commit);
    // Before anything is written: whoever has read the events of after the backup is told so.
    beginEpoch(database);
    const instances = await listInstances({ store });
    if (instances.length === 0) throw new PermanentError(`${backup} holds no instance`);
    const masterKey = await tried(
      { folder, backup, ...(passphrase !== undefined && { passphrase }) },
      names,
      database,
    );
    const shreddings = await settledShreddings(
      folder,
      names.includes(DATABASE) ? join(folder, DATABASE) : undefined,
    );
    if (shreddings === undefined) {
      return { instances, masterKey, shredded: names.includes(DATABASE) ? 0 : 'unknown' };
    }
    return {
      instances,
      masterKey,
      shredded: await applyShreddings({ store, clock: systemClock }, shreddings),
    };
  } finally {
    database.close();
  }
}

async function tried(
  { folder, backup, passphrase }: Pick<RestoreRequest, 'folder' | 'backup' | 'passphrase'>,
  names: readonly string[],
  database: Database,
): Promise<Restored['masterKey']> {
  if (!names.includes(MASTER_KEY)) return 'untried';
  const masterKeys = await readMasterKeys(folder, passphrase === undefined ? {} : { passphrase });
  const ids = masterKeys.map(masterKeyId);
  const missing = [...(await masterKeysOf(database))].filter((id) => !ids.includes(id));
  if (missing.length === 0) {
    const result = await tryMasterKey(database, masterKeySealer(...masterKeys));
    if (result !== 'does not open') return result;
  }
  throw new PermanentError(
    `the ${MASTER_KEY} of this folder does not open ${backup}: put the one there that was in use when it was made${sealedUnderOther(missing, ids)}`,
  );
}

/** Which copy to look for, where the master key was rotated since. */
const sealedUnderOther = (missing: readonly string[], ids: readonly string[]): string =>
  missing.length === 0
    ? ''
    : ` (it needs master key ${missing.join(' and ')}, the folder has ${ids.join(' and ')}; was it rotated since?)`;

function openCopy(copy: string, backup: string): Database {
  try {
    return openVerified(copy);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const message =
      error.problem === 'damaged' ? `${backup} is damaged` : error.message.replaceAll(copy, backup);
    throw new DatabaseError(error.problem, message, error);
  }
}

/** Colons are no characters of file names everywhere. */
const stamp = (): string => new Date(systemClock.now()).toISOString().replaceAll(':', '').slice(0, 21);
