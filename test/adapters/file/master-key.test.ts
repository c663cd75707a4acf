import { chmod, link, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMasterKey,
  newMasterKey,
  readMasterKeys,
  replaceMasterKeys,
} from '../../../lib/adapters/file/master-key.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';

const PASSPHRASE = 'correct horse bättery staple';

let folder: string;
let path: string;

const readMasterKey = async (...of: Parameters<typeof readMasterKeys>) => {
  const [key, ...older] = await readMasterKeys(...of);
  expect(older).toEqual([]);
  return key;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-master-key-'));
  path = join(folder, 'master.key');
});
afterEach(() => rm(folder, { recursive: true }));

/** The message of the PermanentError that a call must end with: one line, without the passphrase. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PermanentError);
  const { message } = error as Error;
  expect(message).not.toMatch(/\n|horse/);
  return message;
}

describe('the master key file', () => {
  test.for([undefined, PASSPHRASE])(
    'gives back the 32 bytes that were made (passphrase: %s)',
    async (passphrase) => {
      const made = await createMasterKey(folder, { passphrase });
      expect(made).toHaveLength(32);
      expect(Buffer.from(await readMasterKey(folder, { passphrase }))).toEqual(Buffer.from(made));
    },
  );

  test('is its owner’s alone, and the only file that is left behind', async () => {
    await createMasterKey(folder);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  test('is another key in each installation', async () => {
    const first = await createMasterKey(folder);
    await rm(path);
    expect(await createMasterKey(folder)).not.toEqual(first);
  });

  test('is never overwritten, whether by one or by many at once', async () => {
    const makers = await Promise.allSettled(Array.from({ length: 8 }, () => createMasterKey(folder)));
    const made = makers.filter((maker) => maker.status === 'fulfilled');
    expect(made).toHaveLength(1);
    expect(await refusal(createMasterKey(folder))).toBe(`${path} exists already and is left as it is`);
    expect(Buffer.from(await readMasterKey(folder))).toEqual(Buffer.from(made[0]?.value ?? []));
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  test('under a passphrase holds no trace of the key and the parameters that opening it takes', async () => {
    const key = await createMasterKey(folder, { passphrase: PASSPHRASE });
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(Buffer.from(key).toString('base64url'));
    expect(JSON.parse(text)).toMatchObject({ version: 1, scrypt: { N: 131_072, r: 8, p: 1 } });
  });

  test('opens for the same passphrase typed in another Unicode form', async () => {
    const key = await createMasterKey(folder, { passphrase: PASSPHRASE.normalize('NFC') });
    const read = await readMasterKey(folder, { passphrase: PASSPHRASE.normalize('NFD') });
    expect(Buffer.from(read)).toEqual(Buffer.from(key));
  });

  test('a wrong, a missing and a needless passphrase are told apart in one line', async () => {
    await createMasterKey(folder, { passphrase: PASSPHRASE });
    expect(await refusal(readMasterKey(folder, { passphrase: 'horse' }))).toBe(
      `the passphrase does not open ${path}`,
    );
    expect(await refusal(readMasterKey(folder))).toBe(
      `${path} is protected by a passphrase, and none was given`,
    );
    await rm(path);
    await createMasterKey(folder);
    expect(await refusal(readMasterKey(folder, { passphrase: PASSPHRASE }))).toBe(
      `${path} is not protected by a passphrase, but one was given`,
    );
  });

  test('an empty passphrase is refused when the key is made', async () => {
    await refusal(createMasterKey(folder, { passphrase: '' }));
    expect(await readdir(folder)).toEqual([]);
  });

  test.for([0o640, 0o604, 0o660, 0o610])(
    'that others can reach (mode %i) is refused with what to do',
    async (mode) => {
      await createMasterKey(folder);
      await chmod(path, mode);
      expect(await refusal(readMasterKey(folder))).toBe(
        `${path} can be read by others than its owner; run: chmod 600 ${path}`,
      );
    },
  );

  test.for([
    ['that is empty', ''],
    ['that is no JSON', 'c2VjcmV0LWtleQ'],
    ['of a later version', '{"version":3,"key":"c2VjcmV0LWtleQ"}'],
    ['that says two and has one', `{"version":2,"keys":"${'A'.repeat(43)}"}`],
    ['whose key is too short', '{"version":1,"key":"c2VjcmV0LWtleQ"}'],
    ['whose key is no base64url', `{"version":1,"key":"${'*'.repeat(43)}"}`],
  ])('%s is refused, and what it holds is not repeated', async ([, contents = '']) => {
    await writeFile(path, contents, { mode: 0o600 });
    expect(await refusal(readMasterKey(folder))).toBe(`${path} is damaged; restore it from a backup`);
  });

  test('whose scrypt parameters were damaged is refused', async () => {
    await createMasterKey(folder, { passphrase: PASSPHRASE });
    const contents = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...contents, scrypt: { ...contents.scrypt, N: 3 } }));
    expect(await refusal(readMasterKey(folder, { passphrase: PASSPHRASE }))).toContain('damaged');
  });

  test('that is not there, or has no folder, is said so', async () => {
    expect(await refusal(readMasterKey(folder))).toBe(`there is no ${path}`);
    const nowhere = join(folder, 'nowhere');
    expect(await refusal(createMasterKey(nowhere))).toBe(
      `${join(nowhere, 'master.key')} cannot be written: ENOENT`,
    );
  });

  test.for([undefined, PASSPHRASE])(
    'holds two keys while one takes the other’s place, the newest first (passphrase: %s)',
    async (passphrase) => {
      const former = await createMasterKey(folder, { passphrase });
      const newest = newMasterKey();
      await replaceMasterKeys(folder, [newest, former], { passphrase });
      expect((await readMasterKeys(folder, { passphrase })).map((key) => Buffer.from(key))).toEqual(
        [newest, former].map((key) => Buffer.from(key)),
      );
      await replaceMasterKeys(folder, [newest], { passphrase });
      expect(Buffer.from((await readMasterKey(folder, { passphrase })) ?? [])).toEqual(Buffer.from(newest));
      expect(JSON.parse(await readFile(path, 'utf8')).version).toBe(1);
      expect([await readdir(folder), (await stat(path)).mode & 0o777]).toEqual([['master.key'], 0o600]);
    },
  );

  test('can be put under another passphrase, and then opens with that one alone', async () => {
    const key = await createMasterKey(folder, { passphrase: PASSPHRASE });
    await replaceMasterKeys(folder, [key], { passphrase: 'another' });
    expect(await refusal(readMasterKeys(folder, { passphrase: PASSPHRASE }))).toContain('does not open');
    expect(Buffer.from((await readMasterKey(folder, { passphrase: 'another' })) ?? [])).toEqual(
      Buffer.from(key),
    );
  });

  test('that is replaced leaves the bytes of the former one nowhere, not even under a name that was kept', async () => {
    const key = await createMasterKey(folder);
    await link(path, join(folder, 'kept'));
    await replaceMasterKeys(folder, [newMasterKey()]);
    expect(await readFile(join(folder, 'kept'), 'latin1')).not.toContain(
      Buffer.from(key).toString('base64url'),
    );
  });
});
