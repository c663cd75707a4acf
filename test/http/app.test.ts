import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermanentError, TransientError } from '../../lib/domain/errors.ts';
import { createApp } from '../../lib/http/app.ts';
import type { Context } from '../../lib/operations/context.ts';
import { answered, headersOf, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

/** What may be asked for without a credential, and what it answers to nobody. */
const OPEN: Readonly<Record<string, number>> = {
  'POST /identity/token': 400,
  'POST /oidc/token': 400,
  'GET /identity/keys': 200,
  'GET /healthz': 200,
  'GET /readyz': 200,
  'GET /openapi.json': 200,
  'GET /docs': 200,
  // A mailed link carries its own secret.
  'GET /decide/:token': 404,
  'POST /decide/:token': 415,
  'OPTIONS /decide/:token': 204,
  'GET /claim/:token': 404,
  'GET /claim/:token/sign-in': 404,
  'POST /claim/:token': 415,
  'OPTIONS /claim/:token': 204,
  'GET /drill/:token': 404,
  'POST /drill/:token': 415,
  'OPTIONS /drill/:token': 204,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('every route', () => {
  const routes = () => [...new Set(server.app.routes.map(({ method, path }) => `${method} ${path}`))];
  const concrete = (route: string) => route.replaceAll(/:\w+/g, 'x'.repeat(22)).replace('*', 'anything');

  test('asks who calls, but for the few in the table', async () => {
    const statuses = await Promise.all(
      routes()
        .filter((route) => !route.startsWith('ALL '))
        .map(async (route) => {
          const { status } = await server.call(undefined, concrete(route));
          return [route, status] as const;
        }),
    );
    const open = Object.fromEntries(statuses.filter(([, status]) => status !== 401));
    expect(open).toEqual(OPEN);
    expect(statuses.length - Object.keys(open).length).toBeGreaterThanOrEqual(22);
  });

  test('tells whoever may not call it nothing of what else is wrong', async () => {
    const refusals = [
      await server.call('rita', 'POST /api/v2/keys', { body: '{' }),
      await server.call('rita', 'DELETE /api/v2/keys/nowhere?force=x'),
      await server.call('wendy', 'PUT /api/v2/instance/policies', { body: '{' }),
      await server.call('rita', 'POST /api/v2/keys/nowhere?action=setKeyForDeletion', { body: '{' }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    const own = await server.call('wendy', 'POST /countersign/v1/people', { body: '{' });
    expect(own.status).toBe(403);
  });

  test('answers other methods 405 with those that it has, and does nothing', async () => {
    const paths = [...new Set(server.app.routes.map(({ path }) => path))].filter(
      (path) => !path.includes('*'),
    );
    // A POST to the list of all registrations is one to the key of that name, which there cannot be.
    const own = paths.filter((path) => !/^\/(decide|claim|drill)\/|\/keys\/registrations$/.test(path));
    for (const path of own) {
      const has = routes().filter((route) => route.endsWith(` ${path}`));
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']) {
        if (has.includes(`${method} ${path}`)) continue;
        const { status, reason, headers } = await server.call('alice', `${method} ${concrete(path)}`);
        expect([method, path, status, reason]).toEqual([method, path, 405, 'METHOD_NOT_ALLOWED_ERR']);
        for (const allowed of headers.get('allow')?.split(', ') ?? []) {
          const asGet = allowed === 'HEAD' ? 'GET' : allowed;
          expect(has).toContain(`${asGet} ${path}`);
        }
      }
    }
  });

  test('refuses a body of more than 1 MiB in the envelope, before it is read', async () => {
    const body = 'x'.repeat(1024 * 1024 + 1);
    for (const route of ['POST /api/v2/keys', 'POST /identity/token', 'POST /nowhere']) {
      const lengths: readonly Record<string, string>[] = [
        {},
        { 'content-length': String(body.length) },
        { 'transfer-encoding': 'chunked' },
      ];
      for (const headers of lengths) {
        const { status, reason } = await server.call('alice', route, { body, headers });
        expect([status, reason]).toEqual([413, 'BODY_TOO_LARGE_ERR']);
      }
    }
    const { status } = await server.call('alice', 'POST /api/v2/keys', { body: 'x'.repeat(1024 * 1024) });
    expect(status).toBe(400);
  });
});

test('what is nowhere is a 404 in the envelope', async () => {
  for (const path of [
    '/',
    '/api/v2',
    '/api/v1/keys',
    '/api/v2/keys/',
    '/api/v2/keys/x/actions/nothing',
    '/outbox/x',
    '/%',
  ]) {
    const { status, reason, json } = await server.call('alice', `GET ${path}`);
    expect([path, status, reason]).toEqual([path, 404, 'ROUTE_NOT_FOUND_ERR']);
    expect(json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.error+json',
      collectionTotal: 1,
    });
  }
});

test('routes that only some installations have are added', async () => {
  const extra = new Hono().get('/outbox/:secret', (c) => c.text('mails'));
  const app = createApp(server.context, { extraRoutes: [extra] });
  expect(await (await app.request('/outbox/x')).text()).toBe('mails');
});

describe('every answer', () => {
  const requests = [
    'GET /api/v2/keys',
    'GET /api/v2/keys/nowhere',
    'GET /nowhere',
    'PATCH /api/v2/keys',
    'GET /healthz',
    'GET /readyz',
    'HEAD /api/v2/keys',
  ];

  test('is not stored, not sniffed, and not for other origins', async () => {
    for (const route of requests) {
      const { headers } = await server.call('alice', route, { headers: { origin: 'https://evil.example' } });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('is to be asked for over TLS for a year, where the installation has TLS and nowhere else', async () => {
    const { context } = server;
    const at = (publicUrl: string) => createApp({ ...context, settings: { ...context.settings, publicUrl } });
    const [secure, trial] = [at('https://keys.example.com/base'), at('http://127.0.0.1:8080')];
    const accept = { headers: { accept: 'text/html' } };
    for (const path of ['/', '/sign-in', '/decide/unknown', '/docs', '/nowhere', '/api/v2/keys']) {
      const { headers } = await secure.request(path, accept);
      expect([path, headers.get('strict-transport-security')]).toEqual([path, 'max-age=31536000']);
      expect((await trial.request(path, accept)).headers.get('strict-transport-security')).toBeNull();
    }
  });

  test('names its request as the caller did, or by a new UUID', async () => {
    const own = '4a0225e9-17a0-46c1-ace7-f25bcf4237d4';
    for (const route of requests) {
      const named = await server.call('alice', route, { headers: { 'Correlation-Id': own } });
      expect(named.headers.get('correlation-id')).toBe(own);
      const unnamed = await server.call('alice', route);
      expect(unnamed.headers.get('correlation-id')).toMatch(UUID);
    }
  });

  test.each(['', 'a b', 'x'.repeat(37), `cs_${'A'.repeat(43)}`, 'a\tb', '<b>'])(
    'does not take a name that is none: %s',
    async (name) => {
      const { headers } = await server.call('alice', 'GET /healthz', { headers: { 'correlation-id': name } });
      expect(headers.get('correlation-id')).toMatch(UUID);
    },
  );
});

describe('the log', () => {
  test('has a line for every request, with the route and never the path', async () => {
    const { id } = await server.story.newKey();
    const before = server.logged.length;
    const secret = 's3cret'.repeat(5);
    await server.call('alice', `GET /api/v2/keys/${id}?search=${secret}`);
    await server.call('alice', `GET /decide/${secret}`);
    await server.call('alice', `GET /${secret}`);
    const form = `grant_type=x&apikey=${secret}`;
    await server.call(undefined, 'POST /identity/token', { body: form });
    const lines = server.logged.slice(before);
    expect(lines.map(({ fields }) => [fields.method, fields.route, fields.status])).toEqual([
      ['GET', '/api/v2/keys/:id', 200],
      ['GET', '/decide/:token', 404],
      ['GET', 'none', 404],
      ['POST', '/identity/token', 400],
    ]);
    for (const { message, fields } of lines) {
      expect(message).toBe('request');
      expect(fields.milliseconds).toBeGreaterThanOrEqual(0);
      expect(fields.correlationId).toMatch(UUID);
    }
    const text = JSON.stringify(lines);
    for (const hidden of [secret, id, server.story.apiKeys.alice]) expect(text).not.toContain(hidden);
  });
});

describe('when something is broken', () => {
  const failing = (error: Error) => {
    const logged: object[] = [];
    const note = (message: string, fields?: object) => void logged.push({ message, ...fields });
    const get = () => Promise.reject(error);
    const context: Context = {
      ...server.context,
      store: { ...server.context.store, get },
      log: { info: note, error: note },
    };
    return { app: createApp(context), logged };
  };
  const request = async (app: Hono, path = '/api/v2/keys') =>
    answered(await app.request(path, { headers: headersOf(server.story, 'alice') }));

  test('for a moment, the answer is 503 with Retry-After', async () => {
    const { app, logged } = failing(new TransientError('the database is busy'));
    const { status, reason, headers } = await request(app);
    expect([status, reason]).toEqual([503, 'SERVICE_UNAVAILABLE_ERR']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(logged).toContainEqual(expect.objectContaining({ problem: 'the database is busy' }));
  });

  test.each([
    new PermanentError('sealed under /secret/path'),
    new TypeError("cannot read 'cs_secret'"),
    new Error('SQLITE_CORRUPT'),
  ])('for good, the answer is 500 and tells nothing of the inside: %s', async (error) => {
    const { app } = failing(error);
    const { status, reason, text, headers } = await request(app);
    expect([status, reason]).toEqual([500, 'INTERNAL_ERR']);
    expect(text).not.toContain(error.message);
    expect(text).not.toContain('    at ');
    expect(headers.get('correlation-id')).toMatch(UUID);
  });

  test('the log says where, under the name of the answer; a message that nobody wrote is kept out', async () => {
    const { app, logged } = failing(new TypeError("cannot read 'cs_secret'"));
    const { headers } = await request(app);
    expect(logged[0]).toMatchObject({
      message: 'a request failed',
      correlationId: headers.get('correlation-id'),
      error: 'TypeError',
      place: expect.stringContaining('app.test.ts'),
    });
    expect(JSON.stringify(logged)).not.toContain('cs_secret');
  });

  test('the store, health is 503', async () => {
    const { app } = failing(new PermanentError('closed'));
    const response = await app.request('/healthz');
    expect([response.status, await response.json()]).toEqual([503, { status: 'unavailable' }]);
    const well = await server.call(undefined, 'GET /healthz');
    expect([well.status, well.json]).toEqual([200, { status: 'ok' }]);
  });
});
