import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outboxFolder } from '../../lib/adapters/file/mailer.ts';
import { outboxPages } from '../../lib/pages/outbox.ts';

const SECRET = 'c2VzYW1lIG9wZW4sIHNlc2FtZSBvcGVu';
const HOST = '127.0.0.1:8080';
const LINK = 'https://keys.example.com/decide/abcdefghijklmnopqrstuvwxyz';

const path = mkdtempSync(join(tmpdir(), 'countersign-outbox-'));
afterAll(() => rmSync(path, { recursive: true }));
const folder = outboxFolder(path);
const app = outboxPages(folder, { secret: SECRET, allowedHosts: [HOST, 'localhost:8080'] });

const ask = (url: string, host = HOST, method = 'GET') => app.request(url, { method, headers: { host } });

beforeAll(async () => {
  const text = `Look:\n${LINK}\n\nReason: https://evil.example/\n<script>alert(1)</script>\n`;
  await folder.send({
    messageId: '<1@countersign.test>',
    to: 'mara@example.com',
    subject: 'Approve <b>“schlüssel”</b>',
    text,
    html: '<p>the HTML part</p><script>alert(2)</script>',
    sending: { instanceId: 'instance', mailId: 'mail', attempt: 1 },
  });
});

describe('the outbox', () => {
  it('lists the mails, and shows each with its link', async () => {
    const list = await ask(`/outbox/${SECRET}`);
    expect(list.status).toBe(200);
    const page = await list.text();
    expect(page).toContain('Approve &lt;b&gt;“schlüssel”&lt;/b&gt;');
    expect(page).toContain('mara@example.com');
    const href = /<a href="([^"]+\.eml)"/.exec(page)?.[1] ?? '';
    const mail = await ask(new URL(href, `http://${HOST}/outbox/${SECRET}`).pathname);
    const shown = await mail.text();
    expect(shown).toContain(`<a href="${LINK}">${LINK}</a>`);
    const back = /<a href="([^"]+)">Back/.exec(shown)?.[1] ?? '';
    expect(new URL(back, `http://${HOST}/outbox/${SECRET}/x.eml`).pathname).toBe(`/outbox/${SECRET}`);
  });

  it('makes a link of a line that is one, and of nothing else in a mail', async () => {
    const [mail] = await folder.list(1);
    const shown = await (await ask(`/outbox/${SECRET}/${mail?.file}`)).text();
    expect(shown).toContain('Reason: https://evil.example/\n');
    expect(shown).not.toContain('href="https://evil.example');
    expect(shown).not.toContain('<script');
    expect(shown).not.toContain('the HTML part');
  });

  it.each([
    ['another secret', `/outbox/${SECRET}x`, HOST],
    ['no secret', '/outbox/', HOST],
    ['an empty secret', '/outbox//x.eml', HOST],
    ['a mail that is not there', `/outbox/${SECRET}/${'0'.repeat(64)}.eml`, HOST],
    ['a file elsewhere', `/outbox/${SECRET}/..%2f..%2fmaster.key`, HOST],
    ['more than a mail', `/outbox/${SECRET}/a/b`, HOST],
    ['another host', `/outbox/${SECRET}`, 'evil.example:8080'],
    ['another port', `/outbox/${SECRET}`, '127.0.0.1:9090'],
    ['no host', `/outbox/${SECRET}`, ''],
  ])('finds nothing for %s', async (_, url, host) => {
    const response = await ask(url, host);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('mara@example.com');
  });

  it('takes the host in any case, and answers GET and HEAD alone', async () => {
    expect((await ask(`/outbox/${SECRET}`, 'LocalHost:8080')).status).toBe(200);
    expect((await ask(`/outbox/${SECRET}`, HOST, 'HEAD')).status).toBe(200);
    expect((await ask(`/outbox/${SECRET}`, HOST, 'POST')).status).toBe(404);
  });

  it('forbids scripts and lets nobody keep it, also where there is nothing', async () => {
    for (const url of [`/outbox/${SECRET}`, '/outbox/x', '/outbox/x/y']) {
      const { headers } = await ask(url);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});
