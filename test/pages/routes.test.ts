import { describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import type { RefusalCode } from '../../lib/domain/refusal.ts';
import { pagesShowing, post } from './fake-links.ts';
import { TOKEN, viewOf } from './views.ts';

const PATH = `/decide/${TOKEN}`;
const pending = viewOf('pending');
const FIELDS = {
  decision: 'approve',
  round: '1',
  manifestDigest: pending.authorization.manifestDigest,
  confirm: '4e1a6f',
};

describe('the headers of every answer', () => {
  const { app } = pagesShowing(pending);
  const broken = pagesShowing(pending, { fail: new Error('database /secret/path') }).app;

  it.each([
    ['the page', () => app.request(PATH)],
    ['HEAD', () => app.request(PATH, { method: 'HEAD' })],
    ['OPTIONS', () => app.request(PATH, { method: 'OPTIONS' })],
    ['an unknown link', () => app.request('/decide/unknown')],
    ['a decision', () => post(app, PATH, FIELDS)],
    ['a form that is not complete', () => post(app, PATH, {})],
    ['a form that is too large', () => post(app, PATH, { ...FIELDS, note: 'x'.repeat(20_000) })],
    ['what is no form', () => app.request(PATH, { method: 'POST', body: '{}' })],
    ['another method', () => app.request(PATH, { method: 'DELETE' })],
    ['a failure', () => broken.request(PATH)],
  ])('%s forbids scripts, frames, referrers and caches', async (_, ask) => {
    const { headers } = await ask();
    const policy = headers.get('content-security-policy');
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-robots-tag')).toContain('noindex');
    expect(headers.get('set-cookie')).toBeNull();
  });
});

describe('opening a link', () => {
  it('shows what would be lost, who asks, why, when and until when', async () => {
    const { app } = pagesShowing(pending);
    const response = await app.request(PATH);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    const page = await response.text();
    const { manifest, manifestDigest } = pending.authorization;
    const { keyId, crn, name, aliases, versions } = manifest;
    const key = [keyId, crn, name, ...aliases, versions[0]?.id];
    const people = ['wendy@example.com', 'mara@example.com'];
    const times = ['Tue, 24 Nov 2026 21:40 UTC', 'Tue, 01 Dec 2026 21:40 UTC'];
    const why = [
      'Card vault was migrated',
      'OPS-1234',
      manifestDigest,
      'becomes inaccessible. A Manager can restore the key for 30 days',
    ];
    for (const said of [...key, ...people, ...times, ...why]) expect(page).toContain(said);
    expect(page).not.toContain('<script');
  });

  it('has one plain form with hidden fields, a text field and two buttons', async () => {
    const page = await (await pagesShowing(pending).app.request(PATH)).text();
    expect(page.match(/<form[^>]*>/g)).toEqual(['<form method="post" action="">']);
    expect(page).toContain('<input type="hidden" name="round" value="1">');
    expect(page).toContain(
      `<input type="hidden" name="manifestDigest" value="${pending.authorization.manifestDigest}">`,
    );
    expect(page).toMatch(/<input [^>]*type="text" id="confirm" name="confirm" required autocomplete="off"/);
    expect(page).toContain('<button type="submit" name="decision" value="deny">');
    expect(page).toContain('<button type="submit" name="decision" value="approve" class="danger">');
  });

  it('changes nothing, by whatever method but POST', async () => {
    const { app, calls } = pagesShowing(pending);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
      await app.request(`${PATH}?${new URLSearchParams(FIELDS).toString()}`, { method });
    }
    expect(calls).toEqual([]);
  });

  it('HEAD answers as GET without a body, OPTIONS names the methods, and others are refused', async () => {
    const { app } = pagesShowing(pending);
    const head = await app.request(PATH, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = await app.request(PATH, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    const put = await app.request(PATH, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
  });

  it('answers alike for a link that never was, a mistyped one, and one whose person is gone', async () => {
    const { app } = pagesShowing(pending);
    const answers = [];
    for (const token of [TOKEN.toLowerCase(), `${TOKEN}.`, 'x', '%00', '../etc/passwd']) {
      const response = await app.request(`/decide/${encodeURIComponent(token)}`);
      answers.push([response.status, await response.text()]);
    }
    const [first] = answers;
    expect(first?.[0]).toBe(404);
    for (const answer of answers) expect(answer).toEqual(first);
    expect(first?.[1]).not.toMatch(/expired|no longer|payments/i);
  });

  it('marks a trial instance on every page', async () => {
    for (const status of ['pending', 'lapsed', 'consumed'] as const) {
      const view = viewOf(status);
      const { app } = pagesShowing({ ...view, instance: { ...view.instance, trial: true } });
      expect(await (await app.request(PATH)).text()).toContain('Trial instance.');
    }
  });
});

describe('deciding', () => {
  it('hands over what was posted, and leads back to the same URL', async () => {
    const { app, calls } = pagesShowing(pending);
    const response = await post(app, PATH, {
      ...FIELDS,
      note: ' \u001b[1mtwo\r\nlines\u0000 ',
      utm_source: 'x',
    });
    expect(response.status).toBe(303);
    expect(new URL(response.headers.get('location') ?? '', `https://x.example/base${PATH}`).pathname).toBe(
      `/base${PATH}`,
    );
    const form = { ...FIELDS, round: 1, note: '[1mtwo lines' };
    expect(calls).toEqual([['decide', TOKEN, form]]);
  });

  it('a note of blanks alone is none', async () => {
    const { app, calls } = pagesShowing(pending);
    await post(app, PATH, { ...FIELDS, note: ' \r\n' });
    expect(calls).toEqual([['decide', TOKEN, { ...FIELDS, round: 1, note: undefined }]]);
  });

  it('an approval that is still being carried out leads to the page that says so', async () => {
    const { app } = pagesShowing(viewOf('approved'), { refuse: 'still-working' });
    expect((await post(app, PATH, FIELDS)).status).toBe(303);
    expect(await (await app.request(PATH)).text()).toContain('the key is being destroyed');
  });

  it('a wrong confirmation shows the form again with the note, and says what to mend', async () => {
    const { app } = pagesShowing(pending, { refuse: 'confirmation-mismatch' });
    const response = await post(app, PATH, { ...FIELDS, confirm: '000000', note: 'wait for <Bob>' });
    expect(response.status).toBe(422);
    const page = await response.text();
    expect(page).toContain('These are not the last 6 characters of the key id. Nothing was changed.');
    expect(page).toContain('wait for &lt;Bob&gt;</textarea>');
    expect(page).toContain('aria-invalid="true" autofocus');
    expect(page).toContain('<title>Error: ');
  });

  it.each<[RefusalCode, number, string]>([
    ['already-decided', 409, 'was approved by'],
    ['confirmation-mismatch', 409, 'was approved by'],
    ['window-closed', 410, 'was approved by'],
    ['own-request', 403, 'Somebody else must approve it'],
    ['grant-too-young', 403, 'You became Manager, or your address was changed, after'],
    ['requester-gone', 409, 'does not hold the role any more'],
    ['loss-changed', 409, 'has changed since'],
    ['conflict', 409, 'try again'],
  ])('a decision refused with %s is answered %i with the page as it is now', async (code, status, said) => {
    const { app } = pagesShowing(viewOf('consumed'), { refuse: code });
    const response = await post(app, PATH, FIELDS);
    expect(response.status).toBe(status);
    const page = await response.text();
    expect(page).toContain(said);
    expect(page).not.toContain('<form');
  });

  it.each([
    ['no decision', { ...FIELDS, decision: '' }],
    ['another decision', { ...FIELDS, decision: 'destroy' }],
    ['a round that is no number', { ...FIELDS, round: '1e3' }],
    ['a digest that is none', { ...FIELDS, manifestDigest: 'x' }],
    ['a note that is too long', { ...FIELDS, note: 'x'.repeat(501) }],
    ['no API key', { decision: 'reauthorize', round: '1' }],
  ])('a form with %s is refused', async (_, fields) => {
    const { app, calls } = pagesShowing(pending);
    expect((await post(app, PATH, fields)).status).toBe(400);
    expect(calls).toEqual([]);
  });

  it.each(Object.keys(FIELDS))('a form without %s, or with two, is refused', async (name) => {
    const { app, calls } = pagesShowing(pending);
    const without = new URLSearchParams(FIELDS);
    without.delete(name);
    const twice = new URLSearchParams(FIELDS);
    twice.append(name, 'x');
    for (const body of [without, twice]) {
      const response = await app.request(PATH, { method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(`“${name}”`);
    }
    expect(calls).toEqual([]);
  });

  it('only a form is read, of at most 16 KiB', async () => {
    const { app, calls } = pagesShowing(pending);
    const body = new URLSearchParams(FIELDS).toString();
    const as = (type: string) => ({ method: 'POST', body, headers: { 'content-type': type } });
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json', '']) {
      expect((await app.request(PATH, as(type))).status).toBe(415);
    }
    expect((await post(app, PATH, { ...FIELDS, note: 'x'.repeat(16_384) })).status).toBe(413);
    expect(calls).toEqual([]);
    const typed = as('Application/X-WWW-Form-Urlencoded; charset=UTF-8');
    expect((await app.request(PATH, typed)).status).toBe(303);
  });

  it('needs no cookie, Origin or Sec-Fetch-Site, and none is in its way', async () => {
    const { app } = pagesShowing(pending);
    const senders: readonly Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of senders) {
      const body = new URLSearchParams(FIELDS);
      expect((await app.request(PATH, { method: 'POST', body, headers })).status).toBe(303);
    }
  });

  it('is not possible with a link that leads nowhere', async () => {
    const { app, calls } = pagesShowing(pending);
    expect((await post(app, '/decide/short', FIELDS)).status).toBe(404);
    expect(calls).toEqual([]);
    const unknown = pagesShowing(pending, { refuse: 'link-unknown' });
    expect((await post(unknown.app, `/decide/${'A'.repeat(43)}`, FIELDS)).status).toBe(404);
  });
});

describe('asking again', () => {
  const lapsed = viewOf('lapsed');
  const fields = { decision: 'reauthorize', round: '1', apiKey: 'cs_very-secret' };

  it('shows what lapsed and a form with a field for the API key', async () => {
    const page = await (await pagesShowing(lapsed).app.request(PATH)).text();
    expect(page).toContain('Nobody approved the deletion in time.');
    expect(page).toContain('until <time datetime="2026-12-03T21:40:30Z">Thu, 03 Dec 2026 21:40 UTC</time>');
    expect(page).toMatch(/<input type="password" id="apiKey" name="apiKey" required/);
    expect(page).toContain('<button type="submit" name="decision" value="decline">');
    expect(page).toContain('<button type="submit" name="decision" value="reauthorize"');
    expect(page).not.toContain('name="confirm"');
  });

  it('shows what changed where the loss did', async () => {
    const drifted = viewOf('drifted');
    const changes = ['version 77777777-27a5-4a8e-8f9c-0d2b9a3e5c77 was added on 2026-11-25T00:00:00Z'];
    const page = await (await pagesShowing({ ...drifted, changes }).app.request(PATH)).text();
    expect(page).toContain(`<li>${changes[0]}</li>`);
  });

  it('hands over the round and the API key', async () => {
    const { app, calls } = pagesShowing(lapsed);
    expect((await post(app, PATH, fields)).status).toBe(303);
    expect(calls).toEqual([['reauthorize', TOKEN, { ...fields, round: 1 }]]);
  });

  it('a wrong API key shows the form again and is not repeated anywhere', async () => {
    const { app, logged } = pagesShowing(lapsed, { refuse: 'access-denied' });
    const response = await post(app, PATH, fields);
    expect(response.status).toBe(403);
    const page = await response.text();
    expect(page).toContain('This API key is not valid here');
    expect(page + logged.join('')).not.toContain(fields.apiKey);
  });

  it('the link of an earlier round says that it was asked again', async () => {
    const { app } = pagesShowing({
      ...pending,
      round: 1,
      authorization: { ...pending.authorization, round: 2 },
      offers: 'nothing',
    });
    expect(await (await app.request(PATH)).text()).toContain('This link was for round 1.');
  });
});

describe('what became of it', () => {
  it.each([
    ['approved', 'approved by <bdi>mara@example.com</bdi>'],
    ['consumed', 'the key was destroyed at'],
    ['denied', 'denied by <bdi>mara@example.com</bdi>'],
    ['denied', 'Note: <bdi>still in use</bdi>'],
    ['withdrawn', 'withdrawn by <bdi>mara@example.com</bdi>'],
    ['expired', 'neither approved nor asked for again'],
    ['superseded', 'asked for anew'],
    ['void', 'not carried out: <bdi>too late</bdi>'],
    ['refused', 'not carried out: <bdi>too late</bdi>'],
  ] as const)('the link of a request that is %s says "%s"', async (status, said) => {
    const page = await (await pagesShowing(viewOf(status)).app.request(PATH)).text();
    expect(page).toContain(said);
    expect(page).not.toContain('<form');
  });
});

describe('a failure', () => {
  it('is a page that may be opened again, where it passes by itself', async () => {
    const { app } = pagesShowing(pending, { fail: new TransientError('database is busy') });
    const response = await app.request(PATH);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('tells nothing of what is inside, and logs no token', async () => {
    const { app, logged } = pagesShowing(pending, { fail: new Error(`broken at ${TOKEN}`) });
    const response = await post(app, PATH, FIELDS);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain(TOKEN);
    expect(logged).toEqual(['{"message":"a page could not be shown","error":"Error"}']);
  });
});
