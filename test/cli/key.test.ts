import { describe, expect, test } from 'vitest';
import { as, authorizedKey, call, countersign, install, startServer } from './command.ts';
import { oneServer } from './one-server.ts';

// Each test has a key of its own.
const served = oneServer();
const { caller, done, refused } = served;

describe('countersign key', () => {
  test('two people delete a key, and its history tells who did what', async () => {
    const id = /^id +(\S+)$/m.exec(await done('will', 'key', 'create', 'Payroll', '--alias', 'payroll'))?.[1];
    if (id === undefined) throw new Error('no id was shown');
    expect(await done('rita', 'key', 'list')).toMatch(new RegExp(`^${id} +Payroll +payroll +active `, 'm'));
    expect(await done('rita', 'key', 'list', '--search', 'alias:PAY', '--sort', '-id')).toContain(id);
    const none = ['--filter', 'extractable=true state=1', '--key-ring', 'default'];
    expect(await done('rita', 'key', 'list', ...none)).toBe('There are no keys.\n');
    const words = ['--reason', 'überholt 旧'];
    const preview = await done('will', 'key', 'authorize', 'payroll', '--dry-run', ...words);
    expect(preview).toContain(`version ${id}`);
    expect(preview).toContain('Nothing stands against it.');
    expect(await done('rita', 'key', 'show', 'payroll')).toContain('not authorized');
    const asked = await done('will', 'key', 'authorize', 'payroll', ...words);
    expect(asked).toMatch(/^reason +überholt 旧$/m);

    expect(await refused('mia', 'key', 'approve', 'payroll')).toContain('--confirm');
    expect(await refused('mia', 'key', 'approve', 'payroll', '--confirm', 'xxxxxx')).toContain('last 6');
    const approved = await done('mia', 'key', 'approve', 'payroll', '--confirm', id.slice(-6).toUpperCase());
    expect(approved).toContain(`version ${id}`);
    expect(approved).toContain('Whatever it encrypts becomes inaccessible.');
    expect(approved).toMatch(/Payroll is gone: destroyed \d{4}-/);

    const told = await done('rita', 'history', 'payroll');
    expect(told).toMatch(/will@example\.com +authorized its deletion, reason: überholt 旧/);
    expect(told).toMatch(/mia@example\.com +approved the deletion, through: api/);
    expect(told).toMatch(/TaskStateEntered +AwaitApproval/);
    const { events, executions } = JSON.parse(await done('rita', 'history', 'payroll', '--json'));
    expect(events.map(({ action }: { action: string }) => action)).toContain('kms.secrets.delete');
    expect(executions).toMatchObject([{ status: 'SUCCEEDED' }]);
  });

  test('one person alone is told the reason and its code, and the key stays', async () => {
    const id = await authorizedKey('alone', caller('mia'));
    const told = await refused('mia', 'key', 'approve', 'alone', '--confirm', id.slice(-6));
    expect(told).toMatch(/different person.*\(AUTHORIZATIONS_NOT_MET\)$/m);
    expect(await done('mia', 'key', 'show', 'alone')).toMatch(/^state +active$/m);
  });

  test('a denial ends an authorization, and is shown with its note', async () => {
    await authorizedKey('denied', caller('will'));
    await done('max', 'key', 'deny', 'denied', '--note', 'noch benötigt');
    expect(await done('rita', 'key', 'show', 'denied')).toMatch(
      /^authorization +denied\n[\s\S]*^note +noch benötigt$/m,
    );
  });

  test('a withdrawal ends an authorization, and nothing is left to approve', async () => {
    const id = await authorizedKey('kept', caller('will'));
    await done('will', 'key', 'withdraw', 'kept', '--note', 'my mistake');
    expect(await refused('mia', 'key', 'approve', 'kept', '--confirm', id.slice(-6))).toContain('withdrawn');
  });

  test('a destroyed key is restored and purged by those who may, when they may, and after a question', async () => {
    const id = await authorizedKey('ended', caller('will'));
    await done('mia', 'key', 'approve', 'ended', '--confirm', id.slice(-6));
    expect(await refused('mia', 'key', 'restore', 'ended')).toContain('(REQ_TOO_EARLY_ERR)');
    expect(await refused('mia', 'key', 'purge', 'ended')).toContain('nobody is there to confirm it');
    expect(await refused('mia', 'key', 'purge', 'ended', '--confirm', 'other')).toContain(
      'nothing was purged',
    );
    const added = await done('mia', 'person', 'add', 'pat@example.com', '--role', 'KeyPurge');
    const [, waits = ''] = /change-request approve ([0-9a-f-]{36})/.exec(added) ?? [];
    const shown = await done('max', 'change-request', 'show', waits);
    const [, digest = ''] = /^digest +([0-9a-f]{64})$/m.exec(shown) ?? [];
    await done('max', 'change-request', 'approve', waits, '--digest', digest);
    const apiKeys = { 'pat@example.com': /cs_[\w-]{43}/.exec(added)?.[0] ?? '' };
    const pat = as('pat@example.com', served.server, { ...served.installed, apiKeys });
    const purge = await countersign(['key', 'purge', 'ended', '--confirm', 'ended'], pat);
    expect(purge).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Purge operation is allowed 4h0m0s'),
    });
  });

  test('a closed window is asked for again', async () => {
    const brief = await install(1);
    const url = { url: (await startServer(['--data-dir', brief.dataDir])).url };
    const will = { email: 'will@example.com', server: url, installed: brief };
    await authorizedKey('brief', will);
    const status = async () => {
      const answer = await call('GET /countersign/v1/keys/brief/authorization', will);
      return (await answer.text()).includes('"lapsed"');
    };
    await expect.poll(status, { timeout: 10_000 }).toBe(true);
    const { code, stdout } = await countersign(['key', 'reauthorize', 'brief'], as(will.email, url, brief));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^authorization +pending, round 2\nasked by +will@example\.com/);
  });
});

describe('countersign person', () => {
  test('a Manager adds somebody, whose API key is shown, and removes them', async () => {
    const added = await done(
      'mia',
      'person',
      'add',
      'dan@example.com',
      '--role',
      'writer',
      '--role',
      'Reader',
    );
    const dan = { ...served.installed, apiKeys: { dan: /cs_[\w-]{43}/.exec(added)?.[0] ?? '' } };
    const listed = () => call('GET /api/v2/keys', { email: 'dan', server: served.server, installed: dan });
    expect((await listed()).status).toBe(200);
    expect(await done('mia', 'person', 'list')).toMatch(/^dan@example\.com +Reader, Writer +active/m);
    expect(await done('mia', 'person', 'send-key', 'dan@example.com')).toContain(
      'on its way to dan@example.com',
    );
    await done('mia', 'person', 'remove', 'dan@example.com');
    expect((await listed()).status).toBe(401);
    expect(await refused('mia', 'person', 'remove', 'max@example.com')).toContain('(LAST_MANAGERS_ERR)');
  });

  test('roles on one key, a service with an owner, and API keys are given and taken', async () => {
    await done('mia', 'key', 'create', 'Guarded', '--alias', 'guarded');
    const set = await done('mia', 'person', 'set', 'will@example.com', '--add-role', 'Reader@key:guarded');
    expect(set).toMatch(/^will@example\.com is active: Writer, Reader@key:[0-9a-f-]{36}\./);
    const service = ['service', 'add', 'nightly', '--owner', 'will@example.com', '--role', 'Reader'];
    expect(await done('mia', ...service)).toContain('countersign person key create --of "nightly"');
    const made = await done('will', 'person', 'key', 'create', '--of', 'nightly');
    const [, id = ''] = /^API key ([0-9a-f]{16}),/.exec(made) ?? [];
    const nightly = { ...served.installed, apiKeys: { nightly: /cs_[\w-]{43}/.exec(made)?.[0] ?? '' } };
    const listed = () =>
      call('GET /api/v2/keys', { email: 'nightly', server: served.server, installed: nightly });
    expect((await listed()).status).toBe(200);
    await done('mia', 'person', 'key', 'revoke', id, '--of', 'nightly');
    expect((await listed()).status).toBe(401);
    expect(await done('mia', 'person', 'list')).toMatch(
      /^nightly \(service of will@example\.com\) +Reader +active/m,
    );
    expect(await refused('mia', 'person', 'set', 'will@example.com')).toContain('what is to change?');
  });
});

test('countersign mail lists what could not be delivered, and refuses to resend what is not among it', async () => {
  expect(await done('mia', 'mail', 'list')).toContain('No mail is undelivered.');
  expect(await done('mia', 'mail', 'list', '--status', 'due', '--json')).toBe('[]\n');
  const id = `1-${'0'.repeat(36)}`;
  expect(await refused('mia', 'mail', 'resend', id)).toContain('(MAIL_NOT_FOUND_ERR)');
  expect(await refused('will', 'mail', 'list')).toContain('(ROLE_MISSING_ERR)');
});
