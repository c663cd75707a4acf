import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createAccessKey,
  listAccessKeys,
  removeAccessKey,
  secretOfAccessKey,
} from '../../../lib/adapters/file/access-keys.ts';
import { masterKeySealer } from '../../../lib/adapters/file/sealer.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';

const SEALER = masterKeySealer(Buffer.alloc(32, 1));

let folder: string;
const pathOf = (id: string): string => join(folder, 'access-keys', id);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-access-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the access keys of a data folder', () => {
  test('have ids and secrets as long as those of AWS, and never the same', async () => {
    const keys = [await createAccessKey(folder, SEALER), await createAccessKey(folder, SEALER)];
    for (const { id, secret } of keys) {
      expect(id).toMatch(/^CSAK[A-Z2-7]{16}$/);
      expect(secret).toMatch(/^[\w-]{40}$/);
      expect(await secretOfAccessKey(folder, id, SEALER)).toBe(secret);
    }
    expect(keys[0]?.id).not.toBe(keys[1]?.id);
    expect(keys[0]?.secret).not.toBe(keys[1]?.secret);
  });

  test('are files of their owner alone, in which no secret can be read', async () => {
    const { id, secret } = await createAccessKey(folder, SEALER);
    expect((await stat(join(folder, 'access-keys'))).mode & 0o777).toBe(0o700);
    expect((await stat(pathOf(id))).mode & 0o777).toBe(0o600);
    expect(await readFile(pathOf(id), 'utf8')).not.toContain(secret);
    expect(await readdir(join(folder, 'access-keys'))).toEqual([id]);
  });

  test('are listed with when they were made, the oldest first, without what a crash left', async () => {
    expect(await listAccessKeys(folder)).toEqual([]);
    const [second, first] = [await createAccessKey(folder, SEALER), await createAccessKey(folder, SEALER)];
    await utimes(pathOf(first.id), 1_000, 1_000);
    await utimes(pathOf(second.id), 2_000, 2_000);
    await writeFile(pathOf(`${first.id}.1b.tmp`), 'half');
    expect(await listAccessKeys(folder)).toEqual([
      { id: first.id, createdAt: new Date(1_000_000) },
      { id: second.id, createdAt: new Date(2_000_000) },
    ]);
  });

  test('are known no more once they are removed', async () => {
    const { id } = await createAccessKey(folder, SEALER);
    expect(await removeAccessKey(folder, id)).toBe('removed');
    expect(await removeAccessKey(folder, id)).toBe('missing');
    expect(await secretOfAccessKey(folder, id, SEALER)).toBeUndefined();
    expect(await listAccessKeys(folder)).toEqual([]);
  });

  test('are not looked for by an id that leads elsewhere', async () => {
    await writeFile(join(folder, 'master.key'), 'secret', { mode: 0o600 });
    for (const id of ['../master.key', '', '.', 'CSAK/../../master.key', 'CSAKTEST\0']) {
      expect(await secretOfAccessKey(folder, id, SEALER)).toBeUndefined();
      expect(await removeAccessKey(folder, id)).toBe('missing');
    }
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  test('are refused when their file was copied, is readable by others, or is of another master key', async () => {
    const { id } = await createAccessKey(folder, SEALER);
    const other = 'CSAKAAAAAAAAAAAAAAAA';
    await copyFile(pathOf(id), pathOf(other));
    await expect(secretOfAccessKey(folder, other, SEALER)).rejects.toThrow(PermanentError);
    const another = masterKeySealer(Buffer.alloc(32, 2));
    await expect(secretOfAccessKey(folder, id, another)).rejects.toThrow(/another master key/);
    await chmod(pathOf(id), 0o640);
    await expect(secretOfAccessKey(folder, id, SEALER)).rejects.toThrow(/can be read by others/);
  });
});
