import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { webhookSink } from '../../../lib/adapters/webhook/event-sink.ts';
import { parseSecrets, signatureOf } from '../../../lib/adapters/webhook/signature.ts';
import { PERMANENT_ERROR, TRANSIENT_ERROR } from '../../../lib/domain/errors.ts';
import { startReceiver } from './receiver.ts';

const secretText = () => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = secretText();
const secrets = parseSecrets(SECRET);
const clock = { now: () => Date.now() };

const EVENT = {
  id: '349a836d-ec27-8945-9bc5-6842b70b007c',
  action: 'kms.secrets.delete',
  at: '2026-03-01T12:00:00.000Z',
  json: '{"action":"kms.secrets.delete","reason":"Zürich"}',
};

/** Where nobody listens any more. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** What the field's own library makes of what was received; throws when it does not verify. */
const verified = (secret: string, { headers, body }: { headers: object; body: string }) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

describe('a webhook', () => {
  test('is posted one event at a time, as the library of Standard Webhooks verifies it', async () => {
    const receiver = await startReceiver();
    const sink = webhookSink({ url: receiver.url, secrets, clock });
    expect(await sink.deliver([EVENT])).toBe('taken');
    const [received] = receiver.received;
    expect(received && verified(SECRET, received)).toEqual({
      type: EVENT.action,
      timestamp: EVENT.at,
      data: JSON.parse(EVENT.json),
    });
    expect(received?.headers).toMatchObject({ 'webhook-id': EVENT.id, 'content-type': 'application/json' });
    expect(sink.batch).toBe(1);
    expect(() => verified(secretText(), received ?? { headers: {}, body: '' })).toThrow(
      'No matching signature',
    );
  });

  test('is signed with both secrets while they are changed', async () => {
    const receiver = await startReceiver();
    const newer = secretText();
    const both = parseSecrets(`${newer}\n${SECRET}\n`);
    await webhookSink({ url: receiver.url, secrets: both, clock }).deliver([EVENT]);
    for (const secret of [SECRET, newer]) {
      expect(receiver.received[0] && verified(secret, receiver.received[0])).toBeTruthy();
    }
  });

  test.each([
    [200, 'taken'],
    [299, 'taken'],
    [410, 'gone'],
  ] as const)('that is answered with %d is %s', async (status, outcome) => {
    const receiver = await startReceiver();
    receiver.answer = (response) => void response.writeHead(status).end('x'.repeat(10_000));
    expect(await webhookSink({ url: receiver.url, secrets, clock }).deliver([EVENT])).toBe(outcome);
  });

  test.each([400, 401, 404, 429, 500, 503])('that is answered with %d comes again', async (status) => {
    const receiver = await startReceiver();
    receiver.answer = (response) => void response.writeHead(status).end();
    await expect(webhookSink({ url: receiver.url, secrets, clock }).deliver([EVENT])).rejects.toMatchObject({
      name: TRANSIENT_ERROR,
      message: `the receiver answered ${status}`,
    });
    expect(receiver.received).toHaveLength(1);
  });

  test('follows no redirect', async () => {
    const elsewhere = await startReceiver();
    const receiver = await startReceiver();
    receiver.answer = (response) => void response.writeHead(307, { location: elsewhere.url }).end();
    await expect(webhookSink({ url: receiver.url, secrets, clock }).deliver([EVENT])).rejects.toMatchObject({
      name: TRANSIENT_ERROR,
    });
    expect(elsewhere.received).toHaveLength(0);
  });

  test('whose receiver is silent, or not there, comes again, and what is told of it holds no secret', async () => {
    const receiver = await startReceiver();
    receiver.answer = () => {};
    const silent = webhookSink({ url: receiver.url, secrets, clock, timeout: 50 });
    const late = await silent.deliver([EVENT]).catch((error: Error) => error.message);
    expect(late).toBe('the receiver did not answer within 0.05 seconds');
    const nowhere = webhookSink({ url: `${await closedPort()}/hook?key=hidden`, secrets, clock });
    const gone = await nowhere.deliver([EVENT]).catch((error: Error) => error.message);
    expect(gone).toBe('the receiver cannot be reached: ECONNREFUSED');
    expect(`${silent.name} ${nowhere.name}`).not.toContain('hidden');
    expect(nowhere.name).toMatch(/^http:\/\/127\.0\.0\.1:\d+#[0-9a-f]{8}$/);
  });

  test.each([
    'http://siem.example.com/hook',
    'http://10.0.0.1/hook',
    'http://127.0.0.1.example.com/',
    'http://169.254.169.254/latest',
    'https://user:password@siem.example.com/',
    'ftp://127.0.0.1/',
    'nonsense',
  ])('does not go to %s', (url) => {
    const refused = expect.objectContaining({ name: PERMANENT_ERROR });
    expect(() => webhookSink({ url, secrets, clock })).toThrow(refused);
  });

  test.each(['https://siem.example.com/', 'http://127.0.0.1:8080/', 'http://[::1]/', 'http://localhost/'])(
    'may go to %s',
    (url) => {
      expect(webhookSink({ url, secrets, clock }).name).toContain(new URL(url).origin);
    },
  );
});

describe('a secret', () => {
  test('signs as the specification shows it', () => {
    const [secret] = parseSecrets('whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD');
    const message = { id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk', timestamp: 1_649_367_553 };
    const body = '{"email":"test@example.com","username":"test_user"}';
    expect(signatureOf(secret === undefined ? [] : [secret], { ...message, body })).toBe(
      'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    );
  });

  test.each([
    '',
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${'A'.repeat(100)}`,
    'C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whsec_!!',
  ])('is not %j, and is not shown', (text) => {
    const refused = (() => {
      try {
        return String(parseSecrets(text).length);
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    })();
    expect(refused).toMatch(/webhook secret/);
    if (text.length > 6) expect(refused).not.toContain(text.slice(6));
  });
});
