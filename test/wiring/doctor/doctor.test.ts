import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { exitCodeOf, type Finding } from '../../../lib/domain/finding.ts';
import { mailItem, undeliveredEntry } from '../../../lib/operations/records/mail.ts';
import { personItem } from '../../../lib/operations/records/person.ts';
import { openDataFolder, setUpInstallation } from '../../../lib/wiring/data-folder.ts';
import { examineMachine } from '../../../lib/wiring/doctor/doctor.ts';
import { examineBackups, examineClock, examineFolder } from '../../../lib/wiring/doctor/machine.ts';
import { examineMail, examinePublicUrl } from '../../../lib/wiring/doctor/reach.ts';
import { startSmtpServer } from '../../support/smtp-server.ts';
import { REQUEST, temporaryFolder } from '../installation.ts';

const brief = (findings: readonly Finding[]) => findings.map(({ about, status }) => `${about}: ${status}`);
const statusOf = (findings: readonly Finding[], about: string) =>
  findings.filter((one) => one.about === about).map(({ status }) => status);

/** An installation as init makes it, shared by those who only look. */
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-'));
  const opened = await openDataFolder(join(folder, 'data'));
  await setUpInstallation(opened, REQUEST);
  await opened.keep();
  opened.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dataDir = () => join(folder, 'data');

async function httpServer(answer: (path: string) => { status: number; headers?: object; body?: string }) {
  const server: Server = createServer((request, response) => {
    const { status, headers = {}, body = '' } = answer(request.url ?? '');
    response.writeHead(status, { ...headers }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an installation', () => {
  test('as init makes it has nothing broken, and what was not given is said', async () => {
    const { findings, kmsKeys } = await examineMachine({ dataDir: dataDir() });
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(statusOf(findings, 'master key')).toEqual(['ok']);
    expect(statusOf(findings, 'instance "test"')).toEqual(['ok', 'ok', 'ok']);
    expect(statusOf(findings, 'mail')).toEqual(['warn']);
    expect(kmsKeys).toEqual([]);
    for (const { status, todo } of findings) expect(todo === undefined).toBe(status === 'ok');
  });

  test('that is not there is broken', async () => {
    const { findings } = await examineMachine({ dataDir: '/nowhere/at/all' });
    expect(exitCodeOf(findings)).toBe(2);
    expect(brief(findings)).toContain('data folder: fail');
  });

  test('whose files others can read is told, file by file', async () => {
    const own = temporaryFolder();
    chmodSync(own, 0o755);
    for (const name of ['countersign.db', 'master.key', 'signing.key']) writeFileSync(join(own, name), '');
    chmodSync(join(own, 'master.key'), 0o640);
    chmodSync(join(own, 'countersign.db'), 0o600);
    chmodSync(join(own, 'signing.key'), 0o600);
    expect(brief(await examineFolder(own))).toEqual([
      'data folder: fail',
      'countersign.db: ok',
      'master.key: fail',
      'signing.key: ok',
      'audit-signing.key: fail',
    ]);
  });

  test('whose master key cannot be opened as it was said is told so', async () => {
    const { findings } = await examineMachine({ dataDir: dataDir(), passphrase: 'not one' });
    expect(findings.find(({ about }) => about === 'master key')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('not protected by a passphrase'),
    });
  });

  test('with one Manager who can approve, or whose Manager’s mail was given up, says who hears of nothing', async () => {
    const own = join(temporaryFolder(), 'data');
    const opened = await openDataFolder(own);
    const made = await setUpInstallation(opened, REQUEST);
    await opened.keep();
    if (!made.ok) throw new Error('it was not set up');
    const { instance, people } = made.value;
    const mia = people[0]?.person.id ?? '';
    const max = people[1]?.person;
    if (max === undefined) throw new Error('nobody is called max');
    const row = {
      instanceId: instance.id,
      keyId: '01234567-89ab-4def-8123-456789abcdef',
      authorizationId: '11234567-89ab-4def-8123-456789abcdef',
      id: '21234567-89ab-4def-8123-456789abcdef',
      template: 'approval-requested',
      round: 1,
      personId: mia,
      createdAt: 0,
      status: 'given-up',
      attempts: 9,
      notBefore: 0,
    } as const;
    await opened.store.commit([
      { put: { ...mailItem(row), indexes: { list: undeliveredEntry(row, 'given-up') } }, when: [] },
      { put: personItem({ ...max, status: 'frozen' }), when: [] },
    ]);
    opened.close();
    const { findings } = await examineMachine({ dataDir: own });
    const told = findings.filter(({ about }) => about === 'instance "test"');
    expect(told.map(({ status }) => status).sort()).toEqual(['fail', 'ok', 'warn']);
    expect(told.find(({ status }) => status === 'warn')?.found).toContain('mia@example.com');
  });
});

describe('the way to others', () => {
  test('a mail server that answers and takes the login is in order, without a mail', async () => {
    const server = await startSmtpServer();
    onTestFinished(() => server.close());
    expect(await examineMail(server.url)).toMatchObject({ status: 'ok' });
    expect(server.mails).toHaveLength(0);
  });

  test('one that refuses the login, or is not there, is broken, and the password is not told', async () => {
    const server = await startSmtpServer({
      server: {
        authOptional: false,
        disabledCommands: ['STARTTLS'],
        onAuth: (_, __, done) => done(new Error('no')),
      },
    });
    onTestFinished(() => server.close());
    const url = server.url.replace('smtp://', 'smtp://user:secret-password@');
    const refused = await examineMail(url);
    expect(refused.status).toBe('fail');
    expect(JSON.stringify(refused)).not.toContain('secret-password');
    expect(await examineMail('smtp://127.0.0.1:9')).toMatchObject({ status: 'fail' });
  });

  test('a public URL that Countersign answers is in order, one that something else answers is not', async () => {
    const ours = await httpServer(() => ({ status: 200, body: '{"status":"ok"}' }));
    const other = await httpServer(() => ({ status: 200, body: '<h1>Welcome</h1>' }));
    const ill = await httpServer(() => ({ status: 503, body: '{"status":"unavailable"}' }));
    expect(await examinePublicUrl(ours)).toMatchObject({ status: 'ok' });
    expect(await examinePublicUrl(other)).toMatchObject({ status: 'fail' });
    expect(await examinePublicUrl(ill)).toMatchObject({ status: 'fail' });
    expect(await examinePublicUrl('http://127.0.0.1:9')).toMatchObject({ status: 'fail' });
  });

  test.each([
    [0, 'ok'],
    [20, 'warn'],
    [120, 'fail'],
  ] as const)('a clock that is %i seconds away is %s', async (seconds, status) => {
    const url = await httpServer(() => ({
      status: 200,
      headers: { date: new Date(Date.now() + seconds * 1000).toUTCString() },
    }));
    expect(await examineClock(url)).toMatchObject({ status });
  });

  test.each([
    [0, 'ok'],
    [3, 'warn'],
    [30, 'fail'],
  ] as const)('a newest backup of %i days is %s', async (days, status) => {
    const backups = temporaryFolder();
    const file = join(backups, 'countersign.db.backup');
    writeFileSync(file, 'x');
    const at = Date.now() / 1000 - days * 86_400;
    utimesSync(file, at, at);
    expect(await examineBackups(backups)).toMatchObject({ status });
  });

  test('a folder without a backup is broken', async () => {
    expect(await examineBackups(temporaryFolder())).toMatchObject({ status: 'fail' });
  });
});
