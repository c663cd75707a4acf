import { describe, expect, test } from 'vitest';
import { countersign, install, type Outcome } from './command.ts';
import { oneServer } from './one-server.ts';

const served = oneServer();
const by = (name: string, ...args: readonly string[]): Promise<Outcome> =>
  served.by(name, 'instance', ...args);

async function done(running: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await running;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(running: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await running;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
  return stderr;
}

const inFolder = (...args: readonly string[]): Promise<Outcome> =>
  countersign(['instance', ...args, '--data-dir', served.installed.dataDir]);

const TWO_MANAGERS = ['--manager', 'ann@example.com', '--manager', 'bob@example.com'];

describe('countersign instance', () => {
  test('set changes settings and policies, keeps what it does not name, and show tells them', async () => {
    const windows = ['--restore-window', 'P60D', '--approval-needs-credential', 'on'];
    const policies = ['--rotation', '6', '--import-standard-keys', 'off', '--allowed-ip', '127.0.0.0/8'];
    const told = await done(by('mia', 'set', '--name', 'Payments', ...windows, ...policies));
    expect(told).toMatch(/^instance +Payments$/m);
    expect(told).toMatch(/^restore window +P60D \(60 days\)$/m);
    expect(told).toMatch(/^approving by link +with the API key/m);
    expect(told).toMatch(/^rotation +every 6 months/m);
    expect(told).toMatch(/^allowed addresses +127\.0\.0\.0\/8$/m);
    await done(by('mia', 'set', '--import-needs-token', 'on', '--allowed-ip', 'off'));
    const shown = JSON.parse(await done(by('max', 'show', '--json')));
    expect(shown).toMatchObject({ name: 'Payments', restoreWindow: 'P60D' });
    const datas = Object.fromEntries(
      shown.policies.map((one: { policy_type: string; policy_data: object }) => [
        one.policy_type,
        one.policy_data,
      ]),
    );
    expect(datas).toMatchObject({
      dualAuthDelete: { enabled: true },
      allowedIP: { enabled: false },
      keyCreateImportAccess: {
        enabled: true,
        attributes: { import_standard_key: false, enforce_token: true },
      },
    });
  });

  test('set says what was done when the rest is refused', async () => {
    const allowed = ['--allowed-ip', '192.0.2.0/24'];
    const half = await refused(by('mia', 'set', '--restore-window', 'P90D', ...allowed));
    expect(half).toMatch(/the settings are changed, the policies are not changed: .*127\.0\.0\.1/);
    const waits = await refused(by('mia', 'set', '--restore-window', 'P9D', ...allowed));
    expect(waits).toMatch(/wait for a second Manager \(change request [0-9a-f-]{36}\), the policies are not/);
  });

  test('add makes another instance while the server runs, whose people are known at once', async () => {
    const made = JSON.parse(await done(inFolder('add', 'Second', ...TWO_MANAGERS, '--json')));
    expect(made.people).toMatchObject([
      { email: 'ann@example.com', roles: ['Manager'] },
      { email: 'bob@example.com', roles: ['Manager'] },
    ]);
    const headers = (instance: string) => ({
      authorization: `Bearer ${made.people[0].apiKey}`,
      'bluemix-instance': instance,
    });
    const read = (instance: string) =>
      fetch(`${served.server.url}/countersign/v1/instance`, { headers: headers(instance) });
    expect(await (await read(made.instanceId)).json()).toMatchObject({ name: 'Second', trial: false });
    // Nobody of the one is anybody in the other.
    expect((await read(served.installed.instanceId)).status).toBe(403);
  });
});

describe('countersign instance without a server', () => {
  test('adds and lists in the folder itself', async () => {
    const { dataDir, instanceId } = await install();
    const here = (...args: readonly string[]) => countersign(['instance', ...args, '--data-dir', dataDir]);
    const added = await done(here('add', 'Second', ...TWO_MANAGERS, '--authorization-window', 'P1D'));
    expect(added).toContain('the second within 1 day');
    expect(added).toMatch(/ann@example\.com +Manager +cs_/);
    const listed = await done(here('list'));
    expect(listed).toMatch(new RegExp(`^${instanceId} +test +\\d{4}-\\d\\d-\\d\\d +on$`, 'm'));
    expect(listed).toContain('Second');
  });
});
