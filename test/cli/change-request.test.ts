import { describe, expect, test } from 'vitest';
import { countersign } from './command.ts';
import { oneServer } from './one-server.ts';

const served = oneServer();
const { done, refused } = served;

const idIn = (text: string): string => /change-request approve ([0-9a-f-]{36})/.exec(text)?.[1] ?? 'none';

describe('countersign change-request', () => {
  test('a new Manager waits for a second one, who sees what changes and approves what was shown', async () => {
    const reason = ['--reason', 'takes over from Max'];
    const added = await done('mia', 'person', 'add', 'dan@example.com', '--role', 'Manager', ...reason);
    expect(added).toMatch(/^dan@example.com: no role\. Their API key/);
    expect(added).toMatch(/This waits for a second Manager:\n {2}Roles: none -> Manager\n/);
    const id = idIn(added);
    expect(await done('max', 'change-request', 'list', '--status', 'pending')).toMatch(
      new RegExp(`^${id} +pending +dan@example\\.com +Roles: Manager;.* mia@example\\.com`, 'm'),
    );
    const shown = await done('max', 'change-request', 'show', id);
    expect(shown).toMatch(/^Roles +none -> Manager$/m);
    expect(shown).toMatch(/^because +takes over from Max$/m);
    expect(await refused('mia', 'change-request', 'approve', id, '--digest', 'x')).toContain(
      'A different person',
    );
    expect(await refused('max', 'change-request', 'approve', id)).toContain('nobody is there to confirm it');
    const [, digest = ''] = /^digest +([0-9a-f]{64})$/m.exec(shown) ?? [];
    expect(await done('max', 'change-request', 'approve', id, '--digest', digest)).toBe(
      'Approved and done: change of dan@example.com.\n',
    );
    expect(await done('mia', 'person', 'list')).toMatch(/^dan@example\.com +Manager +active/m);
  });

  test('a setting that weakens waits, and is denied and withdrawn by one', async () => {
    const set = await done('mia', 'instance', 'set', '--service-approvals', 'on');
    expect(set).toMatch(/^services approve +no$/m);
    expect(set).toContain('Services approve: no -> yes');
    expect(await done('max', 'change-request', 'deny', idIn(set), '--note', 'not agreed')).toContain(
      'is denied',
    );
    const again = JSON.parse(await done('mia', 'instance', 'set', '--service-approvals', 'on', '--json'));
    expect(again.serviceApprovals).toBe(false);
    expect(await done('mia', 'change-request', 'withdraw', again.changeRequest.id)).toContain('is withdrawn');
    expect(await refused('max', 'change-request', 'approve', again.changeRequest.id)).toContain(
      'the change request is withdrawn',
    );
    expect(await refused('rita', 'change-request', 'list')).toContain('(ROLE_MISSING_ERR)');
    const all = JSON.parse(await done('max', 'change-request', 'list', '--json'));
    expect(all.map((one: { status: string }) => one.status)).toEqual(
      expect.arrayContaining(['withdrawn', 'denied']),
    );
  });

  test('whoever owns the folder adds a Manager while the server runs, which the Managers are mailed', async () => {
    const folder = ['--data-dir', served.installed.dataDir, '--instance', served.installed.instanceId];
    const added = await countersign(['person', 'add', 'eve@example.com', '--role', 'Manager', ...folder]);
    expect(added.stderr).toBe('');
    expect(added.stdout).toMatch(/^eve@example\.com is Manager: every Manager is mailed.*cs_[\w-]{43}/s);
    const again = await countersign([
      'person',
      'add',
      'rita@example.com',
      '--role',
      'Writer',
      ...folder,
      '--json',
    ]);
    expect(JSON.parse(again.stdout)).toEqual({ added: 'rita@example.com', roles: ['Reader', 'Writer'] });
    const part = await countersign(['person', 'add', 'x@example.com', '--role', 'Manager@ring:a', ...folder]);
    expect(part.stderr).toContain('to the whole instance alone');
    const nowhere = await countersign([
      'person',
      'add',
      'x@example.com',
      '--role',
      'Manager',
      ...folder.slice(0, 2),
    ]);
    expect(nowhere.stderr).toContain('which instance?');
  });
});
