import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { as, call, countersign, createdKey, install, startServer, temporaryFolder } from './command.ts';

test('what two people did is exported, verified without a server, and not after it was tampered with', async () => {
  const installed = await install();
  const server = await startServer(['--data-dir', installed.dataDir]);
  const by = (email: string) => ({ email, server, installed });
  const rita = as('rita@example.com', server, installed);
  const id = await createdKey('payroll', by('will@example.com'));
  await call('POST /api/v2/keys/payroll/actions/setKeyForDeletion', by('will@example.com'));
  expect((await call('DELETE /api/v2/keys/payroll', by('mia@example.com'))).status).toBe(204);

  const folder = temporaryFolder();
  const [keys, file] = [join(folder, 'keys.json'), join(folder, 'evidence.jsonl')];
  const handed = await countersign(['audit', 'public-key'], rita);
  expect(handed).toMatchObject({ code: 0, stderr: '' });
  writeFileSync(keys, handed.stdout);
  const made = await countersign(['audit', 'export', '-o', file], rita);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await countersign(['audit', 'export', '-o', file], rita);
  expect(again).toMatchObject({
    code: 1,
    stderr: `countersign: ${file} exists already and is left as it is\n`,
  });
  await server.stop();

  const good = await countersign(['audit', 'verify', file, '--public-key', keys]);
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(good.stdout).toContain('1 deletion had the authorization of two different people');
  expect(good.stdout).toMatch(
    new RegExp(`key ${id}: asked for by will@example.com, approved by mia@example.com`),
  );
  expect(/SHA-256 \w{64}/.exec(good.stdout)?.[0]).toBe(/SHA-256 \w{64}/.exec(made.stdout)?.[0]);

  const tampered = readFileSync(file, 'utf8').split('\n');
  const at = tampered.findIndex((line) => line.includes('kms.secrets.delete'));
  writeFileSync(file, tampered.toSpliced(at, 1).join('\n'));
  const bad = await countersign(['audit', 'verify', file, '--public-key', keys]);
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/^- line \d+: the end of the chain of key .* is cut off after event 3/m);
  expect(bad.stdout).not.toContain('It proves');
  expect(bad.stderr).toMatch(/^countersign: [^\n]+\n$/);

  writeFileSync(file, 'hello\n');
  const unusable = await countersign(['audit', 'verify', file, '--json']);
  expect(unusable.code).toBe(2);
  expect(JSON.parse(unusable.stdout)).toMatchObject({ outcome: 'unusable', proves: [] });
  expect(await countersign(['audit', 'verify', join(folder, 'none')])).toMatchObject({ code: 2, stdout: '' });
  expect(existsSync(join(installed.dataDir, 'audit-signing.key'))).toBe(true);
});
