import { closeSync, openSync, statSync } from 'node:fs';
import Libsql from 'libsql';
import type { Fault } from './faults.ts';

/** An open database: libsql's synchronous API. Bind numbers and text only; a bound boolean ends the process. */
export type Database = InstanceType<typeof Libsql>;

export type DatabaseProblem = 'not-ours' | 'newer' | 'in-use' | 'damaged' | 'unwritable' | 'full' | 'closed';

/** The file cannot be used, or a commit failed. `message` is one line that an operator can act on. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly problem: DatabaseProblem;

  constructor(problem: DatabaseProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

// "CSGN" in ASCII: how a file says whose it is (SQLite's file header, bytes 68 to 71).
const APPLICATION_ID = 0x4353474e;
const VERSION = 1;
// quick_check reads the whole file, about 2 GB/s from the page cache: 64 MB stay well under 0.1 s.
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/**
 * Opens, or makes (mode 0600), the one file that everything durable lives in. WAL and synchronous FULL: what COMMIT
 * has acknowledged survives kill -9 and a power cut. The file is this process's alone until `close()` or its end;
 * the lock is the operating system's, so nothing is left behind by a kill.
 *
 * @throws DatabaseError when the file is another program's, of a newer version, in use, damaged or not writable.
 */
export function openDatabase(path: string, fault?: Fault): Database {
  // The library opens what is not there with the umask's rights. Only where nothing is: closing a second
  // descriptor on a file that this process has locked would drop the lock (POSIX advisory locks).
  makePrivateFile(path);
  fault?.('database: made');
  let database: Database | undefined;
  try {
    database = new Libsql(path);
    database.pragma('locking_mode=EXCLUSIVE');
    database.pragma('busy_timeout=0');
    claim(database, path);
    fault?.('database: claimed');
    checkIntegrity(database, path);
    closeCleanly(database);
    fault?.('database: opened');
    return database;
  } catch (error) {
    database?.close();
    throw translate(error, path);
  }
}

function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw new DatabaseError('unwritable', `${path} cannot be written`, error);
  }
}

/** Looks whose file it is before changing anything in it, then takes the lock. */
function claim(database: Database, path: string): void {
  const owner = readNumber(database, 'application_id');
  const version = readNumber(database, 'user_version');
  const empty = database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all().length === 0;
  if (owner !== APPLICATION_ID && !(owner === 0 && version === 0 && empty)) {
    throw new DatabaseError('not-ours', `${path} is not a Countersign database`);
  }
  if (version > VERSION) {
    throw new DatabaseError('newer', `${path} is of version ${version}; this program knows up to ${VERSION}`);
  }
  database.pragma('journal_mode=WAL');
  database.pragma('synchronous=FULL');
  database.pragma('foreign_keys=ON');
  database.pragma('secure_delete=ON');
  database.exec('BEGIN IMMEDIATE');
  if (owner !== APPLICATION_ID) {
    database.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${VERSION}`);
  }
  database.exec('COMMIT');
}

function checkIntegrity(database: Database, path: string): void {
  if (statSync(path).size <= FULL_CHECK_BYTES) {
    const [row] = database.prepare('PRAGMA quick_check(1)').raw().all();
    if (Array.isArray(row) && row[0] === 'ok') return;
    throw new DatabaseError('damaged', `${path} is damaged: restore it from a backup`);
  }
  // Of a larger file only what is cheap: SQLite has compared its length with the header, and each tree is entered.
  for (const row of database.prepare("SELECT name FROM sqlite_master WHERE type='table'").raw().all()) {
    if (Array.isArray(row)) database.prepare(`SELECT 1 FROM "${String(row[0])}" LIMIT 1`).all();
  }
}

/**
 * libsql ends a connection only when the last prepared statement is garbage. Leaving WAL lets go of the lock at once,
 * and leaves one file without companions.
 */
function closeCleanly(database: Database): void {
  const close = database.close.bind(database);
  database.close = () => {
    if (!database.open) return database;
    try {
      if (database.inTransaction) database.exec('ROLLBACK');
      database.pragma('journal_mode=DELETE');
      database.pragma('locking_mode=NORMAL');
      database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all();
    } catch {
      // A full disk or an open cursor: the next opener recovers from the WAL as after a kill.
    }
    return close();
  };
}

function readNumber(database: Database, pragma: string): number {
  const [row] = database.prepare(`PRAGMA ${pragma}`).raw().all();
  return Array.isArray(row) && typeof row[0] === 'number' ? row[0] : 0;
}

/** The library's errors by SQLite's result code (sqlite.org/rescode.html; an extended code ends in its primary one). */
function translate(error: unknown, path: string): unknown {
  if (error instanceof DatabaseError || !(error instanceof Error)) return error;
  const code = 'rawCode' in error && typeof error.rawCode === 'number' ? error.rawCode & 0xff : undefined;
  if (code === 5 || code === 6)
    return new DatabaseError('in-use', `${path} is in use by another process`, error);
  if (code === 11) return new DatabaseError('damaged', `${path} is damaged: restore it from a backup`, error);
  if (code === 13) return new DatabaseError('full', `${path} cannot be written: the disk is full`, error);
  if (code === 26) return new DatabaseError('not-ours', `${path} is not a Countersign database`, error);
  // 8 read-only, 10 input or output error, 14 cannot open; without a code the library could not even connect.
  if (code === undefined ? error.message.includes('ConnectionFailed') : [8, 10, 14].includes(code)) {
    return new DatabaseError('unwritable', `${path} cannot be written`, error);
  }
  return error;
}

/** Does synchronous work on the database; resolves with its result when that is durable. See `groupCommit`. */
export type Commit = <T>(work: () => T) => Promise<T>;

interface Queued {
  readonly work: () => unknown;
  /** What the work returned when it was run last. */
  result: unknown;
  resolve(result: unknown): void;
  readonly reject: (error: unknown) => void;
}

/**
 * Shares one transaction, and so one fsync, between all work that is queued before the next turn of the event loop.
 * Each work happens whole or, when it throws, not at all, and its promise rejects with what it threw. When COMMIT
 * fails (disk full) nothing of the group happened, all reject with a DatabaseError, and later work goes on.
 *
 * A work may be run twice (the group is run again when one of it threw), so it changes nothing but the database.
 */
export function groupCommit(database: Database, fault?: Fault): Commit {
  let queue: Queued[] = [];
  const flush = () => {
    const group = queue;
    queue = [];
    commitGroup(database, group, fault);
  };
  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      queue.push({ work, result: undefined, resolve, reject });
      if (queue.length === 1) setImmediate(flush);
    });
}

/** Refuses work on a database that was closed: the library would end the whole process. @throws DatabaseError */
export function demandOpen(database: Database): void {
  if (!database.open) throw new DatabaseError('closed', 'the database is closed');
}

function commitGroup(database: Database, group: readonly Queued[], fault: Fault | undefined): void {
  const failures = new Map<Queued, { readonly error: unknown }>();
  try {
    demandOpen(database);
    // Savepoints cost 9 microseconds each, so they are taken only when something in the group has thrown.
    if (!runTogether(database, group, fault)) runApart(database, group, failures);
    fault?.('commit: written, not on disk');
    database.exec('COMMIT');
    fault?.('commit: on disk, not acknowledged');
  } catch (error) {
    rollBack(database);
    const failure = translate(error, 'the database');
    for (const queued of group) queued.reject(failure);
    return;
  }
  for (const queued of group) {
    const failure = failures.get(queued);
    if (failure === undefined) queued.resolve(queued.result);
    else queued.reject(failure.error);
  }
}

function runTogether(database: Database, group: readonly Queued[], fault: Fault | undefined): boolean {
  database.exec('BEGIN IMMEDIATE');
  fault?.('commit: begun');
  try {
    for (const queued of group) queued.result = queued.work();
    return true;
  } catch {
    rollBack(database);
    fault?.('commit: rolled back, to be tried one by one');
    return false;
  }
}

function runApart(
  database: Database,
  group: readonly Queued[],
  failures: Map<Queued, { readonly error: unknown }>,
): void {
  database.exec('BEGIN IMMEDIATE');
  for (const queued of group) {
    database.exec('SAVEPOINT work');
    try {
      queued.result = queued.work();
    } catch (error) {
      // A full disk has already rolled everything back: then the whole group fails.
      if (!database.inTransaction) throw error;
      database.exec('ROLLBACK TO work');
      failures.set(queued, { error: translate(error, 'the database') });
    }
    database.exec('RELEASE work');
  }
}

function rollBack(database: Database): void {
  if (database.open && database.inTransaction) database.exec('ROLLBACK');
}
