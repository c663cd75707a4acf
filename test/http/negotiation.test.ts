import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { envelope, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
  await server.story.newKey({ aliases: ['target'] });
});
afterAll(() => server.close());

describe('whatever a client says of what it takes and sends', () => {
  test.each([
    '*/*',
    'application/json',
    'application/json, text/plain, */*',
    'application/vnd.ibm.collection+json',
    'application/vnd.ibm.kms.key+json',
    'text/html',
    'application/json;q=0',
    'nonsense',
  ])('the answer is JSON: accept %s', async (accept) => {
    for (const [route, status] of [
      ['GET /api/v2/keys/target/metadata', 200],
      ['GET /api/v2/keys/nowhere', 404],
      ['GET /countersign/v1/people', 200],
    ] as const) {
      const answered = await server.call('alice', route, { headers: { accept } });
      expect([route, answered.status]).toEqual([route, status]);
      expect(answered.headers.get('content-type')).toMatch(/^application\/json/);
    }
  });

  test.each([
    undefined,
    'application/json',
    'application/vnd.ibm.kms.key+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('a body is read as JSON: content-type %s', async (type) => {
    const headers = { ...(type !== undefined && { 'content-type': type }) };
    const sent = { body: envelope({ name: 'sent' }), headers };
    const { status, resource } = await server.call('alice', 'POST /api/v2/keys', sent);
    expect([status, resource.name]).toEqual([201, 'sent']);
  });

  test('a query parameter that nobody knows is ignored', async () => {
    const known = await server.call('alice', 'GET /api/v2/keys?limit=1');
    const more = await server.call(
      'alice',
      'GET /api/v2/keys?nothing&limit=1&__proto__=2&Limit=x&a[b]=c&%00=%00',
    );
    expect([more.status, more.text]).toEqual([200, known.text]);
  });
});

test('HEAD answers as GET does, without a body, and changes nothing', async () => {
  const gets = server.app.routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/'));
  expect(gets.length).toBeGreaterThan(15);
  for (const { path } of gets) {
    // Reading an import token uses up one of its retrievals: see below.
    if (path === '/api/v2/import_token') continue;
    const concrete = path.replaceAll(/:\w+/g, 'target');
    const before = server.changes();
    const got = await server.call('alice', `GET ${concrete}`);
    const head = await server.call('alice', `HEAD ${concrete}`);
    expect([path, head.status, head.text]).toEqual([path, got.status, '']);
    expect(head.headers.get('correlation-id')).toBeTruthy();
    expect([path, server.changes()]).toEqual([path, before]);
  }
});

test('HEAD of an import token is refused, and uses up none of its retrievals', async () => {
  const path = '/api/v2/import_token';
  await server.call('alice', `POST ${path}`, { body: { maxAllowedRetrievals: 1 } });
  const before = server.changes();
  const head = await server.call('alice', `HEAD ${path}`);
  expect([head.status, head.text, head.headers.get('allow')]).toEqual([405, '', 'POST, GET']);
  expect(server.changes()).toEqual(before);
  expect((await server.call('alice', `GET ${path}`)).status).toBe(200);
});
