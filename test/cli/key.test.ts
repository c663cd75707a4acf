import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  as,
  authorizedKey,
  type Caller,
  call,
  countersign,
  type Installed,
  install,
  type Outcome,
  type RunningServer,
  startServer,
} from './command.ts';

// One server for the file; each test has a key of its own.
let installed: Installed;
let server: RunningServer;
const leftOver: (() => void)[] = [];
beforeAll(async () => {
  const atEnd = (work: () => void) => leftOver.push(work);
  installed = await install(undefined, atEnd);
  server = await startServer(['--data-dir', installed.dataDir], atEnd);
});
afterAll(() => {
  for (const work of leftOver.reverse()) work();
});

const by = (name: string, ...args: readonly string[]): Promise<Outcome> =>
  countersign(args, as(`${name}@example.com`, server, installed));

async function done(name: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await by(name, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(name: string, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await by(name, ...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
  return stderr;
}

const caller = (name: string): Caller => ({ email: `${name}@example.com`, server, installed });

describe('countersign key', () => {
  test('two people delete a key, and its history tells who did what', async () => {
    const id = /^id +(\S+)$/m.exec(await done('will', 'key', 'create', 'Payroll', '--alias', 'payroll'))?.[1];
    if (id === undefined) throw new Error('no id was shown');
    expect(await done('rita', 'key', 'list')).toMatch(new RegExp(`^${id} +Payroll +payroll +active `, 'm'));
    const asked = await done('will', 'key', 'authorize', 'payroll', '--reason', 'überholt 旧');
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
    const dan = { ...installed, apiKeys: { dan: /cs_[\w-]{43}/.exec(added)?.[0] ?? '' } };
    const listed = () => call('GET /api/v2/keys', { email: 'dan', server, installed: dan });
    expect((await listed()).status).toBe(200);
    expect(await done('mia', 'person', 'list')).toMatch(/^dan@example\.com +Reader, Writer +active/m);
    await done('mia', 'person', 'remove', 'dan@example.com');
    expect((await listed()).status).toBe(401);
    expect(await refused('mia', 'person', 'remove', 'max@example.com')).toContain('(LAST_MANAGERS_ERR)');
  });
});
