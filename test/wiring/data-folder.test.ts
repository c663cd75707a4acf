import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataFolder, setUpInstallation } from '../../lib/wiring/data-folder.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

const newPath = () => join(temporaryFolder(), 'data');

async function setUp(path: string): Promise<void> {
  const folder = await openDataFolder(path);
  await setUpInstallation(folder, REQUEST);
  await folder.keep();
  folder.close();
}

describe('a data folder', () => {
  test('is made for its owner alone, with the folders above it', async () => {
    const path = join(newPath(), 'a', 'b');
    const folder = await openDataFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(await folder.isSetUp()).toBe(false);
    folder.close();
  });

  test('keeps its instance', async () => {
    const path = newPath();
    await setUp(path);
    const folder = await openDataFolder(path);
    expect(await folder.isSetUp()).toBe(true);
    folder.close();
  });

  test('is one process’s at a time', async () => {
    const path = newPath();
    const first = await openDataFolder(path);
    await expect(openDataFolder(path)).rejects.toThrow('in use by another process');
    first.close();
    (await openDataFolder(path)).close();
  });

  test('that holds other things is left as it is', async () => {
    const path = newPath();
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), '');
    await expect(openDataFolder(path)).rejects.toThrow('is not empty');
    expect(readdirSync(path)).toEqual(['notes.txt']);
  });

  test('without its database is not taken for a new one: its master key would be lost', async () => {
    const path = newPath();
    await setUp(path);
    rmSync(join(path, 'countersign.db'));
    await expect(openDataFolder(path)).rejects.toThrow('holds no countersign.db');
    expect(readdirSync(path)).toContain('master.key');
  });

  test('can be an empty volume', async () => {
    const path = newPath();
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    await setUp(path);
    expect(readdirSync(path)).toContain('countersign.db');
  });

  test.for(['/proc/countersign/data', '/dev/null/data'])(
    '%s cannot be made, and that is told',
    async (path) => {
      await expect(openDataFolder(path)).rejects.toThrow(
        /^the data folder \S+ cannot be (read|written): E\w+$/,
      );
    },
  );
});

describe('setting up', () => {
  test('is refused where it was done already', async () => {
    const path = newPath();
    await setUp(path);
    const folder = await openDataFolder(path);
    await expect(setUpInstallation(folder, REQUEST)).rejects.toThrow('already initialised');
    folder.close();
    expect(readdirSync(path).sort()).toEqual([
      'audit-signing.key',
      'countersign.db',
      'master.key',
      'signing.key',
    ]);
  });

  test.for(['refused', 'broken'] as const)('that is %s leaves nothing behind', async (how) => {
    const attempt = async (path: string) => {
      const folder = await openDataFolder(path);
      const people = REQUEST.people.slice(0, how === 'refused' ? 1 : 2);
      const made = await setUpInstallation(
        folder,
        { ...REQUEST, people },
        how === 'broken' ? NO_TIME : undefined,
      )
        .then(({ ok }) => ok)
        .catch(() => false)
        .finally(() => folder.discard());
      expect(made).toBe(false);
    };
    const path = newPath();
    await attempt(path);
    expect(existsSync(path)).toBe(false);
    mkdirSync(path);
    await attempt(path);
    expect(readdirSync(path)).toEqual([]);
  });

  test('is undone by the next opening where the keys were never shown, as after a kill', async () => {
    const path = newPath();
    const first = await openDataFolder(path);
    await setUpInstallation(first, REQUEST);
    first.close();
    const masterKey = readFileSync(join(path, 'master.key'), 'utf8');

    const second = await openDataFolder(path);
    expect(await second.isSetUp()).toBe(false);
    expect(await setUpInstallation(second, REQUEST)).toMatchObject({ ok: true });
    await second.keep();
    second.close();
    expect(readFileSync(join(path, 'master.key'), 'utf8')).not.toBe(masterKey);
    expect(readdirSync(path).sort()).toEqual([
      'audit-signing.key',
      'countersign.db',
      'master.key',
      'signing.key',
    ]);
  });

  test('is not undone by somebody who looks in while it goes on', async () => {
    const path = newPath();
    const folder = await openDataFolder(path);
    await setUpInstallation(folder, REQUEST);
    await expect(openDataFolder(path)).rejects.toThrow('in use');
    await folder.keep();
    folder.close();
    const after = await openDataFolder(path);
    expect(await after.isSetUp()).toBe(true);
    after.close();
  });

  test('never replaces a master key: a database in a backup may be sealed under it', async () => {
    const path = newPath();
    await setUp(path);
    const masterKey = readFileSync(join(path, 'master.key'), 'utf8');
    writeFileSync(join(path, 'countersign.db'), '');
    await expect(openDataFolder(path)).rejects.toThrow('restore it from a backup');
    expect(readFileSync(join(path, 'master.key'), 'utf8')).toBe(masterKey);
  });

  test('a discard takes nothing away that was kept', async () => {
    const path = newPath();
    await setUp(path);
    await (await openDataFolder(path)).discard();
    const after = await openDataFolder(path);
    expect(await after.isSetUp()).toBe(true);
    after.close();
  });
});

const NO_TIME = {
  now: () => {
    throw new Error('no time');
  },
  sleep: async () => {},
};
