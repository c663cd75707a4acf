import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { setUpTrial } from '../../lib/cli/trial.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { authorizedKey, call, countersign, install, startServer, temporaryFolder } from './command.ts';

const run = promisify(execFile);

describe('the first start', () => {
  test('prints four API keys and three curl commands that work in order exactly as pasted', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startServer(['--data-dir', dataDir]);
    const keys = [...server.stdout.matchAll(/^ {2}(\w+) +\S+@example\.com +(cs_[\w-]{43})$/gm)];
    expect(keys.map(([, role]) => role)).toEqual(['Manager', 'Manager', 'Writer', 'Reader']);

    const commands = server.stdout.split('\n').filter((line) => line.startsWith('curl '));
    expect(commands).toHaveLength(3);
    expect(server.stdout.match(/curl/g)).toHaveLength(3);
    const answers: string[] = [];
    for (const command of commands) answers.push((await run('bash', ['-c', command])).stdout);
    expect(answers.map((answer) => /HTTP (\d+)\n$/.exec(answer)?.[1])).toEqual(['201', '204', '200']);
    expect(answers[2]).toContain('"state":5');
  });

  test('a later start has the same instance, and prints where it is and where mail is read, once', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    await (await startServer(['--data-dir', dataDir])).stop();
    const { url, stdout } = await startServer(['--data-dir', dataDir]);
    expect(stdout).toMatch(
      /^Countersign is ready: http:\/\/127\.0\.0\.1:\d+\nOutgoing mail: http:\S+\/outbox\/[\w-]{22}\n$/,
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('one that cannot open its mail server leaves nothing behind', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const outcome = await countersign([
      'serve',
      '--port',
      '0',
      '--data-dir',
      dataDir,
      '--smtp',
      'http://mail',
    ]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^countersign: the SMTP URL is not usable[^\n]+\n$/);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('one that was killed before it had shown the keys is begun anew by the next', async () => {
    const folder = await openDataFolder(join(temporaryFolder(), 'data'));
    await setUpTrial(folder);
    folder.close();
    const { stdout } = await startServer(['--data-dir', folder.path]);
    expect(stdout.match(/^curl /gm)).toHaveLength(3);
  });
});

describe('stopping', () => {
  test.for(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it with exit code 0 within five seconds',
    async (signal) => {
      const { dataDir } = await install();
      const server = await startServer(['--data-dir', dataDir]);
      // A client that keeps its connection does not hold it up.
      await fetch(`${server.url}/healthz`);
      const { code, milliseconds } = await server.stop(signal);
      expect(code).toBe(0);
      expect(milliseconds).toBeLessThan(5_500);
      expect(readdirSync(dataDir).filter((name) => name.startsWith('countersign.db-'))).toEqual([]);
    },
  );

  test('an authorization that was pending at kill -9 can be approved after the restart', async () => {
    const installed = await install();
    const args = ['--data-dir', installed.dataDir];
    const before = await startServer(args);
    await authorizedKey('payroll', { email: 'will@example.com', server: before, installed });
    await before.stop('SIGKILL');

    const mia = { email: 'mia@example.com', server: await startServer(args), installed };
    expect((await call('DELETE /api/v2/keys/payroll', mia)).status).toBe(204);
    const read = await call('GET /api/v2/keys/payroll', mia);
    expect(await read.json()).toMatchObject({ resources: [{ state: 5, deleted: true }] });
  });
});

describe('where mail goes', () => {
  test('without a mail server to a page on the same server, for those who know its address', async () => {
    const installed = await install();
    const server = await startServer(['--data-dir', installed.dataDir]);
    const outbox = /^Outgoing mail: (\S+)$/m.exec(server.stdout)?.[1] ?? '';
    await authorizedKey('payroll', { email: 'will@example.com', server, installed });
    await expect.poll(async () => (await fetch(outbox)).text()).toContain('Key payroll');
    // Another mail's may be on its way yet.
    expect(readdirSync(join(installed.dataDir, 'outbox'))).toContainEqual(expect.stringMatching(/\.eml$/));
    expect((await fetch(`${outbox}x`)).status).toBe(404);
    expect(await statusWithHost(outbox, 'rebound.example.com')).toBe(404);
    expect(await statusWithHost(outbox, `localhost:${new URL(outbox).port}`)).toBe(200);
  });

  test('with a mail server there, and there is no page', async () => {
    const installed = await install();
    const smtp = await startSmtpServer();
    onTestFinished(() => smtp.close());
    const server = await startServer(['--data-dir', installed.dataDir, '--smtp', smtp.url]);
    expect(server.stdout).not.toContain('/outbox/');
    await authorizedKey('payroll', { email: 'will@example.com', server, installed });
    const [mail] = await smtp.waitFor(2);
    expect(mail?.from?.text).toBe('"Countersign" <countersign@localhost>');
    expect(existsSync(join(installed.dataDir, 'outbox'))).toBe(false);
  });

  test('with a public URL there is no page either, and the URL is what is told', async () => {
    const { dataDir } = await install();
    const { stdout } = await startBehindProxy(dataDir, 'https://keys.example.com/base/');
    expect(stdout).toMatch(
      /^Countersign is ready: https:\/\/keys\.example\.com\/base\nOutgoing mail: \S+outbox\/\*\.eml/,
    );
  });
});

const startBehindProxy = (dataDir: string, publicUrl: string) =>
  startServer(['--data-dir', dataDir, '--host', '0.0.0.0', '--public-url', publicUrl]);

function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

describe('what keeps it from starting is told in one line, and nothing is served', () => {
  const refused = async (args: readonly string[], environment = {}) => {
    const { code, stdout, stderr } = await countersign(['serve', '--port', '0', ...args], environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
    return stderr;
  };

  test('a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const dataDir = join(temporaryFolder(), 'data');
    const told = await refused(['--data-dir', dataDir, '--port', String(port)]);
    expect(told).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('a second server on the same folder', async () => {
    const { dataDir } = await install();
    await startServer(['--data-dir', dataDir]);
    expect(await refused(['--data-dir', dataDir])).toContain('in use by another process');
  });

  test('a damaged database, and a file that is none', async () => {
    const { dataDir } = await install();
    const path = join(dataDir, 'countersign.db');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 4096, 20_480));
    expect(await refused(['--data-dir', dataDir])).toContain('damaged');
    writeFileSync(path, 'this is no database, and far too short to be one');
    expect(await refused(['--data-dir', dataDir])).toContain('not a Countersign database');
  });

  test('key files that are missing, damaged, or readable by others', async () => {
    const { dataDir } = await install();
    const path = join(dataDir, 'master.key');
    writeFileSync(path, '{}');
    expect(await refused(['--data-dir', dataDir])).toContain('damaged');
    await run('chmod', ['644', path]);
    expect(await refused(['--data-dir', dataDir])).toContain('chmod 600');
    await run('rm', [path]);
    expect(await refused(['--data-dir', dataDir])).toContain('there is no');
  });

  test('a data folder that cannot be made, or is a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(await refused(['--data-dir', file])).toContain('ENOTDIR');
    expect(await refused(['--data-dir', '/proc/countersign'])).toContain('cannot be written');
  });

  test.for([
    [['--host', '0.0.0.0'], '--public-url'],
    [['--host', '192.0.2.1', '--public-url', 'https://keys.example.com'], 'cannot listen on 192.0.2.1'],
    [['--mail-from', 'nobody', '--smtp', 'smtp://127.0.0.1:25'], 'the sender of mails'],
    [['--smtp-connections', '0'], 'It must be a number from 1 to 50'],
  ] as const)('%j', async ([args, reason]) => {
    const dataDir = join(temporaryFolder(), 'data');
    expect(await refused(['--data-dir', dataDir, ...args])).toContain(reason);
    expect(existsSync(dataDir)).toBe(false);
  });
});
