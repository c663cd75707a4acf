import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refuse } from '../../../lib/domain/refusal.ts';
import { createApp } from '../../../lib/http/app.ts';
import { REFUSALS } from '../../../lib/http/problem.ts';
import { initInstance } from '../../../lib/operations/init-instance.ts';
import { personItem } from '../../../lib/operations/records/person.ts';
import { readForm, severalOf } from '../../../lib/pages/console/form.ts';
import { isNotice, NOTICES } from '../../../lib/pages/console/notices.ts';
import { CONSOLE_PAGES } from '../../../lib/pages/console/pages.ts';
import { refusalInWords } from '../../../lib/pages/console/refused.ts';
import { SCRIPT } from '../../../lib/pages/console/script.ts';
import { openServer, type Server } from '../../http/server.ts';
import { expectOk, REAUTHORIZATION_WINDOW, RESTORE_WINDOW, WINDOW } from '../../support/story.ts';
import { ORIGIN, type Visitor, visitor } from './visitor.ts';

let server: Server;
let alice: Visitor;

beforeAll(async () => {
  server = await openServer();
});
beforeEach(async () => {
  alice = visitor(server.app);
  await alice.signIn(server.story.apiKeys.alice);
});
afterAll(() => server.close());

/** Signing out is the smallest thing that a form can do. */
const signOut = (fields: Readonly<Record<string, string>> = {}, headers = {}) =>
  alice.post('/sign-out', fields, { headers });
const stillIn = async () => (await alice.get('/')).status === 200;

describe('a form', () => {
  it('is refused without what its session’s forms carry, with another’s, or with two', async () => {
    const other = visitor(server.app);
    await other.signIn(server.story.apiKeys.bob);
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await other.get('/')).text) ?? [];
    expect(csrf).toMatch(/^[0-9a-f]{64}$/);
    for (const wrong of ['', csrf, 'x'.repeat(64), 'é'.repeat(32)]) {
      const { status, text } = await signOut({ csrf: wrong });
      expect([wrong, status]).toEqual([wrong, 403]);
      expect(text).toContain('This form was not sent from here');
    }
    expect(await stillIn()).toBe(true);
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [
      'another site, in a browser without Fetch Metadata',
      { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
    ],
    ['another host of the same site', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:9999' }],
    ['a page without an origin', { 'sec-fetch-site': undefined, origin: 'null' }],
    ['nowhere', { 'sec-fetch-site': undefined, origin: undefined }],
    ['itself, with another origin', { origin: 'https://evil.example' }],
  ])('that comes from %s is refused, whatever it carries', async (_, headers) => {
    expect((await signOut({}, headers)).status).toBe(403);
    expect(await stillIn()).toBe(true);
    const stranger = visitor(server.app);
    const { status } = await stranger.post('/sign-in', { apiKey: server.story.apiKeys.bob }, { headers });
    expect([status, stranger.token]).toEqual([403, undefined]);
  });

  it.each([
    ['only Fetch Metadata', { origin: undefined }],
    ['only an origin', { 'sec-fetch-site': undefined }],
    ['the address that it was sent to', { origin: 'http://localhost:8080', host: 'localhost:8080' }],
  ])('of our own is taken with %s', async (_, headers) => {
    expect((await signOut({}, headers)).location).toBe('/sign-in?notice=signed-out');
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', undefined])(
    'of the type %s is refused with 415',
    async (type) => {
      expect((await signOut({}, { 'content-type': type })).status).toBe(415);
      expect(await stillIn()).toBe(true);
    },
  );

  it('of more than 16 KiB is refused', async () => {
    expect((await signOut({ much: 'x'.repeat(17 * 1024) })).status).toBe(413);
  });

  it('of nobody does nothing and leads to the sign-in', async () => {
    const { status, location } = await visitor(server.app).post('/instances', { instance: 'x' });
    expect([status, location]).toEqual([303, '/sign-in?next=%2Finstances&notice=session-ended']);
  });

  it('is read as its schema has it, with a complaint beside each field', () => {
    const schema = z.object({
      name: z.string().min(2, 'Enter a name'),
      many: severalOf(z.enum(['a', 'b'])),
    });
    const read = (query: string) => readForm({ form: new URLSearchParams(query) }, schema);
    expect(read('name=ab&many=a&many=b')).toEqual({ ok: true, value: { name: 'ab', many: ['a', 'b'] } });
    expect(read('name=ab&many=a')).toEqual({ ok: true, value: { name: 'ab', many: ['a'] } });
    expect(read('name=ab')).toEqual({ ok: true, value: { name: 'ab', many: [] } });
    expect(read('name=a')).toEqual({ ok: false, errors: { name: 'Enter a name' }, values: { name: 'a' } });
    expect(read('name=ab&name=cd')).toMatchObject({ ok: false, errors: { name: expect.any(String) } });
    expect(read('__proto__=x')).toMatchObject({ ok: false });
  });
});

describe('every page', () => {
  it('is framed by nobody, stored nowhere and loads nothing from elsewhere, refusals included', async () => {
    const answers = [
      await alice.get('/'),
      await alice.get('/nowhere'),
      await alice.post('/nowhere'),
      await signOut({ csrf: '' }),
      await visitor(server.app).get('/'),
      await visitor(server.app).get('/sign-in'),
    ];
    for (const { headers } of answers) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      );
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('has a script of less than 3 KB', () => {
    expect(Buffer.byteLength(SCRIPT)).toBeLessThan(3_000);
  });

  it('is shown to browsers alone: programs get the API’s answer at the same address', async () => {
    for (const accept of [undefined, '*/*', 'application/json']) {
      for (const path of ['/', '/sign-in', '/nowhere']) {
        const { status, headers } = await alice.get(path, { headers: { accept } });
        expect([path, status]).toEqual([path, 404]);
        expect(headers.get('content-type')).toMatch(/^application\/json/);
      }
    }
  });

  it('stands before no route of the API, the documentation or mailed links', async () => {
    const statuses = await Promise.all(
      [
        '/docs',
        '/openapi.json',
        '/healthz',
        '/api/v2/keys',
        '/api/v2/nowhere',
        '/decide/x',
        '/countersign/v1/x',
      ].map(async (path) => [path, (await alice.get(path)).headers.get('content-type')?.split(';')[0]]),
    );
    expect(Object.fromEntries(statuses)).toEqual({
      '/docs': 'text/html',
      '/openapi.json': 'application/json',
      '/healthz': 'application/json',
      '/api/v2/keys': 'application/json',
      '/api/v2/nowhere': 'application/json',
      '/decide/x': 'text/html',
      '/countersign/v1/x': 'application/json',
    });
  });

  it('answers other methods 405 with those that it has, and HEAD like GET', async () => {
    const accept = { accept: 'text/html', cookie: `countersign-local=${alice.token}` };
    const put = await server.app.request(`${ORIGIN}/sign-in`, { method: 'PUT', headers: accept });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    const head = await server.app.request(`${ORIGIN}/`, { method: 'HEAD', headers: accept });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('changes nothing when it is looked at', async () => {
    const before = server.changes();
    for (const { method, path } of CONSOLE_PAGES) {
      if (method === 'GET') await alice.get(path.replaceAll(/:\w+/g, 'x'));
    }
    expect(server.changes()).toBe(before);
  });

  it('leaves a line in the log with its pattern, and never its path', async () => {
    await alice.get('/sign-in?next=%2Fsecret');
    await alice.get('/secret-path');
    const routes = server.logged
      .filter(({ message }) => message === 'request')
      .map(({ fields }) => fields.route);
    expect(routes.slice(-2)).toEqual(['/sign-in', 'none']);
    expect(JSON.stringify(server.logged)).not.toContain('secret');
  });

  it('tells what was done before by a code, and only when it was led to from here', async () => {
    expect((await visitor(server.app).get('/sign-in?notice=signed-out')).text).toContain(
      NOTICES['signed-out'],
    );
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } };
    const { text } = await visitor(server.app).get('/sign-in?notice=signed-out', foreign);
    expect(text).not.toContain(NOTICES['signed-out']);
    expect(['signed-out', 'toString', '<b>', null].map(isNotice)).toEqual([true, false, false, false]);
  });

  it('that breaks says so and nothing of what is inside', async () => {
    const store = { ...server.context.store, get: async () => Promise.reject(new Error('secret inside')) };
    const broken = visitor(createApp({ ...server.context, store }));
    broken.token = alice.token;
    const { status, text } = await broken.get('/');
    expect([status, text.includes('Something is broken'), text.includes('secret')]).toEqual([
      500,
      true,
      false,
    ]);
  });

  it('has words and a status for every refusal', () => {
    for (const code of Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]) {
      const answer = refuse(code);
      if (answer.ok) continue;
      const { status, message } = refusalInWords(answer.refusal);
      expect([code, status]).not.toEqual([code, 401]);
      expect(message, code).toMatch(/\S.*[.)]$/);
    }
  });
});

describe('somebody with a role in several instances', () => {
  it('chooses one after signing in, and goes from one to another under a new secret', async () => {
    const { context, story } = server;
    const people = ['x', 'y'].map((name) => ({ email: `${name}@example.com`, roles: ['Manager'] as const }));
    const second = expectOk(
      await initInstance(context, {
        name: 'tower <house>',
        people,
        dualAuthorization: true,
        authorizationWindow: WINDOW,
        reauthorizationWindow: REAUTHORIZATION_WINDOW,
        restoreWindow: RESTORE_WINDOW,
        trial: true,
      }),
    ).instance;
    const { person } = await story.as('rita');
    const there = { ...person, instanceId: second.id };
    await context.store.commit([{ put: personItem(there), when: [] }]);
    const rita = visitor(server.app);
    const signedIn = await rita.post('/sign-in', { apiKey: story.apiKeys.rita, next: '/keys' });
    expect(signedIn.location).toBe('/instances?next=%2Fkeys');
    const page = await rita.get(signedIn.location);
    expect(page.text).toContain('<bdi>tower &lt;house&gt;</bdi>');
    const before = rita.token;
    const changed = await rita.post('/instances', { instance: second.id, next: '/' });
    expect(changed.location).toBe('/?notice=instance-changed');
    expect(rita.token).not.toBe(before);
    const home = await rita.get('/');
    expect(home.text).toContain('Trial instance');
    expect(home.text).toContain('Change instance');
    // The one from before opens nothing, and nobody gets into an instance that they have no role in.
    rita.token = before;
    expect((await rita.get('/')).status).toBe(303);
    expect((await alice.post('/instances', { instance: second.id })).status).toBe(403);
  });
});
