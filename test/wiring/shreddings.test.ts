import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readShreddings, SHREDDINGS, shreddingRecord } from '../../lib/adapters/file/shredding-record.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { DAY, HOUR, MINUTE } from '../../lib/domain/time.ts';
import { systemEngineClock } from '../../lib/engine/clock.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { materialKey, retainedKey } from '../../lib/operations/records/material.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { backUp } from '../../lib/wiring/backup.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { type Local, openLocal } from '../../lib/wiring/local.ts';
import { restoreBackup } from '../../lib/wiring/restore.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { foundInstallation } from '../support/installation.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

const SILENT = { info: () => {}, error: () => {} };
const MATERIAL = Buffer.from('canary-material-of-a-key-0123456');
const PEOPLE = [...REQUEST.people, { email: 'pat@example.com', roles: ['KeyPurge'] as const }];

interface Installation {
  readonly path: string;
  readonly instanceId: string;
  /** How far its clock is ahead, in milliseconds. */
  ahead: number;
  open(): Promise<Local>;
  headers(name: string): Record<string, string>;
}

async function installed(restoreWindow = REQUEST.restoreWindow): Promise<Installation> {
  const path = join(temporaryFolder(), 'data');
  const { instance, people } = await foundInstallation(path, { ...REQUEST, people: PEOPLE, restoreWindow });
  const installation: Installation = {
    path,
    instanceId: instance.id,
    ahead: MINUTE,
    headers: (name) => ({
      authorization: `Bearer ${people.find(({ person }) => person.email.startsWith(name))?.apiKey}`,
      'bluemix-instance': instance.id,
    }),
    open: async () => {
      const clock = { ...systemClock, ...systemEngineClock(), now: () => Date.now() + installation.ahead };
      const opened = await openDataFolder(path);
      const local = await openLocal({
        folder: opened,
        publicUrl: 'http://127.0.0.1:8080',
        log: SILENT,
        clock,
      });
      onTestFinished(() => local.close());
      return local;
    },
  };
  return installation;
}

async function call({ app }: Local, installation: Installation, who: string, route: string, body?: object) {
  const [method = '', path = ''] = route.split(' ');
  const response = await app.request(path, {
    method,
    headers: installation.headers(who),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, resource: text === '' ? {} : (JSON.parse(text).resources?.[0] ?? {}) };
}

async function created(local: Local, installation: Installation): Promise<string> {
  const { resource } = await call(local, installation, 'will', 'POST /api/v2/keys', {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'payroll', extractable: false, payload: MATERIAL.toString('base64') }],
  });
  return resource.id;
}

async function destroyed(local: Local, installation: Installation, id: string): Promise<void> {
  await call(local, installation, 'will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  expect((await call(local, installation, 'mia', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
}

const purged = async (local: Local, installation: Installation, id: string) =>
  (await call(local, installation, 'pat', `DELETE /api/v2/keys/${id}/purge`)).status;

const stateOf = async (local: Local, installation: Installation, id: string) =>
  (await call(local, installation, 'mia', `GET /api/v2/keys/${id}/metadata`)).resource.state;

/** What is sealed of a key's material now, wherever it is. */
async function sealedOf({ context: { store } }: Local, { instanceId }: Installation, id: string) {
  const items = [await store.get(materialKey(instanceId, id)), await store.get(retainedKey(instanceId, id))];
  return items.flatMap((item) => JSON.stringify(item?.attributes ?? {}).match(/v1\.[\w.-]{60,}/g) ?? []);
}

/** The files in a folder and below it that hold any of these. */
const holding = (folder: string, secrets: readonly string[]): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path, 'latin1');
    return secrets.some((secret) => bytes.includes(secret));
  });

const PLAIN = [MATERIAL.toString('latin1'), MATERIAL.toString('base64url'), MATERIAL.toString('hex')];
const newFile = () => join(temporaryFolder(), 'backup.db');

test('what is shredded is in no file and no later backup, and an earlier backup does not bring it back', async () => {
  const installation = await installed();
  const { path, instanceId } = installation;
  let local = await installation.open();
  const [purgedKey, overdueKey, living] = [
    await created(local, installation),
    await created(local, installation),
    await created(local, installation),
  ];
  const sealed = [
    ...(await sealedOf(local, installation, purgedKey)),
    ...(await sealedOf(local, installation, overdueKey)),
  ];
  await destroyed(local, installation, overdueKey);
  sealed.push(...(await sealedOf(local, installation, overdueKey)));
  await local.close();
  const early = newFile();
  await backUp(path, early);
  expect(holding(join(early, '..'), sealed)).toEqual(['backup.db']);

  local = await installation.open();
  await destroyed(local, installation, purgedKey);
  sealed.push(...(await sealedOf(local, installation, purgedKey)));
  expect(sealed).toHaveLength(4);
  expect(holding(path, sealed)).not.toEqual([]);
  installation.ahead += 4 * HOUR;
  expect(await purged(local, installation, purgedKey)).toBe(204);
  installation.ahead += 30 * DAY;
  await sweep(local.context);
  // The server runs, with its WAL and its mails.
  expect(holding(path, [...sealed, ...PLAIN])).toEqual([]);
  await local.close();
  expect(holding(path, [...sealed, ...PLAIN])).toEqual([]);
  const late = newFile();
  await backUp(path, late);
  expect(holding(join(late, '..'), [...sealed, ...PLAIN])).toEqual([]);

  const restored = await restoreBackup({ backup: early, folder: path, force: true });
  expect(restored).toMatchObject({ shredded: 2, masterKey: 'opens' });
  expect(holding(path, [...sealed, ...PLAIN])).toEqual([]);
  local = await installation.open();
  for (const id of [purgedKey, overdueKey]) {
    expect(await stateOf(local, installation, id)).toBe(5);
    expect((await call(local, installation, 'mia', `POST /api/v2/keys/${id}/restore`)).status).toBe(400);
    const { events } = await loadEvents(local.context.store, keyPartition(instanceId, id), { limit: 1000 });
    expect(events.at(-1)?.action).toBe('countersign.material.shred');
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
  }
  expect(await stateOf(local, installation, living)).toBe(1);
  await local.close();
  expect((await restoreBackup({ backup: late, folder: path, force: true })).shredded).toBe(0);
});

test('a deletion that a backup has still open is over when it shredded the key after it', async () => {
  const installation = await installed(0);
  const { path } = installation;
  let local = await installation.open();
  const id = await created(local, installation);
  await call(local, installation, 'will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  await local.close();
  const early = newFile();
  await backUp(path, early);
  local = await installation.open();
  expect((await call(local, installation, 'mia', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
  await local.close();
  expect((await restoreBackup({ backup: early, folder: path, force: true })).shredded).toBe(1);
  local = await installation.open();
  const headers = installation.headers('mia');
  const authorization = await local.app.request(`/countersign/v1/keys/${id}/authorization`, { headers });
  expect(await authorization.json()).toMatchObject({
    status: 'void',
    why: expect.stringContaining('backup'),
  });
  expect((await call(local, installation, 'max', `DELETE /api/v2/keys/${id}`)).status).toBe(410);
});

test('in a folder without the record nobody can know, and with the record put there it is done', async () => {
  const installation = await installed();
  const { path } = installation;
  let local = await installation.open();
  const id = await created(local, installation);
  await local.close();
  const early = newFile();
  await backUp(path, early);
  local = await installation.open();
  await destroyed(local, installation, id);
  installation.ahead += 4 * HOUR;
  await purged(local, installation, id);
  await local.close();

  const other = temporaryFolder();
  for (const name of ['master.key', 'signing.key', 'audit-signing.key'])
    copyFileSync(join(path, name), join(other, name));
  expect((await restoreBackup({ backup: early, folder: other, force: false })).shredded).toBe('unknown');
  rmSync(join(other, 'countersign.db'));
  copyFileSync(join(path, SHREDDINGS), join(other, SHREDDINGS));
  expect((await restoreBackup({ backup: early, folder: other, force: false })).shredded).toBe(1);
});

test('a shredding that was begun and not committed is found out at the next start, and not applied to backups', async () => {
  const installation = await installed();
  const { path, instanceId } = installation;
  let local = await installation.open();
  const [kept, gone] = [await created(local, installation), await created(local, installation)];
  await destroyed(local, installation, gone);
  await local.close();
  const early = newFile();
  await backUp(path, early);

  // Killed after the record was written: once before the commit, once after it.
  const begun = { instanceId, deletedAt: 1, deletedBy: 'a|b', shreddedAt: 2 };
  await shreddingRecord(path).begin({ ...begun, keyId: kept });
  local = await installation.open();
  installation.ahead += 4 * HOUR;
  await purged(local, installation, gone);
  await local.close();
  const lines = readFileSync(join(path, SHREDDINGS), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect((await readShreddings(path))?.map(({ keyId, happened }) => [keyId, happened])).toEqual([
    [kept, false],
    [gone, true],
  ]);
  expect((await restoreBackup({ backup: early, folder: path, force: true })).shredded).toBe(1);
  local = await installation.open();
  expect(await stateOf(local, installation, kept)).toBe(1);
});

test('a restore asks the database that is there what became of a shredding that a crash left open', async () => {
  const installation = await installed();
  const { path, instanceId } = installation;
  let local = await installation.open();
  const [kept, gone] = [await created(local, installation), await created(local, installation)];
  await destroyed(local, installation, gone);
  await local.close();
  const early = newFile();
  await backUp(path, early);
  local = await installation.open();
  installation.ahead += 4 * HOUR;
  await purged(local, installation, gone);
  await local.close();
  // Killed before the end was written: once before the commit, once after it.
  const [begun] = readFileSync(join(path, SHREDDINGS), 'utf8').split('\n');
  writeFileSync(join(path, SHREDDINGS), `${begun}\n`);
  await shreddingRecord(path).begin({
    instanceId,
    keyId: kept,
    deletedAt: 1,
    deletedBy: 'a|b',
    shreddedAt: 2,
  });

  expect((await restoreBackup({ backup: early, folder: path, force: true })).shredded).toBe(1);
  expect((await readShreddings(path))?.map(({ keyId, happened }) => [keyId, happened])).toEqual([
    [gone, true],
    [kept, false],
  ]);
  local = await installation.open();
  expect(await stateOf(local, installation, kept)).toBe(1);
  expect((await call(local, installation, 'mia', `POST /api/v2/keys/${gone}/restore`)).status).toBe(400);
});

test('a shredding whose end nobody can tell any more is applied to what is restored', async () => {
  const installation = await installed();
  const { path, instanceId } = installation;
  let local = await installation.open();
  const id = await created(local, installation);
  await local.close();
  const early = newFile();
  await backUp(path, early);
  await shreddingRecord(path).begin({ instanceId, keyId: id, deletedAt: 1, deletedBy: 'a|b', shreddedAt: 2 });
  rmSync(join(path, 'countersign.db'));
  expect((await restoreBackup({ backup: early, folder: path, force: false })).shredded).toBe(1);
  local = await installation.open();
  expect(await stateOf(local, installation, id)).toBe(5);
  expect((await readShreddings(path))?.map(({ happened }) => happened)).toEqual([true]);
});

test('without a durable record nothing is shredded', async () => {
  const installation = await installed();
  const local = await installation.open();
  const id = await created(local, installation);
  await destroyed(local, installation, id);
  installation.ahead += 4 * HOUR;
  mkdirSync(join(installation.path, SHREDDINGS));
  expect(await purged(local, installation, id)).toBe(503);
  expect((await call(local, installation, 'mia', `POST /api/v2/keys/${id}/restore`)).status).toBe(201);
  rmSync(join(installation.path, SHREDDINGS), { recursive: true });
});
