import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { startReceiver } from '../adapters/webhook/receiver.ts';
import { parseOpenMetrics } from '../support/openmetrics.ts';
import { as, begun, type Caller, call, countersign, createdKey, install, startServer } from './command.ts';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

function secretFile(dataDir: string): string {
  const path = join(dirname(dataDir), 'webhook-secret');
  writeFileSync(path, `${SECRET}\n`, { mode: 0o600 });
  return path;
}

/** The events in a file, each once: one that was killed before it had kept its position writes some again. */
function actionsIn(path: string): readonly string[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const events = lines.map((line) => JSON.parse(line) as { id: string; action: string });
  return [...new Map(events.map(({ id, action }) => [id, action])).values()];
}

const CREATED = ['countersign.instance.create', 'kms.secrets.create'];
const DELETED = ['kms.secrets.setkeyfordeletion', 'countersign.authorization.approve', 'kms.secrets.delete'];

test('a server that is killed while a receiver is silent delivers everything after its restart, in order', async () => {
  const installed = await install();
  const file = join(dirname(installed.dataDir), 'events.jsonl');
  const receiver = await startReceiver();
  // It gets the first event and never says that it has.
  receiver.answer = () => {};
  const args = ['--data-dir', installed.dataDir, '--events', `file:${file}`, '--events', receiver.url];
  const serve = [...args, '--webhook-secret-file', secretFile(installed.dataDir), '--metrics-listen', '0'];
  const first = await startServer(serve);
  const will: Caller = { email: 'will@example.com', installed, server: first };
  await createdKey('payroll', will);
  expect((await call('POST /api/v2/keys/payroll/actions/setKeyForDeletion', will)).status).toBe(204);
  expect((await call('DELETE /api/v2/keys/payroll', { ...will, email: 'mia@example.com' })).status).toBe(204);
  // The silent receiver has held up neither the deletion nor the file.
  await expect.poll(() => actionsIn(file)).toEqual([...CREATED, ...DELETED]);
  await receiver.has(1);
  await first.stop('SIGKILL');

  receiver.answer = (response) => void response.writeHead(200).end();
  const second = await startServer(serve);
  await receiver.has(6);
  const payloads = receiver.received.map(({ headers, body }) =>
    new Webhook(SECRET).verify(body, headers as Record<string, string>),
  ) as { type: string; data: { id: string } }[];
  expect(payloads.map(({ type }) => type)).toEqual([CREATED[0], ...CREATED, ...DELETED]);
  // What came twice can be told by its id.
  expect(receiver.received[0]?.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id']);
  expect(new Set(payloads.map(({ data }) => data.id)).size).toBe(5);
  expect(actionsIn(file)).toEqual([...CREATED, ...DELETED]);

  const status = async () =>
    (await countersign(['events', 'status', '--data-dir', installed.dataDir, '--json'])).stdout;
  const sinks = async () => JSON.parse(await status()) as { name: string; state: string; lag: number }[];
  // What the receiver has answered last is on record a moment later.
  await expect
    .poll(async () => (await sinks()).map(({ state, lag }) => [state, lag]))
    .toEqual([
      ['up-to-date', 0],
      ['up-to-date', 0],
    ]);
  const metrics = /^Metrics: (\S+)$/m.exec(second.stdout)?.[1] ?? '';
  const families = parseOpenMetrics(await (await fetch(metrics)).text());
  expect(families.get('countersign_events_sink_lag')?.samples.map(({ value }) => value)).toEqual([0, 0]);
  const told = await status();
  const { stderr, stdout } = await second.stop();
  for (const hidden of [SECRET, 'key=hidden']) expect(`${stdout}${stderr}${told}`).not.toContain(hidden);
});

test('a receiver that wants no more is left alone until it is resumed, and events can be read off the API', async () => {
  const installed = await install();
  const receiver = await startReceiver();
  receiver.answer = (response) => void response.writeHead(410).end();
  const { dataDir, instanceId, apiKeys } = installed;
  const sink = ['--events', receiver.url, '--webhook-secret-file', secretFile(dataDir)];
  const server = await startServer(['--data-dir', dataDir, ...sink]);
  await receiver.has(1);
  const status = async () => (await countersign(['events', 'status', '--data-dir', dataDir])).stdout;
  await expect.poll(status, { timeout: 15_000 }).toContain('410 Gone at');
  receiver.answer = (response) => void response.writeHead(200).end();
  const [name = ''] = /^http:\S+/m.exec(await status()) ?? [];
  const resumed = await countersign(['events', 'resume', name, '--data-dir', dataDir]);
  expect(resumed.code).toBe(0);
  await receiver.has(2);
  const wrong = await countersign(['events', 'resume', 'nobody', '--data-dir', dataDir]);
  expect([wrong.code, wrong.stderr]).toEqual([1, `countersign: there is no sink nobody: ${name}\n`]);

  const environment = {
    COUNTERSIGN_URL: server.url,
    COUNTERSIGN_INSTANCE: instanceId,
    COUNTERSIGN_API_KEY: apiKeys['rita@example.com'] ?? '',
  };
  const tail = await countersign(['events', 'tail', '--json'], environment);
  expect(tail.stdout.split('\n').filter(Boolean)).toHaveLength(1);
  expect(JSON.parse(tail.stdout)).toMatchObject({ action: 'countersign.instance.create' });
  const [, cursor = ''] = /^To go on: countersign events tail --from (\S+-1)\n$/.exec(tail.stderr) ?? [];
  const later = await countersign(['events', 'tail', '--from', cursor], environment);
  expect([later.code, later.stdout, later.stderr]).toEqual([0, '', tail.stderr]);
});

test('whoever follows the events is told where to go on, when they interrupt it and when the server is gone', async () => {
  const installed = await install();
  const server = await startServer(['--data-dir', installed.dataDir]);
  const rita = as('rita@example.com', server, installed);
  const follow = () => begun(['events', 'tail', '--follow', '--json'], rita);
  const [first, second] = [follow(), follow()];
  await expect.poll(() => first.stdout() && second.stdout(), { timeout: 15_000 }).toContain('\n');
  const interrupted = await first.stop('SIGINT');
  const told = /^To go on: countersign events tail --from \S+-1\n/;
  expect(interrupted).toMatchObject({ code: 0, stderr: expect.stringMatching(told) });
  const gone = second.ended();
  await server.stop('SIGKILL');
  const { code, stderr } = await gone;
  expect(code).toBe(1);
  expect(stderr).toMatch(told);
});

test('whoever had read further than a backup that is restored misses nothing of what comes then, and is told', async () => {
  const installed = await install();
  const { dataDir } = installed;
  const backup = join(dirname(dataDir), 'backup.db');
  expect((await countersign(['backup', '--data-dir', dataDir, '-o', backup])).code).toBe(0);
  const read = async (alias: string, ...from: readonly string[]) => {
    const server = await startServer(['--data-dir', dataDir]);
    await createdKey(alias, { email: 'will@example.com', server, installed });
    const rita = as('rita@example.com', server, installed);
    const tail = await countersign(['events', 'tail', '--json', ...from], rita);
    await server.stop();
    const events = tail.stdout.split('\n').filter(Boolean);
    const [, cursor = ''] = /--from (\S+)\n$/.exec(tail.stderr) ?? [];
    return { ...tail, cursor, ids: events.map((line) => (JSON.parse(line) as { id: string }).id) };
  };
  const before = await read('lost');
  expect((await countersign(['restore', backup, '--data-dir', dataDir, '--force'])).code).toBe(0);
  // It stands where the one stood that is lost.
  const after = await read('kept', '--from', before.cursor);
  expect(after.code).toBe(0);
  expect(after.stderr).toMatch(/^A backup was restored since: /);
  expect(before.ids).toHaveLength(2);
  expect(after.ids).toHaveLength(1);
  expect(before.ids).not.toContain(after.ids[0]);
});
