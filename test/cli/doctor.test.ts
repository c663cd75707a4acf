import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { createApp } from '../../lib/http/app.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { personItem } from '../../lib/operations/records/person.ts';
import { serveApp } from '../support/served-app.ts';
import { newService } from '../support/services.ts';
import { expectOk, openStory } from '../support/story.ts';
import { as, countersign, install, startServer, temporaryFolder } from './command.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Deleting';

test('a folder beside a running server is looked at, and the exit code says how bad it is', async () => {
  const installed = await install();
  const server = await startServer(['--data-dir', installed.dataDir]);
  const args = ['doctor', '--data-dir', installed.dataDir, '--public-url', server.url];
  const seen = await countersign([...args, '--json']);
  expect(seen.code).toBe(1);
  const { findings } = JSON.parse(seen.stdout) as { findings: readonly { about: string; status: string }[] };
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(findings).toContainEqual(expect.objectContaining({ about: 'public URL', status: 'ok' }));
  chmodSync(join(installed.dataDir, 'signing.key'), 0o644);
  const open = await countersign(args);
  expect(open.code).toBe(2);
  expect(open.stdout).toContain('FAIL  signing.key: others can read it');
  expect(open.stderr).toMatch(/^countersign: 1 broken, /);
});

test('policies for adopted keys are printed, and what is no role is refused', async () => {
  const printed = await countersign(['kms', 'policy', '--role', ROLE, '--json']);
  expect(JSON.parse(printed.stdout)).toMatchObject({
    keyPolicyStatements: [{ Sid: 'CountersignAloneDeletes' }],
    serviceControlPolicy: { Version: '2012-10-17' },
  });
  const refused = await countersign(['kms', 'policy', '--role', 'Deleting']);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('It must be the ARN of a role'),
  ]);
});

test('a key of a remote Key Protect is adopted from the configuration, and deleted there by two people here', async () => {
  const remote = await openStory({ dualAuthorization: false });
  const served = await serveApp(createApp(remote.context));
  onTestFinished(async () => {
    await served.close();
    await remote.close();
  });
  const { caller, apiKey } = await newService(remote.context, await remote.as('alice'));
  const roles = { Manager: remote.clock.now() };
  await remote.context.store.commit([{ put: personItem({ ...caller.person, roles }), when: [] }]);
  const asked = { name: 'ledger', extractable: false };
  const { key } = expectOk(await createKey(remote.context, await remote.as('alice'), asked));
  const folder = temporaryFolder();
  const config = join(folder, 'remotes.json');
  const place = { name: 'frankfurt', url: served.url, tokenUrl: `${served.url}/identity/token` };
  writeFileSync(config, JSON.stringify({ ...place, instance: remote.instanceId, apiKeyFile: 'key' }));
  writeFileSync(join(folder, 'key'), apiKey, { mode: 0o600 });
  const installed = await install();
  const server = await startServer(['--data-dir', installed.dataDir, '--key-protect-config', config]);
  const [mia, max, will] = ['mia', 'max', 'will'].map((name) => as(`${name}@example.com`, server, installed));
  const where = ['--remote', 'frankfurt', '--remote-key', key.id];
  const adopted = await countersign(['key', 'adopt', 'Ledger', '--alias', 'ledger', ...where], mia);
  expect(adopted.stdout).toContain(`frankfurt: ${key.id}`);
  expect((await countersign(['key', 'authorize', 'ledger'], will)).code).toBe(0);
  const shown = await countersign(['key', 'show', 'ledger', '--json'], max);
  const id = /"keyId": ?"([^"]+)"/.exec(shown.stdout)?.[1] ?? '';
  const approved = await countersign(['key', 'approve', 'ledger', '--confirm', id.slice(-6)], max);
  expect(approved.stdout).toContain('is gone');
  expect((await loadKey(remote.context.store, remote.instanceId, key.id))?.state).toBe(DESTROYED);
  const given = await countersign(['key', 'abandon-deletion', 'ledger'], mia);
  expect(given.stderr).toContain('DELETION_NOT_STALLED_ERR');
}, 60_000);
