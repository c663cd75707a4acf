import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, copyFile, link, lstat, open, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { codeOf, syncFolder } from '../adapters/file/secret-file.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { DatabaseError, openDatabase } from '../engine/database.ts';
import { copyInto, openVerified } from '../engine/snapshot.ts';
import { controlPath } from './control-socket.ts';
import { DATABASE } from './data-folder.ts';

export interface Backup {
  readonly bytes: number;
  /** Whether a server ran meanwhile. */
  readonly running: boolean;
}

/**
 * Copies an installation's database into one new file (mode 0600): what had been acknowledged before the call is in
 * it. While a server runs, it is asked to let its file stand still, and this process copies it; the server goes on
 * serving. Not for the process that has the database open.
 *
 * @throws PermanentError when there is no database or the file cannot be written; TransientError when the server
 * stopped meanwhile or makes another backup; DatabaseError when the database is damaged or in use by something else.
 */
export async function backUp(folder: string, target: string): Promise<Backup> {
  const database = join(folder, DATABASE);
  if (!(await exists(database))) throw new PermanentError(`${folder} holds no ${DATABASE}`);
  if (await exists(target)) throw new PermanentError(`${target} exists already and is left as it is`);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const server = await findServer(folder);
    if (server === undefined) copyUnused(database, temporary);
    else await copyServed(server, database, temporary);
    verify(temporary, database);
    const bytes = await makeDurable(temporary);
    await link(temporary, target);
    await syncFolder(dirname(target));
    return { bytes, running: server !== undefined };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new PermanentError(`${target} cannot be written: ${codeOf(error)}`, { cause: error });
  } finally {
    for (const suffix of ['', '-wal', '-journal']) await rm(`${temporary}${suffix}`, { force: true });
  }
}

/** A connection to the server of the folder, or undefined where none runs. */
export async function findServer(folder: string): Promise<Socket | undefined> {
  const socket = connect(controlPath(folder));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(codeOf(error))) return undefined;
    throw new PermanentError(`the server of ${folder} cannot be asked: ${codeOf(error)}`, { cause: error });
  }
}

async function copyServed(server: Socket, database: string, target: string): Promise<void> {
  // A connection that fails has ended, and that is what the next word tells.
  server.on('error', () => {});
  const words = createInterface({ input: server })[Symbol.asyncIterator]();
  const word = async () => String((await words.next()).value);
  try {
    server.write('backup\n');
    const answer = await word();
    if (answer === 'busy') throw new TransientError('another backup is under way: try again when it is done');
    if (answer !== 'still') throw new TransientError('the server could not make a backup: see its log');
    await copyFile(database, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    server.write('copied\n');
    if ((await word()) !== 'good') {
      throw new TransientError('the server stopped while its database was copied: try again');
    }
  } finally {
    server.destroy();
  }
}

function copyUnused(database: string, target: string): void {
  const opened = openDatabase(database);
  try {
    copyInto(opened, target);
  } finally {
    opened.close();
  }
}

/** A copy that is damaged is a copy of what is damaged. */
function verify(copy: string, original: string): void {
  try {
    openVerified(copy).close();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new DatabaseError(error.problem, error.message.replaceAll(copy, original), error);
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw new PermanentError(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  }
}

async function makeDurable(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;
