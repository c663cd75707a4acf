import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRemotes } from '../../../lib/adapters/key-protect/configuration.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-remotes-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const REMOTE = {
  name: 'frankfurt',
  url: 'https://eu-de.kms.cloud.ibm.com/',
  tokenUrl: 'https://iam.cloud.ibm.com/identity/token',
  instance: 'd8a8f2c1-54bd-4b4f-a7b5-0c4d3a2e1f90',
  apiKeyFile: 'frankfurt.key',
};
const SECRET = 'a-secret-api-key';

function written(configuration: unknown, mode = 0o600): string {
  const path = join(folder, 'remotes.json');
  writeFileSync(path, typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
  writeFileSync(join(folder, 'frankfurt.key'), `${SECRET}\n`);
  chmodSync(join(folder, 'frankfurt.key'), mode);
  return path;
}

test('one remote, or a list, with API keys from files beside the configuration', async () => {
  const { apiKeyFile: _, ...place } = REMOTE;
  const expected = { ...place, url: 'https://eu-de.kms.cloud.ibm.com', apiKey: SECRET };
  expect(await readRemotes(written(REMOTE))).toEqual([expected]);
  expect(await readRemotes(written([REMOTE, { ...REMOTE, name: 'dallas' }]))).toHaveLength(2);
});

test('an API key file that others can read is refused, and no key is ever told', async () => {
  const error = await readRemotes(written(REMOTE, 0o644)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PermanentError);
  expect(String(error)).toContain('chmod 600');
  expect(String(error)).not.toContain(SECRET);
});

test.each([
  ['a key in the configuration', { ...REMOTE, apiKey: SECRET }],
  ['an address in the clear', { ...REMOTE, url: 'http://kms.example.com' }],
  ['a password in the address', { ...REMOTE, url: 'https://user:secret@kms.example.com' }],
  ['the name of another provider', { ...REMOTE, name: 'aws-kms' }],
  ['two remotes of one name', [REMOTE, REMOTE]],
  ['an instance that is no UUID', { ...REMOTE, instance: 'mine' }],
  ['no JSON', '{'],
])('%s is refused', async (_, configuration) => {
  await expect(readRemotes(written(configuration))).rejects.toThrow(PermanentError);
});

test('a configuration, or a key file, that is not there is named', async () => {
  await expect(readRemotes(join(folder, 'nothing.json'))).rejects.toThrow('nothing.json cannot be read');
  await expect(readRemotes(written({ ...REMOTE, apiKeyFile: 'other.key' }))).rejects.toThrow(
    'other.key is not there',
  );
});
