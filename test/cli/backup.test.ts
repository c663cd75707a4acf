import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../lib/engine/database.ts';
import {
  authorizedKey,
  type Caller,
  call,
  countersign,
  createdKey,
  type Installed,
  install,
  startServer,
  temporaryFolder,
} from './command.ts';

const newFile = () => join(temporaryFolder(), 'backup.db');
const DATABASE = 'countersign.db';

async function backedUp(dataDir: string): Promise<string> {
  const file = newFile();
  const outcome = await countersign(['backup', '--data-dir', dataDir, '-o', file]);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return file;
}

async function refused(args: readonly string[], environment = {}): Promise<string> {
  const { code, stdout, stderr } = await countersign(args, environment);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
  return stderr;
}

/** A folder that has the key files of another, and nothing else. */
function keysOf(installed: Installed): string {
  const folder = temporaryFolder();
  for (const name of ['master.key', 'signing.key', 'audit-signing.key']) {
    copyFileSync(join(installed.dataDir, name), join(folder, name));
  }
  return folder;
}

const as = (email: string, server: Caller['server'], installed: Installed): Caller => ({
  email,
  server,
  installed,
});

describe('a backup of a server that is serving', () => {
  test('has everything that was acknowledged before it began, and what waited goes on from it', async () => {
    const installed = await install();
    const server = await startServer(['--data-dir', installed.dataDir]);
    const will = as('will@example.com', server, installed);
    await authorizedKey('payroll', will);
    const acknowledged: string[] = [];
    let loading = true;
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let i = 0; loading; i += 1) acknowledged.push(await createdKey(`key-${worker}-${i}`, will));
    });
    await expect.poll(() => acknowledged.length).toBeGreaterThan(40);
    const before = [...acknowledged];
    const file = await backedUp(installed.dataDir);
    const during = acknowledged.length - before.length;
    loading = false;
    await Promise.all(load);
    expect(during).toBeGreaterThan(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const dataDir = keysOf(installed);
    const restored = await countersign(['restore', file, '--data-dir', dataDir]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toContain('master.key opens what is sealed in it');
    const copy = await startServer(['--data-dir', dataDir]);
    const mia = as('mia@example.com', copy, installed);
    for (const id of before) expect((await call(`GET /api/v2/keys/${id}/metadata`, mia)).status).toBe(200);
    expect((await call('DELETE /api/v2/keys/payroll', mia)).status).toBe(204);
  });

  test('is one at a time; while it lasts the file stands still, the server goes on, and nothing is lost', async () => {
    const installed = await install();
    const args = ['--data-dir', installed.dataDir];
    const server = await startServer(args);
    const will = as('will@example.com', server, installed);
    const { say, heard } = await conversation(installed.dataDir);
    expect(await say('backup')).toBe('still');
    const bytes = readFileSync(join(installed.dataDir, DATABASE));
    // Enough for an automatic checkpoint, if it were not held back.
    for (let i = 0; i < 170; i += 1) await createdKey(`key-${i}`, will);
    expect(statSync(join(installed.dataDir, `${DATABASE}-wal`)).size).toBeGreaterThan(1_000 * 4_096);
    expect(readFileSync(join(installed.dataDir, DATABASE)).equals(bytes)).toBe(true);
    expect(await refused(['backup', ...args, '-o', newFile()])).toContain('another backup is under way');
    expect(await say('copied')).toBe('good');
    expect(heard.ended).toBe(false);
    await backedUp(installed.dataDir);
    await createdKey('later', will);

    await server.stop('SIGKILL');
    const again = await startServer(args);
    for (const alias of ['key-169', 'later']) {
      expect((await call(`GET /api/v2/keys/${alias}`, as('mia@example.com', again, installed))).status).toBe(
        200,
      );
    }
  });

  test('is not good when the server stops meanwhile, and the server stops all the same', async () => {
    const { dataDir } = await install();
    const server = await startServer(['--data-dir', dataDir]);
    const { say, heard, ended } = await conversation(dataDir);
    expect(await say('backup')).toBe('still');
    const { code } = await server.stop();
    await ended;
    expect(code).toBe(0);
    expect(heard.words).toEqual(['still']);
    expect(readdirSync(dataDir).sort()).toEqual(['audit-signing.key', DATABASE, 'master.key', 'signing.key']);
  });

  test('leaves nothing behind when the server ends before it says that the copy is good', async () => {
    const { dataDir } = await install();
    const stopping = createServer((socket) => {
      socket.on('error', () => {});
      socket.on(
        'data',
        (text) => void (String(text) === 'backup\n' ? socket.write('still\n') : socket.destroy()),
      );
    }).listen(join(dataDir, 'control.sock'));
    onTestFinished(() => void stopping.close());
    await once(stopping, 'listening');
    const file = newFile();
    expect(await refused(['backup', '--data-dir', dataDir, '-o', file])).toContain('the server stopped');
    expect(readdirSync(join(file, '..'))).toEqual([]);
  });

  test('is asked for at a socket that only its owner can use, and that a kill leaves behind harmlessly', async () => {
    const { dataDir } = await install();
    const socket = join(dataDir, 'control.sock');
    const server = await startServer(['--data-dir', dataDir]);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server.stop('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    const stdout = async () => (await countersign(['backup', '--data-dir', dataDir, '-o', newFile()])).stdout;
    expect(await stdout()).toContain('no server was running');
    const next = await startServer(['--data-dir', dataDir]);
    expect(await stdout()).toContain('from the running server');
    await next.stop();
    expect(existsSync(socket)).toBe(false);
  });
});

/** With the server at the socket of a data folder, word by word. */
async function conversation(dataDir: string) {
  const socket = connect(join(dataDir, 'control.sock'));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const heard = { words: [] as string[], ended: false };
  socket.on('error', () => {});
  socket.on('data', (text) => heard.words.push(String(text).trim()));
  socket.on('close', () => {
    heard.ended = true;
  });
  const say = async (word: string) => {
    socket.write(`${word}\n`);
    await once(socket, 'data');
    return heard.words.at(-1);
  };
  return { say, heard, ended: once(socket, 'close') };
}

describe('a backup without a server', () => {
  test('has the database whole, also what a killed server left in the WAL', async () => {
    const installed = await install();
    const server = await startServer(['--data-dir', installed.dataDir]);
    const id = await createdKey('payroll', as('will@example.com', server, installed));
    await server.stop('SIGKILL');
    const file = await backedUp(installed.dataDir);
    const dataDir = keysOf(installed);
    expect((await countersign(['restore', file, '--data-dir', dataDir])).code).toBe(0);
    const copy = await startServer(['--data-dir', dataDir]);
    const read = await call(`GET /api/v2/keys/${id}`, as('mia@example.com', copy, installed));
    expect(read.status).toBe(200);
  });

  test('is refused in one line where it cannot be made, and leaves what is there', async () => {
    const { dataDir } = await install();
    const of = (folder: string, file: string) => refused(['backup', '--data-dir', folder, '-o', file]);
    expect(await of(temporaryFolder(), newFile())).toContain('holds no countersign.db');
    const file = newFile();
    writeFileSync(file, 'precious');
    expect(await of(dataDir, file)).toContain('exists already');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await of(dataDir, join(temporaryFolder(), 'missing/backup.db'))).toContain('cannot be written');
    const database = openDatabase(join(dataDir, DATABASE));
    expect(await of(dataDir, newFile())).toContain('in use by another process');
    database.close();
    damage(join(dataDir, DATABASE));
    expect(await of(dataDir, newFile())).toContain('countersign.db is damaged');
  });
});

const damage = (path: string) => writeFileSync(path, readFileSync(path).fill(0x5a, 4_096, 20_480));

describe('restoring', () => {
  test('over a database needs --force, and keeps the old one', async () => {
    const installed = await install();
    const { dataDir } = installed;
    const file = await backedUp(dataDir);
    const server = await startServer(['--data-dir', dataDir]);
    await createdKey('later', as('will@example.com', server, installed));
    await server.stop('SIGKILL');
    const args = ['restore', file, '--data-dir', dataDir];
    expect(await refused(args)).toContain('--force');
    const { code, stdout } = await countersign([...args, '--force']);
    expect(code).toBe(0);
    const aside = /is now (\S+)$/m.exec(stdout)?.[1] ?? '';

    const status = async () => {
      const running = await startServer(['--data-dir', dataDir]);
      const read = await call('GET /api/v2/keys/later', as('mia@example.com', running, installed));
      await running.stop();
      return read.status;
    };
    expect(await status()).toBe(404);
    rmSync(join(dataDir, DATABASE));
    renameSync(aside, join(dataDir, DATABASE));
    expect(await status()).toBe(200);
  });

  test('over one that is damaged or gone leaves nothing of it to be taken for the new one', async () => {
    const installed = await install();
    const { dataDir } = installed;
    const file = await backedUp(dataDir);
    const server = await startServer(['--data-dir', dataDir]);
    await createdKey('later', as('will@example.com', server, installed));
    await server.stop('SIGKILL');
    const path = join(dataDir, DATABASE);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    writeFileSync(path, 'no database at all, and not empty either: something has gone very wrong');
    expect((await countersign(['restore', file, '--data-dir', dataDir, '--force'])).code).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(false);

    rmSync(path);
    writeFileSync(`${path}-wal`, 'of a database that is gone');
    expect((await countersign(['restore', file, '--data-dir', dataDir])).code).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(false);
    const again = await startServer(['--data-dir', dataDir]);
    expect((await call('GET /api/v2/keys', as('mia@example.com', again, installed))).status).toBe(200);
  });

  test('into a folder that is not there says which key files it needs', async () => {
    const { dataDir } = await install();
    const folder = join(temporaryFolder(), 'new');
    const { code, stdout } = await countersign(['restore', await backedUp(dataDir), '--data-dir', folder]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Put the master.key, signing.key and audit-signing.key of that installation into ${folder}`,
    );
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, DATABASE)).mode & 0o777).toBe(0o600);
  });

  test('is refused in one line, and changes nothing, where the backup or the folder is not fit for it', async () => {
    const installed = await install();
    const { dataDir } = installed;
    const server = await startServer(['--data-dir', dataDir]);
    await createdKey('payroll', as('will@example.com', server, installed));
    const file = await backedUp(dataDir);
    const into = (folder: string, from = file) => refused(['restore', from, '--data-dir', folder, '--force']);
    expect(await into(dataDir)).toContain('in use by another process');
    await server.stop();

    // Of other words: another installation, with keys of its own.
    const other = await install(3_600);
    const before = readFileSync(join(other.dataDir, DATABASE));
    expect(await into(other.dataDir)).toContain('the master.key of this folder does not open');
    const bad = newFile();
    copyFileSync(file, bad);
    damage(bad);
    expect(await into(other.dataDir, bad)).toContain(`${bad} is damaged`);
    writeFileSync(bad, 'no database at all, and not empty either');
    expect(await into(other.dataDir, bad)).toContain(`${bad} is not a Countersign database`);
    writeFileSync(bad, '');
    expect(await into(other.dataDir, bad)).toContain('holds no instance');
    expect(await into(other.dataDir, join(bad, 'missing'))).toContain('cannot be copied');
    copyFileSync(file, bad);
    const newer = openDatabase(bad);
    newer.exec("UPDATE store_meta SET value = 99 WHERE name = 'version'");
    newer.close();
    expect(await into(other.dataDir, bad)).toContain('start the newer program');
    expect(readFileSync(join(other.dataDir, DATABASE)).equals(before)).toBe(true);
    expect(readdirSync(other.dataDir).sort()).toEqual([
      'audit-signing.key',
      DATABASE,
      'master.key',
      'signing.key',
    ]);

    const foreign = temporaryFolder();
    writeFileSync(join(foreign, 'letter.txt'), '');
    expect(await into(foreign)).toContain('holds nothing of Countersign');
    writeFileSync(join(other.dataDir, 'setting-up'), '');
    expect(await into(other.dataDir)).toContain('was being set up');
  });
});
