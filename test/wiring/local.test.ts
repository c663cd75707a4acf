import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMasterKey } from '../../lib/adapters/file/master-key.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { type Local, type LocalOptions, openLocal } from '../../lib/wiring/local.ts';
import { foundInstallation } from '../support/installation.ts';
import { manualClock } from '../support/manual-clock.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

const SILENT = { info: () => {}, error: () => {} };

async function installed() {
  const path = join(temporaryFolder(), 'data');
  const { instance, people } = await foundInstallation(path, REQUEST);
  const headersOf = (email: string) => ({
    authorization: `Bearer ${people.find(({ person }) => person.email === email)?.apiKey}`,
    'bluemix-instance': instance.id,
  });
  return { folder: await openDataFolder(path), headersOf };
}

type More = Omit<LocalOptions, 'folder' | 'publicUrl'>;

async function opened(more: More = {}) {
  const { folder, headersOf } = await installed();
  const local = await openLocal({ folder, publicUrl: 'http://127.0.0.1:8080', log: SILENT, ...more });
  onTestFinished(() => local.close());
  const will = { headers: headersOf('will@example.com') };
  return { local, folder, will, mia: { headers: headersOf('mia@example.com') } };
}

async function authorized({ app }: Local, will: { readonly headers: Record<string, string> }): Promise<void> {
  const metadata = { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 };
  const resources = [{ name: 'Payroll', aliases: ['payroll'], extractable: false }];
  const body = JSON.stringify({ metadata, resources });
  await app.request('/api/v2/keys', { ...will, method: 'POST', body });
  const set = await app.request('/api/v2/keys/payroll/actions/setKeyForDeletion', {
    ...will,
    method: 'POST',
  });
  expect(set.status).toBe(204);
}

describe('an installation on one machine', () => {
  test('is not opened with the master key of another installation', async () => {
    const { folder, headersOf } = await installed();
    const local = await openLocal({ folder, publicUrl: 'http://127.0.0.1:8080', log: SILENT });
    await authorized(local, { headers: headersOf('will@example.com') });
    await local.close();
    await rm(join(folder.path, 'master.key'));
    await createMasterKey(folder.path);
    const again = await openDataFolder(folder.path);
    onTestFinished(() => again.close());
    await expect(
      openLocal({ folder: again, publicUrl: 'http://127.0.0.1:8080', log: SILENT }),
    ).rejects.toThrow("another installation's");
  });

  test('destroys a key when two people say so, and keeps its mail in the folder', async () => {
    const { local, folder, will, mia } = await opened();
    await authorized(local, will);
    const deleted = await local.app.request('/api/v2/keys/payroll', { ...mia, method: 'DELETE' });
    expect(deleted.status).toBe(204);
    await expect.poll(() => existsSync(join(folder.path, 'outbox'))).toBe(true);
  });

  test('closes a window by its clock, in the folder that another process takes over meanwhile', async () => {
    // The sweeper and a step can want the same item: who was second waits a moment, though time stands still.
    const sleep = (ms: number) => realSleep(Math.min(ms, 5));
    const clock = { ...manualClock(Date.now() + 60_000), sleep };
    const { local, folder, will } = await opened({ clock });
    await authorized(local, will);
    await local.close();

    const later = { ...manualClock(clock.now() + 604_801_000), sleep };
    const again = await openLocal({
      folder: await openDataFolder(folder.path),
      publicUrl: 'http://127.0.0.1:8080',
      log: SILENT,
      clock: later,
    });
    onTestFinished(() => again.close());
    const status = async () => {
      await later.settle();
      return (await again.app.request('/countersign/v1/keys/payroll/authorization', will)).json();
    };
    await expect.poll(status).toMatchObject({ status: 'lapsed', round: 1 });
  });

  test('has a page of its outbox only where it is told to', async () => {
    const page = { headers: { host: '127.0.0.1:8080' } };
    const { local } = await opened();
    expect((await local.app.request('/outbox/secret', page)).status).toBe(404);
    const outboxPage = { secret: 'secret', allowedHosts: ['127.0.0.1:8080'] };
    const shown = await opened({ outboxPage });
    expect((await shown.local.app.request('/outbox/secret', page)).status).toBe(200);
    expect((await shown.local.app.request('/outbox/secret', { headers: { host: 'x' } })).status).toBe(404);
  });

  test('lets go of the folder when it closes', async () => {
    const { local, folder } = await opened();
    await local.close();
    (await openDataFolder(folder.path)).close();
  });

  test('is not opened over a folder that is not set up, and leaves that to whoever opened it', async () => {
    const folder = await openDataFolder(join(temporaryFolder(), 'data'));
    const opening = openLocal({ folder, publicUrl: 'http://127.0.0.1:8080', log: SILENT });
    await expect(opening).rejects.toThrow('is not initialised');
    expect(await folder.isSetUp()).toBe(false);
    folder.close();
  });

  test('loads nothing of the AWS SDK', async () => {
    // The SDK's packages are CommonJS, and so in require's cache when they were loaded, as libsql is.
    const script = `await import('./lib/cli/serve.ts');
      const { createRequire } = await import('node:module');
      console.log(JSON.stringify(Object.keys(createRequire(process.cwd() + '/x.js').cache)));`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const loaded: string[] = JSON.parse(stdout);
    expect(loaded.some((path) => path.includes('/libsql/'))).toBe(true);
    expect(loaded.filter((path) => /@(aws|smithy)/.test(path))).toEqual([]);
  });
});
