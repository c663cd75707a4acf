import type { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { oidcIdentity } from '../../../lib/adapters/oidc/identity.ts';
import { createApp } from '../../../lib/http/app.ts';
import { sendClaim } from '../../../lib/operations/claims.ts';
import { removePerson } from '../../../lib/operations/people.ts';
import { SIGN_IN_VALIDITY } from '../../../lib/operations/records/sign-in.ts';
import { AUDIENCE, CLIENT, CLIENT_SECRET, type Issuer, openIssuer } from '../../support/oidc-issuer.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';
import { type Answered, ORIGIN, type Sent, visitor } from './visitor.ts';

const COOKIE = 'countersign-sign-in-local';

let story: Story;
let issuer: Issuer;
let app: Hono;

beforeAll(async () => {
  issuer = await openIssuer([`${ORIGIN}/sign-in/callback`]);
  story = await openStory();
  app = appWith({});
});
afterAll(async () => {
  await issuer.close();
  await story.close();
});
afterEach(() => {
  issuer.down = false;
});

function appWith(options: { readonly audience?: string }): Hono {
  const all = {
    issuer: issuer.url,
    clientId: CLIENT,
    clientSecret: CLIENT_SECRET,
    label: 'Example SSO',
    ...options,
  };
  const { log } = story.context;
  const identity = oidcIdentity(all, { clock: { now: Date.now }, log });
  return createApp({ ...story.context, identity });
}

/** A browser without a window that keeps the cookie of a sign-in as well. */
function browser(from: Hono = app) {
  const inner = visitor(from);
  let cookie: string | undefined;
  const keep = (answer: Answered): Answered => {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === COOKIE) cookie = value === '' ? undefined : value;
    }
    return answer;
  };
  const sent = (): Sent => ({
    headers: {
      ...(cookie !== undefined && {
        cookie: [
          `${COOKIE}=${cookie}`,
          ...(inner.token === undefined ? [] : [`countersign-local=${inner.token}`]),
        ].join('; '),
      }),
    },
  });
  const self = {
    inner,
    get cookie() {
      return cookie;
    },
    set cookie(value: string | undefined) {
      cookie = value;
    },
    get: async (path: string) => keep(await inner.get(path, sent())),
    post: async (path: string, fields: Record<string, string>) =>
      keep(await inner.post(path, fields, sent())),
    /** To the issuer from a page of ours, and what it sends the browser back with. */
    atIssuer: async (path: string, account: string) =>
      (await issuer.signIn((await self.get(path)).location, account)).slice(ORIGIN.length),
  };
  return self;
}

async function linkFor(email: string): Promise<string> {
  expectOk(
    await sendClaim(story.context, await story.as(email.startsWith('alice') ? 'bob' : 'alice'), email),
  );
  await story.sweep();
  const mail = story.mails.findLast(({ to, text }) => to === email && text.includes('/claim/'));
  return /\/claim\/[\w-]{43}/.exec(mail?.text ?? '')?.[0] ?? '';
}

/** The whole way from the mailed link to the console. */
async function bound(email: string, account: string, someone = browser()) {
  const link = await linkFor(email);
  const back = await someone.atIssuer(`${link}/sign-in`, account);
  expect((await someone.get(back)).location).toBe('/sign-in/confirm');
  return { link, someone, answer: await someone.post('/sign-in/confirm', { confirm: email }) };
}

describe('binding an account through the mailed link', () => {
  it('takes the sign-in, and the address that the link was mailed to', async () => {
    const link = await linkFor('bob@example.com');
    const someone = browser();
    expect((await someone.get(link)).text).toContain('Sign in with Example SSO');
    const back = await someone.atIssuer(`${link}/sign-in`, 'sub-bob');
    await someone.get(back);
    const asks = await someone.get('/sign-in/confirm');
    expect(asks.text).toContain('sub-bob');
    const mistyped = await someone.post('/sign-in/confirm', { confirm: 'mallory@example.com' });
    expect([mistyped.status, mistyped.text.includes('Nothing was changed')]).toEqual([422, true]);
    const done = await someone.post('/sign-in/confirm', { confirm: 'bob@example.com' });
    expect([done.status, done.location]).toEqual([303, '/?notice=identity-bound']);
    expect((await someone.get('/')).text).toContain('bob@example.com');
    expect((await someone.get(link)).text).toContain('This link was used');
    expect((await someone.post('/sign-in/confirm', { confirm: 'bob@example.com' })).status).toBe(410);
  });

  it('changes nothing by opening: not the link, not the way to the issuer, not the way back', async () => {
    const link = await linkFor('wendy@example.com');
    const someone = browser();
    await someone.get(await someone.atIssuer(`${link}/sign-in`, 'sub-wendy'));
    await someone.get('/sign-in/confirm');
    expect((await story.as('wendy')).person.signsInAs).toBeUndefined();
    expect((await browser().get(link)).text).toContain('Get your API key');
  });

  it('binds nobody who was led to a link of somebody else: they type their own address', async () => {
    const link = await linkFor('alice@example.com');
    const victim = browser();
    await victim.get(await victim.atIssuer(`${link}/sign-in`, 'sub-victim'));
    expect((await victim.post('/sign-in/confirm', { confirm: 'wendy@example.com' })).status).toBe(422);
    expect((await story.as('alice')).person.signsInAs).toBeUndefined();
  });

  it('is refused where the account is somebody else’s already', async () => {
    await bound('bob@example.com', 'sub-taken');
    const { answer } = await bound('wendy@example.com', 'sub-taken');
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('somebody else');
  });

  it('says so where the issuer does not answer', async () => {
    const link = await linkFor('wendy@example.com');
    issuer.down = true;
    const { status, text } = await browser(appWith({})).get(`${link}/sign-in`);
    expect([status, text.includes('does not answer just now')]).toEqual([503, true]);
  });
});

describe('signing in with a bound account', () => {
  beforeAll(async () => {
    await bound('rita@example.com', 'sub-rita');
  });

  it('leads to where somebody wanted to go, and sets the session’s cookie alone', async () => {
    const someone = browser();
    const page = await someone.get('/sign-in?next=%2Fkeys');
    expect(page.text).toContain('href="/sign-in/oidc?next=%2Fkeys">Example SSO</a>');
    const { status, location } = await someone.get(
      await someone.atIssuer('/sign-in/oidc?next=%2Fkeys', 'sub-rita'),
    );
    expect([status, location, someone.cookie]).toEqual([303, '/keys', undefined]);
    expect((await someone.get('/keys')).text).toContain('rita@example.com');
  });

  it('is nobody’s by the address that the issuer tells', async () => {
    // The issuer says of everybody that they are alice@example.com.
    const someone = browser();
    const answer = await someone.get(await someone.atIssuer('/sign-in/oidc', 'sub-stranger'));
    expect([answer.status, someone.inner.token]).toEqual([403, undefined]);
    expect(answer.text).toContain('Nobody here signs in with that account');
  });

  it('is refused when the way back comes again, with the same cookie and without', async () => {
    const someone = browser();
    const back = await someone.atIssuer('/sign-in/oidc', 'sub-rita');
    const { cookie } = someone;
    expect((await someone.get(back)).status).toBe(303);
    const thief = browser();
    for (const theirs of [undefined, cookie, 'x'.repeat(43)]) {
      thief.cookie = theirs;
      const { status, text } = await thief.get(back);
      expect([status, text.includes('begun in another browser'), thief.inner.token]).toEqual([
        403,
        true,
        undefined,
      ]);
    }
  });

  it('is refused where state, code or browser are another sign-in’s', async () => {
    const [mine, theirs] = [browser(), browser()];
    const back = await mine.atIssuer('/sign-in/oidc', 'sub-rita');
    const other = await theirs.atIssuer('/sign-in/oidc', 'sub-rita');
    const mixed = new URL(back, ORIGIN);
    mixed.searchParams.set('code', new URL(other, ORIGIN).searchParams.get('code') ?? '');
    expect((await theirs.get(back)).status).toBe(403);
    const { status, text } = await mine.get(`${mixed.pathname}${mixed.search}`);
    expect([status, text.includes('does not belong to this sign-in'), mine.inner.token]).toEqual([
      403,
      true,
      undefined,
    ]);
  });

  it('is over after ten minutes at the issuer', async () => {
    const someone = browser();
    const back = await someone.atIssuer('/sign-in/oidc', 'sub-rita');
    await story.pass(SIGN_IN_VALIDITY / 1000);
    expect((await someone.get(back)).status).toBe(403);
    await story.sweep();
    expect((await someone.get(back)).status).toBe(403);
  });

  it('that is broken off says so, and shows nothing that the issuer wrote', async () => {
    const someone = browser();
    const { status, text } = await someone.get(await someone.atIssuer('/sign-in/oidc', ''));
    expect([status, text.includes('was broken off')]).toEqual([403, true]);
    expect(text).not.toContain('not today');
  });

  it('says so where the issuer does not answer; the API key still does', async () => {
    issuer.down = true;
    const someone = browser(appWith({}));
    const { status, text } = await someone.get('/sign-in/oidc');
    expect([status, text.includes('does not answer just now')]).toEqual([503, true]);
    expect((await someone.post('/sign-in', { apiKey: story.apiKeys.alice })).status).toBe(303);
  });

  it('ends here, and offers to end at the issuer as well', async () => {
    const someone = browser();
    await someone.get(await someone.atIssuer('/sign-in/oidc', 'sub-rita'));
    const { location } = await someone.post('/sign-out', {});
    expect((await someone.get(location)).text).toContain('Sign out of Example SSO as well');
    const away = await someone.get('/sign-in/leave');
    expect(away.location).toContain(`${issuer.url}/session/end?`);
  });

  it('is not there where no issuer is set up', async () => {
    const plain = createApp(story.context);
    for (const path of [
      '/sign-in/oidc',
      '/sign-in/callback?code=x&state=y',
      '/sign-in/leave',
      '/sign-in/confirm',
    ]) {
      expect((await browser(plain).get(path)).status).toBe(404);
    }
  });
});

describe('the API', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const claims = (sub: string, more: object = {}) => ({
    iss: issuer.url,
    sub,
    aud: AUDIENCE,
    client_id: CLIENT,
    scope: 'keys',
    exp: seconds() + 300,
    ...more,
  });
  const call = async (token: string, on: Hono = app, instance = story.instanceId) => {
    const headers = { authorization: `Bearer ${token}`, 'bluemix-instance': instance };
    const response = await on.request('/api/v2/keys', { headers });
    const json = (await response.json()) as { resources?: readonly { errorMsg?: string }[] };
    return { status: response.status, error: json.resources?.[0]?.errorMsg };
  };

  beforeAll(async () => {
    await bound('wendy@example.com', 'sub-api');
  });

  it('takes the access token of an account that is bound in the instance, with that person’s roles', async () => {
    expect(await call(await issuer.token(claims('sub-api')))).toEqual({ status: 200, error: undefined });
    const another = '00000000-0000-4000-8000-000000000000';
    expect((await call(await issuer.token(claims('sub-api')), app, another)).status).toBe(401);
    const approves = await app.request('/countersign/v1/people', {
      headers: {
        authorization: `Bearer ${await issuer.token(claims('sub-api'))}`,
        'bluemix-instance': story.instanceId,
      },
    });
    expect(approves.status).toBe(403);
  });

  it.each<[whose: string, more: object, header?: { readonly typ: string }]>([
    ['an account that is bound to nobody', { sub: 'sub-unknown' }],
    ['another client', { client_id: 'wiki' }],
    ['an ID token', { aud: CLIENT, nonce: 'n' }, { typ: 'JWT' }],
    ['the day before', { exp: 1 }],
  ])('refuses that of %s in Key Protect’s envelope', async (_, more, header) => {
    const { status, error } = await call(await issuer.token(claims('sub-api', more), header));
    expect(error).toMatch(/^(?:Unauthorized|Bad Request): [A-Z]/);
    expect([400, 401]).toContain(status);
  });

  it('asks for the audience where one is set', async () => {
    const strict = appWith({ audience: AUDIENCE });
    expect((await call(await issuer.token(claims('sub-api', { client_id: 'wiki' })), strict)).status).toBe(
      200,
    );
    expect((await call(await issuer.token(claims('sub-api', { aud: 'x' })), strict)).status).toBe(400);
  });

  it('limits guesses by their source, and takes a right token meanwhile', async () => {
    const guess = (token: string) =>
      app.request(
        '/api/v2/keys',
        { headers: { authorization: `Bearer ${token}`, 'bluemix-instance': story.instanceId } },
        { incoming: { socket: { remoteAddress: '192.0.2.7' } } },
      );
    const wrong = await issuer.token(claims('sub-api', { client_id: 'wiki' }));
    let status = 0;
    for (let guesses = 0; guesses < 62 && status !== 429; guesses += 1) ({ status } = await guess(wrong));
    expect(status).toBe(429);
    expect((await guess(await issuer.token(claims('sub-api')))).status).toBe(200);
  });

  it('says to try again later while the issuer’s keys cannot be had; API keys go on', async () => {
    const token = await issuer.token(claims('sub-api'));
    issuer.down = true;
    const fresh = appWith({});
    expect((await call(token, fresh)).status).toBe(503);
    expect((await call(story.apiKeys.alice, fresh)).status).toBe(200);
  });

  it('knows nobody any more by the token of somebody who was removed', async () => {
    const token = await issuer.token(claims('sub-api'));
    expectOk(await removePerson(story.context, await story.as('alice'), 'wendy@example.com'));
    expect((await call(token)).status).toBe(401);
  });
});
