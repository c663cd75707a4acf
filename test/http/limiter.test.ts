import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { type GuessLimiter, guessLimiter } from '../../lib/http/limiter.ts';
import { proxiedSource } from '../../lib/http/source.ts';
import { headersOf, openServer, type Server } from './server.ts';

describe('the limit on guesses', () => {
  const clock = { time: 0, now: () => clock.time };
  let limiter: GuessLimiter;
  const guess = (source: string, times: number) => {
    const waits = Array.from({ length: times }, () => limiter.wrong(source));
    return waits.findIndex((wait) => wait > 0);
  };

  const begin = () => {
    clock.time = 1_000_000;
    limiter = guessLimiter(clock);
  };

  it('is sixty at once for each source, then one a second', () => {
    begin();
    expect(guess('192.0.2.1', 100)).toBe(60);
    expect(guess('192.0.2.2', 60)).toBe(-1);
    clock.time += 999;
    expect(limiter.wrong('192.0.2.1')).toBe(1);
    clock.time += 1;
    expect(limiter.wrong('192.0.2.1')).toBe(0);
    expect(limiter.wrong('192.0.2.1')).toBe(1);
    clock.time += 60_000;
    expect(guess('192.0.2.1', 100)).toBe(60);
  });

  it('fills nothing when the clock goes back', () => {
    begin();
    guess('192.0.2.1', 60);
    clock.time -= 3_600_000;
    expect(limiter.wrong('192.0.2.1')).toBe(1);
  });

  it('takes a network of IPv6 as one source, and an IPv4 address in either form as one', () => {
    begin();
    guess('2001:db8:0:1::1', 60);
    expect(limiter.wrong('2001:0db8:0:0001:ffff:ffff:ffff:ffff')).toBe(1);
    expect(limiter.wrong('2001:db8::1:0:0:0:1')).toBe(1);
    expect(limiter.wrong('2001:db8:0:2::1')).toBe(0);
    guess('::ffff:192.0.2.1', 60);
    expect(limiter.wrong('192.0.2.1')).toBe(1);
    expect(limiter.wrong('192.0.2.2')).toBe(0);
  });

  it('keeps a bounded number of sources in mind, those that guessed last', () => {
    begin();
    guess('192.0.2.1', 60);
    for (let i = 0; i < 19_999; i += 1) limiter.wrong(`source ${i}`);
    expect(limiter.wrong('192.0.2.1')).toBe(1);
    for (let i = 0; i < 20_000; i += 1) limiter.wrong(`source ${i}`);
    expect(limiter.wrong('192.0.2.1')).toBe(0);
  });
});

describe('somebody who guesses', () => {
  let server: Server;
  let app: Hono;
  beforeAll(async () => {
    server = await openServer();
    app = createApp(server.context);
  });
  afterAll(() => server.close());

  const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });
  const times = async (count: number, send: () => Response | Promise<Response>) => {
    const answers = await Promise.all(Array.from({ length: count }, async () => send()));
    return answers.map(({ status }) => status);
  };
  const bearer = (key: string) => ({
    headers: { ...headersOf(server.story, 'rita'), authorization: `Bearer ${key}` },
  });

  it.each([
    ['an API key', '/api/v2/keys', () => bearer(`cs_${'x'.repeat(43)}`), 401],
    ['an access token', '/api/v2/keys', () => bearer('a.b.c'), 400],
    ['a link', `/decide/${'A'.repeat(43)}`, () => ({}), 404],
    ['a text that is no link', '/decide/x', () => ({}), 404],
    [
      'an API key for a token',
      '/identity/token',
      () => ({
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
          apikey: 'cs_none',
        }),
      }),
      400,
    ],
  ])(
    '%s is told to wait after sixty from one source, and a right one is still taken',
    async (what, path, init, status) => {
      const source = from(what);
      const statuses = await times(61, () => app.request(path, init(), source));
      expect(statuses.filter((one) => one === status)).toHaveLength(60);
      const refused = await app.request(path, init(), source);
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const right = await app.request('/api/v2/keys', { headers: headersOf(server.story, 'wendy') }, source);
      expect(right.status).toBe(200);
      expect((await app.request(path, init(), from('another'))).status).toBe(status);
    },
  );

  it('gets the envelope of the API, and IAM’s on its routes', async () => {
    await times(61, () => app.request('/decide/x', {}, from('b')));
    const api = await app.request('/api/v2/keys', bearer('cs_x'), from('b'));
    expect(await api.json()).toMatchObject({
      resources: [{ reasons: [{ code: 'TOO_MANY_REQUESTS_ERR', status: 429 }] }],
    });
    const form = new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: 'x' });
    const iam = await app.request('/identity/token', { method: 'POST', body: form }, from('b'));
    expect(await iam.json()).toMatchObject({ errorCode: 'TOO_MANY_REQUESTS_ERR' });
  });

  it('is not counted for a request without a credential, or one whose right does not suffice', async () => {
    const statuses = await times(100, () => app.request('/api/v2/keys', {}, from('c')));
    expect(new Set(statuses)).toEqual(new Set([401]));
    await times(100, () =>
      app.request('/api/v2/instance/policies', { headers: headersOf(server.story, 'rita') }, from('c')),
    );
    expect((await app.request('/decide/x', {}, from('c'))).status).toBe(404);
  });

  it('is the address that a trusted proxy saw, and not what was claimed before', async () => {
    const behind = createApp(server.context, { sourceOf: proxiedSource });
    const claimed = (forwarded: string) =>
      behind.request('/decide/x', { headers: { 'x-forwarded-for': forwarded } }, from('proxy'));
    for (let i = 0; i < 60; i += 1) await claimed(`10.0.0.${i}, 192.0.2.1`);
    expect((await claimed('10.1.1.1, 192.0.2.1')).status).toBe(429);
    expect((await claimed('192.0.2.1, 192.0.2.2')).status).toBe(404);
    const untrusted = (forwarded: string) =>
      app.request('/decide/x', { headers: { 'x-forwarded-for': forwarded } }, from('d'));
    for (let i = 0; i < 60; i += 1) await untrusted(`192.0.2.${i}`);
    expect((await untrusted('192.0.2.99')).status).toBe(429);
  });

  it('is whom API Gateway saw, in a Lambda function', async () => {
    const event = { requestContext: { http: { sourceIp: '192.0.2.7' } } };
    const statuses = await times(61, () => app.request('/decide/x', {}, { event }));
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });
});
