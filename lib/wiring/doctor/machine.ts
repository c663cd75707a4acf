import { lstat, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../adapters/file/secret-file.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { type Finding, fail, ok, warn } from '../../domain/finding.ts';
import { DAY, SECOND } from '../../domain/time.ts';
import { DATABASE, MASTER_KEY } from '../data-folder.ts';

/** Whoever reads one of these can read keys, or sign in somebody's name. */
const SECRETS = [DATABASE, MASTER_KEY, 'signing.key', 'audit-signing.key'];
const OTHERS = 0o077;

/** The folder and its files: there, the caller's own, and closed to others. */
export async function examineFolder(folder: string): Promise<readonly Finding[]> {
  const about = 'data folder';
  const there = await stat(folder).catch((error: unknown) => codeOf(error));
  if (typeof there === 'string') {
    return [
      fail(about, `${folder} cannot be read: ${there}`, 'give --data-dir, or set it up: countersign init'),
    ];
  }
  const findings: Finding[] = [];
  const user = process.getuid?.();
  if (user !== undefined && there.uid !== user) {
    findings.push(
      warn(about, `${folder} belongs to user ${there.uid}, and you are ${user}`, `run this as its owner`),
    );
  }
  findings.push(
    (there.mode & OTHERS) === 0
      ? ok(about, `${folder} is closed to others`)
      : fail(about, `${folder} is open to others`, `chmod 700 ${folder}`),
  );
  for (const name of SECRETS) findings.push(...(await examineSecret(join(folder, name), user)));
  return findings;
}

async function examineSecret(path: string, user: number | undefined): Promise<readonly Finding[]> {
  const found = await lstat(path).catch((error: unknown) => codeOf(error));
  const about = path.slice(path.lastIndexOf('/') + 1);
  if (typeof found === 'string') {
    return [fail(about, `it is not there (${found})`, 'restore it from where you keep it apart')];
  }
  if ((found.mode & OTHERS) !== 0) return [fail(about, 'others can read it', `chmod 600 ${path}`)];
  if (user !== undefined && found.uid !== user) {
    return [warn(about, `it belongs to user ${found.uid}, and you are ${user}`, 'run this as its owner')];
  }
  return [ok(about, 'only its owner can read it')];
}

const LEAST_ROOM = 100 * 1024 ** 2;
const ENOUGH_ROOM = 1024 ** 3;
/** A backup is a copy beside, and a rotation of the master key writes everything anew. */
const COPIES = 3;

export async function examineDisk(folder: string): Promise<Finding> {
  const about = 'disk';
  try {
    const { bavail, bsize } = await statfs(folder);
    const { size } = await stat(join(folder, DATABASE));
    const room = bavail * bsize;
    const said = `${Math.floor(room / 1024 ** 2)} MiB are free; the database has ${Math.ceil(size / 1024 ** 2)}`;
    const todo = 'make room: nothing can be decided or deleted on a full disk';
    if (room < LEAST_ROOM) return fail(about, said, todo);
    return room < Math.max(ENOUGH_ROOM, COPIES * size) ? warn(about, said, todo) : ok(about, said);
  } catch (error) {
    return fail(about, `it cannot be asked: ${codeOf(error)}`, 'look at the data folder first');
  }
}

/** Older than this, and the newest backup is no comfort. */
const BACKUP_WARN = 2 * DAY;
const BACKUP_FAIL = 14 * DAY;

/** The newest file of the folder that backups go to. */
export async function examineBackups(folder: string | undefined): Promise<Finding> {
  const about = 'backups';
  const todo = 'countersign backup, from a timer';
  if (folder === undefined) return warn(about, 'not looked at', 'give --backups, the folder that they go to');
  try {
    const names = await readdir(folder);
    const files = await Promise.all(names.map((name) => lstat(join(folder, name))));
    const newest = Math.max(
      ...files.filter((file) => file.isFile() && file.size > 0).map(({ mtimeMs }) => mtimeMs),
    );
    if (newest === Number.NEGATIVE_INFINITY) return fail(about, `there is none in ${folder}`, todo);
    const age = systemClock.now() - newest;
    const said = `the newest is ${age < DAY ? `${Math.max(Math.floor(age / 3_600_000), 0)} hours` : `${Math.floor(age / DAY)} days`} old`;
    if (age > BACKUP_FAIL) return fail(about, said, todo);
    return age > BACKUP_WARN ? warn(about, said, todo) : ok(about, said);
  } catch (error) {
    return fail(about, `${folder} cannot be read: ${codeOf(error)}`, todo);
  }
}

const SKEW_WARN = 5 * SECOND;
const SKEW_FAIL = 60 * SECOND;
/** systemd-timesyncd and its like touch it when the clock was set. */
const SYNCHRONIZED = '/run/systemd/timesync/synchronized';

/**
 * How far this clock is from another's: windows and the validity of approvals go by it. By the `Date` of an HTTP answer
 * (RFC 9110, 6.6.1: whole seconds), or by what the system says of itself.
 */
export async function examineClock(timeFrom: string | undefined): Promise<Finding> {
  const about = 'clock';
  if (timeFrom === undefined) {
    const isSet = await readFile(SYNCHRONIZED).then(
      () => true,
      () => false,
    );
    return isSet
      ? ok(about, 'the system keeps it by the network')
      : warn(about, 'not compared', 'give --time-from, the URL of a server whose clock is right');
  }
  const before = systemClock.now();
  try {
    const { headers } = await fetch(timeFrom, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(5_000),
    });
    const middle = (before + systemClock.now()) / 2;
    const there = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(there))
      return warn(about, `${timeFrom} does not say what time it is`, 'give another --time-from');
    // Its seconds are cut off: half of one is as likely as none.
    const skew = Math.abs(middle - there - SECOND / 2);
    const said = `${(skew / SECOND).toFixed(1)} seconds from ${new URL(timeFrom).host}`;
    const todo = 'have the system keep its clock by the network (NTP)';
    if (skew > SKEW_FAIL) return fail(about, said, todo);
    return skew > SKEW_WARN ? warn(about, said, todo) : ok(about, said);
  } catch {
    return warn(about, `${timeFrom} does not answer`, 'give another --time-from');
  }
}
