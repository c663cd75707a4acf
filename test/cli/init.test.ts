import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countersign, temporaryFolder } from './command.ts';

const TWO_MANAGERS = ['--manager', 'mia@example.com', '--manager', 'max@example.com'];

describe('countersign init', () => {
  test('prints the instance and one API key a person as JSON, and nothing else', async () => {
    const dataDir = join(temporaryFolder(), 'a', 'data');
    const args = [...TWO_MANAGERS, '--writer', 'Mia@example.com', '--key-purge', 'pia@example.com', '--json'];
    const { code, stdout, stderr } = await countersign(['init', '--data-dir', dataDir, ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const apiKey = expect.stringMatching(/^cs_[\w-]{43}$/);
    expect(JSON.parse(stdout)).toEqual({
      instanceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      people: [
        { email: 'mia@example.com', role: 'Manager', roles: ['Manager', 'Writer'], apiKey },
        { email: 'max@example.com', role: 'Manager', roles: ['Manager'], apiKey },
        { email: 'pia@example.com', role: 'KeyPurge', roles: ['KeyPurge'], apiKey },
      ],
    });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir).sort()).toEqual([
      'audit-signing.key',
      'countersign.db',
      'master.key',
      'signing.key',
    ]);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
  });

  test('an address under two roles is named by the role that was given first', async () => {
    const args = ['--writer', 'mia@example.com', ...TWO_MANAGERS, '--json'];
    const { stdout } = await countersign(['init', '--data-dir', join(temporaryFolder(), 'data'), ...args]);
    expect(JSON.parse(stdout).people[0]).toMatchObject({ role: 'Writer', roles: ['Writer', 'Manager'] });
  });

  test('refuses a folder that is already initialised, and leaves it as it is', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    await countersign(['init', '--data-dir', dataDir, ...TWO_MANAGERS]);
    const before = readdirSync(dataDir);
    expect(await countersign(['init', '--data-dir', dataDir, ...TWO_MANAGERS])).toEqual({
      code: 1,
      stdout: '',
      stderr: `countersign: ${dataDir} is already initialised\n`,
    });
    expect(readdirSync(dataDir)).toEqual(before);
  });

  test.for([
    [['--manager', 'mia@example.com'], /two Managers.*approver-missing/],
    [[...TWO_MANAGERS, '--writer', 'max+other@example.com'], /one person's/],
    [['--dual-authorization', 'off'], /needs a Manager/],
  ] as const)('%j is refused and leaves nothing behind', async ([args, reason]) => {
    const dataDir = join(temporaryFolder(), 'data');
    const { code, stdout, stderr } = await countersign(['init', '--data-dir', dataDir, ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('a value that cannot be read is told in one line', async () => {
    const args = ['init', '--data-dir', '/nowhere', '--authorization-window', '7 days'];
    const { code, stdout, stderr } = await countersign(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^countersign: option '--authorization-window[^\n]+like P7D\.\n$/);
  });

  test('a folder that holds other things is refused, an empty one is taken', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'notes.txt'), '');
    const init = (folder: string) => countersign(['init', '--data-dir', folder, ...TWO_MANAGERS, '--json']);
    expect(await init(dataDir)).toMatchObject({ code: 1, stderr: expect.stringContaining('not empty') });
    const empty = join(dataDir, 'empty');
    mkdirSync(empty, 0o755);
    expect(await init(empty)).toMatchObject({ code: 0 });
    expect(statSync(empty).mode & 0o777).toBe(0o700);
  });

  test('the passphrase of the environment protects the master key', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const init = ['init', '--data-dir', dataDir, ...TWO_MANAGERS];
    expect(await countersign(init, { COUNTERSIGN_PASSPHRASE: 'open sesame' })).toMatchObject({ code: 0 });
    const wrong = await countersign(['serve', '--port', '0', '--data-dir', dataDir], {
      COUNTERSIGN_PASSPHRASE: 'open barley',
    });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^countersign: the passphrase does not open [^\n]+\n$/);
  });
});
