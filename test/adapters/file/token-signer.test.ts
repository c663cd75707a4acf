import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSigningKey, fileTokenSigner } from '../../../lib/adapters/file/token-signer.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';
import { describeTokenSigner } from '../../contracts/token-signer.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-signing-key-'));
  path = join(folder, 'signing.key');
});
afterEach(() => rm(folder, { recursive: true }));

async function newSigner(name: string) {
  await mkdir(join(folder, name));
  await createSigningKey(join(folder, name));
  return fileTokenSigner(join(folder, name));
}

describe('the file token signer', () => {
  describeTokenSigner(async () => ({ signer: await newSigner('one'), foreign: await newSigner('two') }));

  test('has the same public key after a restart', async () => {
    await createSigningKey(folder);
    const before = await (await fileTokenSigner(folder)).publicKey();
    expect(await (await fileTokenSigner(folder)).publicKey()).toEqual(before);
  });

  test('keeps its key in PKCS #8, its owner’s alone, and never overwrites it', async () => {
    await createSigningKey(folder);
    const pem = await readFile(path, 'utf8');
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(createSigningKey(folder)).rejects.toThrow(`${path} exists already and is left as it is`);
    expect(await readFile(path, 'utf8')).toBe(pem);
    expect(await readdir(folder)).toEqual(['signing.key']);
  });

  test('refuses a key file that others can read', async () => {
    await createSigningKey(folder);
    await chmod(path, 0o644);
    await expect(fileTokenSigner(folder)).rejects.toThrow(`run: chmod 600 ${path}`);
  });

  test.for([
    ['nothing', undefined],
    ['no key', 'secret text'],
    ['a key of another kind', pkcs8(generateKeyPairSync('ed25519').privateKey)],
    ['an RSA key of 1024 bits', pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
  ])('refuses a file that holds %s, without repeating what it holds', async ([, contents]) => {
    if (contents !== undefined) await writeFile(path, contents, { mode: 0o600 });
    const error = await fileTokenSigner(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain(path);
    expect(String(error)).not.toMatch(/secret text|BEGIN/);
  });
});

function pkcs8(key: ReturnType<typeof generateKeyPairSync>['privateKey']): string {
  return String(key.export({ format: 'pem', type: 'pkcs8' }));
}
