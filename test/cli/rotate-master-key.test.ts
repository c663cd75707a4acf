import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { as, countersign, createdKey, install, startServer, temporaryFolder } from './command.ts';

const PASSPHRASE = 'correct horse';

test('the master key is rotated and gets a passphrase by the running server, and a backup from before names the old one', async () => {
  const installed = await install();
  const { dataDir } = installed;
  const server = await startServer(['--data-dir', dataDir]);
  await createdKey('payroll', { email: 'will@example.com', server, installed });
  const folder = temporaryFolder();
  const backup = join(folder, 'before.db');
  expect((await countersign(['backup', '--data-dir', dataDir, '-o', backup])).code).toBe(0);
  const before = readFileSync(join(dataDir, 'master.key'), 'utf8');

  const dry = await countersign(['rotate-master-key', '--data-dir', dataDir, '--dry-run', '--json']);
  const { masterKey: former, counts } = JSON.parse(dry.stdout);
  expect(counts).toMatchObject({ key: 1, 'access-key': 0 });
  expect(readFileSync(join(dataDir, 'master.key'), 'utf8')).toBe(before);

  const file = join(folder, 'passphrase');
  writeFileSync(file, `${PASSPHRASE}\n`);
  const changed = ['change-passphrase', '--data-dir', dataDir, '--new-passphrase-file', file];
  expect(await countersign(changed)).toMatchObject({ code: 0, stderr: '' });
  const rotate = ['rotate-master-key', '--data-dir', dataDir];
  expect((await countersign(rotate)).stderr).toContain('is protected by a passphrase, and none was given');
  const rotated = await countersign([...rotate, '--json'], { COUNTERSIGN_PASSPHRASE_FILE: file });
  expect(JSON.parse(rotated.stdout)).toMatchObject({ former, resumed: false, resealed: 1 });
  expect(rotated.stdout + rotated.stderr).not.toContain(PASSPHRASE);

  const environment = as('will@example.com', server, installed);
  const key = await countersign(['key', 'show', 'payroll'], environment);
  expect(key).toMatchObject({ code: 0 });
  await server.stop();
  const restore = ['restore', backup, '--data-dir', dataDir, '--force'];
  const refused = await countersign(restore, { COUNTERSIGN_PASSPHRASE: PASSPHRASE });
  expect(refused.stderr).toContain(`it needs master key ${former}, the folder has`);
}, 120_000);
