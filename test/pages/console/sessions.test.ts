import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../../lib/http/app.ts';
import { sha256 } from '../../../lib/operations/caller.ts';
import { beginConsoleSession } from '../../../lib/operations/console-sessions.ts';
import { revokeApiKey } from '../../../lib/operations/credentials.ts';
import {
  CONSOLE_IDLE,
  CONSOLE_LONGEST,
  loadConsoleSession,
} from '../../../lib/operations/records/console-session.ts';
import { sweep } from '../../../lib/operations/sweep.ts';
import { envelope, headersOf, openServer, type Server } from '../../http/server.ts';
import { newService } from '../../support/services.ts';
import { expectOk } from '../../support/story.ts';
import { type Visitor, visitor } from './visitor.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

type Name = keyof Server['story']['apiKeys'];

async function signedIn(name: Name = 'alice'): Promise<Visitor> {
  const someone = visitor(server.app);
  const answer = await someone.signIn(server.story.apiKeys[name]);
  expect([answer.status, answer.location]).toEqual([303, '/']);
  return someone;
}

const isIn = async (someone: Visitor): Promise<boolean> => (await someone.get('/')).status === 200;
const pass = (milliseconds: number) => server.story.pass(milliseconds / 1000);
const MINUTE = 60_000;

describe('a session', () => {
  it('goes on while there is a request each half hour, and ends after half an hour without one', async () => {
    const someone = await signedIn();
    await pass(CONSOLE_IDLE - MINUTE);
    expect(await isIn(someone)).toBe(true);
    await pass(CONSOLE_IDLE - MINUTE);
    expect(await isIn(someone)).toBe(true);
    await pass(CONSOLE_IDLE);
    const { status, location } = await someone.get('/');
    expect([status, location]).toEqual([303, '/sign-in?notice=session-ended']);
    expect(someone.token).toBeUndefined();
  });

  it('ends after twelve hours, however much is done in it', async () => {
    const someone = await signedIn();
    for (let passed = 0; passed < CONSOLE_LONGEST; passed += 20 * MINUTE) {
      expect(await isIn(someone)).toBe(true);
      await pass(20 * MINUTE);
    }
    expect(await isIn(someone)).toBe(false);
  });

  it('is not kept alive by a page that looks again by itself', async () => {
    const someone = await signedIn();
    for (let looks = 0; looks < 3; looks += 1) {
      await pass(CONSOLE_IDLE / 3);
      await someone.get('/', { headers: { 'x-countersign-refresh': '1' } });
    }
    expect(await isIn(someone)).toBe(false);
  });

  it('is written to once a minute at most', async () => {
    const someone = await signedIn();
    await pass(MINUTE);
    const before = server.changes();
    for (let visits = 0; visits < 5; visits += 1) await someone.get('/');
    expect(server.changes() - before).toBe(1);
  });

  it('ends with the API key that it was begun with', async () => {
    const { apiKey } = await newKeyOf('bob');
    const someone = visitor(server.app);
    await someone.signIn(apiKey);
    expect(await isIn(someone)).toBe(true);
    const bob = await server.story.as('bob');
    const id = sha256(apiKey).slice(0, 16);
    expectOk(await revokeApiKey(server.context, bob, { person: bob.person.id, id }));
    expect(await isIn(someone)).toBe(false);
  });

  it('ends with its person', async () => {
    const added = await server.call('alice', 'POST /countersign/v1/people', {
      body: { email: 'rob@example.com', roles: ['Reader'] },
    });
    const someone = visitor(server.app);
    await someone.signIn(String((added.json as { apiKey?: string }).apiKey));
    expect(await isIn(someone)).toBe(true);
    await server.call('alice', 'DELETE /countersign/v1/people/rob%40example.com');
    expect(await isIn(someone)).toBe(false);
  });

  it('that was signed out of is over, wherever its cookie was copied to', async () => {
    const someone = await signedIn();
    const thief = visitor(server.app);
    thief.token = someone.token;
    expect(await isIn(thief)).toBe(true);
    const { location } = await someone.post('/sign-out');
    expect([location, someone.token]).toEqual(['/sign-in?notice=signed-out', undefined]);
    expect(await isIn(thief)).toBe(false);
  });

  it('that was signed out of is not brought back by a request that was under way', async () => {
    const someone = await signedIn();
    await pass(2 * MINUTE);
    const hash = sha256(someone.token ?? '');
    const [shown] = await Promise.all([someone.get('/'), someone.post('/sign-out')]);
    expect([200, 303]).toContain(shown.status);
    expect(await loadConsoleSession(server.context.store, hash)).toBeUndefined();
  });

  it('always begins under a new secret, and ends the one that the browser came with (fixation)', async () => {
    const attacker = await signedIn('rita');
    const planted = attacker.token;
    const victim = visitor(server.app);
    victim.token = planted;
    await victim.signIn(server.story.apiKeys.alice);
    expect(victim.token).not.toBe(planted);
    expect(await isIn(attacker)).toBe(false);
    expect((await victim.get('/')).text).toContain('alice@example.com');
    const made = visitor(server.app);
    made.token = 'x'.repeat(43);
    await made.signIn(server.story.apiKeys.alice);
    expect(made.token).not.toBe('x'.repeat(43));
  });

  it('is kept as a hash, and is taken away by the sweeper when it is over', async () => {
    const someone = await signedIn();
    const hash = sha256(someone.token ?? '');
    expect(JSON.stringify(await loadConsoleSession(server.context.store, hash))).not.toContain(someone.token);
    await sweep(server.context);
    expect(await loadConsoleSession(server.context.store, hash)).toBeDefined();
    await pass(CONSOLE_IDLE);
    await sweep(server.context);
    expect(await loadConsoleSession(server.context.store, hash)).toBeUndefined();
  });

  it('is not begun for a service, nor by somebody else’s API key', async () => {
    const { apiKey, caller } = await newService(server.context, await server.story.as('bob'), 'robot');
    const someone = visitor(server.app);
    const refused = await someone.signIn(apiKey);
    expect([refused.status, someone.token]).toEqual([403, undefined]);
    expect(refused.text).toContain('The console is for people');
    const { person } = await server.story.as('rita');
    const begun = await beginConsoleSession(server.context, {
      personId: person.id,
      instanceId: caller.instance.id,
      by: { credential: sha256(server.story.apiKeys.alice) },
    });
    expect(begun).toEqual({ ok: false, refusal: { code: 'access-denied' } });
  });
});

async function newKeyOf(name: Name): Promise<{ readonly apiKey: string }> {
  const { person } = await server.story.as(name);
  const made = await server.call(
    name,
    `POST /countersign/v1/people/${encodeURIComponent(person.id)}/api-keys`,
  );
  return made.json as unknown as { readonly apiKey: string };
}

describe('signing in', () => {
  it('with a wrong API key is refused, shows it nowhere and begins nothing', async () => {
    const someone = visitor(server.app);
    const { status, text, headers } = await someone.signIn('cs_wrong-secret');
    expect([status, headers.get('set-cookie')]).toEqual([403, null]);
    expect(text + JSON.stringify(server.logged)).not.toContain('cs_wrong-secret');
  });

  it('is limited for wrong keys from one address, and never for a right one', async () => {
    const someone = visitor(createApp(server.context));
    const from = '192.0.2.7';
    const statuses: number[] = [];
    for (let guesses = 0; guesses < 61; guesses += 1) {
      statuses.push((await someone.signIn(`cs_guess${guesses}`, { from })).status);
    }
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 403));
    const last = await someone.signIn('cs_guess', { from });
    expect([statuses[60], last.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await someone.signIn(server.story.apiKeys.alice, { from })).status).toBe(303);
  });

  it.each([
    ['/keys?state=active', '/keys?state=active'],
    ['/authorizations/a/b', '/authorizations/a/b'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/a\\b', '/'],
    ['/\t/evil.example', '/'],
    ['/ /evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['keys', '/'],
    [`/${'x'.repeat(600)}`, '/'],
    ['', '/'],
  ])('goes on to %j as %j', async (next, expected) => {
    const someone = visitor(server.app);
    const query = new URLSearchParams({ next }).toString();
    expect((await someone.get(`/sign-in?${query}`)).text).toContain(`name="next" value="${expected}"`);
    const { location } = await someone.post('/sign-in', { apiKey: server.story.apiKeys.rita, next });
    expect(location).toBe(expected);
    // Whoever is signed in already is led on by the same rule.
    expect((await someone.get(`/sign-in?${query}`)).location).toBe(expected);
  });

  it('is what a page asks for that somebody else opens, and leads back to it', async () => {
    const { status, location } = await visitor(server.app).get('/instances?next=%2F');
    expect([status, location]).toEqual([303, '/sign-in?next=%2Finstances%3Fnext%3D%252F']);
  });

  it('shows other ways where the installation has them', async () => {
    const app = createApp(server.context, {
      signInMethods: [{ href: '/sign-in/oidc', label: 'Example Identity' }],
    });
    const { text } = await visitor(app).get('/sign-in?next=%2Finstances');
    expect(text).toContain('href="/sign-in/oidc?next=%2Finstances">Example Identity</a>');
  });
});

describe('an instance that allows some addresses alone', () => {
  const policy = (enabled: boolean, from: string) =>
    server.app.request(
      '/api/v2/instance/policies',
      {
        method: 'PUT',
        headers: headersOf(server.story, 'alice'),
        body: JSON.stringify(
          envelope({
            policy_type: 'allowedIP',
            policy_data: { enabled, ...(enabled && { attributes: { allowed_ip: ['192.0.2.0/24'] } }) },
          }),
        ),
      },
      { incoming: { socket: { remoteAddress: from } } },
    );

  it('is reached from nowhere else, not by signing in and not with a session', async () => {
    const inside = '192.0.2.9';
    const outside = '198.51.100.9';
    const someone = visitor(server.app);
    await someone.signIn(server.story.apiKeys.alice, { from: inside });
    expect((await policy(true, inside)).status).toBe(204);
    expect((await someone.get('/', { from: inside })).status).toBe(200);
    const refused = await someone.get('/', { from: outside });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('Not from here');
    expect(refused.text).not.toMatch(/alice@|· <bdi>/);
    const stranger = visitor(server.app);
    const signingIn = await stranger.signIn(server.story.apiKeys.alice, { from: outside });
    expect([signingIn.status, stranger.token]).toEqual([403, undefined]);
    expect(signingIn.text).toContain('From your network');
    expect((await policy(false, inside)).status).toBe(204);
    expect((await someone.get('/', { from: outside })).status).toBe(200);
  });
});

describe('the cookie', () => {
  const cookieAt = async (publicUrl: string, name: string) => {
    const context = { ...server.context, settings: { ...server.context.settings, publicUrl } };
    const someone = visitor(createApp(context), name);
    const origin = new URL(publicUrl).origin;
    const answer = await someone.signIn(server.story.apiKeys.alice, { headers: { origin } });
    return { answer, someone };
  };

  it('is for this host alone over https: __Host-, Secure, HttpOnly, SameSite=Lax, Path=/', async () => {
    const { answer, someone } = await cookieAt('https://keys.example.com/base', '__Host-countersign');
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-countersign=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(answer.location).toBe('/base/');
    const { text } = await someone.get('/');
    const links = [...text.matchAll(/(?:href|action)="([^"#]*)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(1);
    expect(links.filter((link) => !link?.startsWith('/base/'))).toEqual([]);
  });

  it('has no prefix on a loopback trial, which has no TLS', async () => {
    const { answer } = await cookieAt('http://127.0.0.1:8080', 'countersign-local');
    expect(answer.headers.get('set-cookie')).toMatch(
      /^countersign-local=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });

  it('is not set over plain http from elsewhere: nobody signs in there', async () => {
    const { answer, someone } = await cookieAt('http://keys.example.com', 'countersign-local');
    expect([answer.status, someone.token]).toEqual([403, undefined]);
  });
});
