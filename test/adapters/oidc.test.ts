import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oidcIdentity } from '../../lib/adapters/oidc/identity.ts';
import type { OidcOptions } from '../../lib/adapters/oidc/issuer.ts';
import type { SignInChecks } from '../../lib/ports/identity.ts';
import {
  AUDIENCE,
  CLIENT,
  CLIENT_SECRET,
  type Issuer,
  OTHER_CLIENT,
  openIssuer,
} from '../support/oidc-issuer.ts';

const redirectUri = 'http://127.0.0.1:8080/sign-in/callback';
const VERIFIER = 'v'.repeat(43);
const checks: SignInChecks = {
  state: 's'.repeat(43),
  nonce: 'n'.repeat(43),
  verifier: VERIFIER,
  redirectUri,
};
const logged: string[] = [];
const note = (message: string, fields?: object) => void logged.push(JSON.stringify({ message, ...fields }));
const log = { info: note, error: note };

let issuer: Issuer;
let now: () => number;

beforeAll(async () => {
  issuer = await openIssuer([redirectUri]);
});
afterAll(() => issuer.close());

function identity(options: Partial<OidcOptions> = {}) {
  now = Date.now;
  const all = {
    issuer: issuer.url,
    clientId: CLIENT,
    clientSecret: CLIENT_SECRET,
    label: 'Example SSO',
    ...options,
  };
  return oidcIdentity(all, { clock: { now: () => now() }, log });
}

/** The value of an answer that must have been one. */
async function said<T>(
  answer: Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false }>,
): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(`no answer: ${JSON.stringify(given)}`);
  return given.value;
}

async function codeFor(account: string, with_: Partial<SignInChecks> = {}): Promise<URLSearchParams> {
  const url = await said(identity().signInUrl({ ...checks, ...with_ }));
  return new URL(await issuer.signIn(url, account)).searchParams;
}

describe('a sign-in', () => {
  it('sends the browser to the issuer with all that its way back is checked against', async () => {
    const url = new URL(await said(identity().signInUrl(checks)));
    const { code_challenge: challenge = '', ...sent } = Object.fromEntries(url.searchParams);
    expect(sent).toEqual({
      client_id: CLIENT,
      response_type: 'code',
      scope: 'openid email',
      redirect_uri: redirectUri,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge_method: 'S256',
    });
    expect(challenge).not.toBe(VERIFIER);
  });

  it('tells the issuer and the subject, whatever address the issuer tells', async () => {
    const who = await said(identity().signedIn(await codeFor('sub-17'), checks));
    expect(who).toMatchObject({ issuer: issuer.url, subject: 'sub-17' });
  });

  it.each<[what: string, change: Partial<SignInChecks>]>([
    ['another state', { state: 't'.repeat(43) }],
    ['another nonce', { nonce: 'm'.repeat(43) }],
    ['another verifier', { verifier: 'w'.repeat(43) }],
    ['another address to come back to', { redirectUri: `${redirectUri}/x` }],
  ])('with %s is refused', async (_, change) => {
    const answer = await identity().signedIn(await codeFor('sub-17'), { ...checks, ...change });
    expect(answer).toEqual({ ok: false, trouble: 'refused' });
  });

  it('whose code was redeemed before is refused', async () => {
    const query = await codeFor('sub-17');
    expect((await identity().signedIn(query, checks)).ok).toBe(true);
    expect(await identity().signedIn(query, checks)).toEqual({ ok: false, trouble: 'refused' });
  });

  it('that names another issuer in its answer is refused (RFC 9207)', async () => {
    const query = await codeFor('sub-17');
    query.set('iss', 'https://login.example.com');
    expect(await identity().signedIn(query, checks)).toEqual({ ok: false, trouble: 'refused' });
  });

  it('that somebody breaks off is told so, and what the issuer says of it reaches no log', async () => {
    const answer = await identity().signedIn(await codeFor(''), checks);
    expect(answer).toEqual({ ok: false, trouble: 'broken-off' });
    expect(logged.join()).toContain('access_denied');
    expect(logged.join()).not.toContain('not today');
  });

  it('with a wrong secret is the operator’s to mend', async () => {
    const answer = await identity({ clientSecret: 'wrong' }).signedIn(await codeFor('sub-17'), checks);
    expect(answer).toEqual({ ok: false, trouble: 'misconfigured' });
  });

  it('at another issuer than the one that was named is the operator’s to mend', async () => {
    const elsewhere = issuer.url.replace('127.0.0.1', 'localhost');
    const answer = await identity({ issuer: elsewhere }).signInUrl(checks);
    expect(answer).toEqual({ ok: false, trouble: 'misconfigured' });
  });

  it('is told when the issuer does not answer, and goes on when it does', async () => {
    const asked = identity();
    issuer.down = true;
    const unreachable = { ok: false, trouble: 'unreachable' };
    expect(await asked.signInUrl(checks)).toEqual(unreachable);
    issuer.down = false;
    // It is left alone for a moment.
    expect(await asked.signInUrl(checks)).toEqual(unreachable);
    now = () => Date.now() + 6_000;
    expect((await asked.signInUrl(checks)).ok).toBe(true);
    expect(await identity({ issuer: 'http://127.0.0.1:9' }).signInUrl(checks)).toEqual(unreachable);
  });

  it('can be ended at the issuer as well', async () => {
    const url = new URL((await said(identity().signOutUrl('http://127.0.0.1:8080/sign-in'))) ?? '');
    expect(url.origin).toBe(issuer.url);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe('http://127.0.0.1:8080/sign-in');
  });
});

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more: object = {}) => ({
  iss: issuer.url,
  sub: 'sub-17',
  aud: AUDIENCE,
  client_id: CLIENT,
  scope: 'keys',
  iat: seconds(),
  exp: seconds() + 300,
  ...more,
});
const WHO = { subject: 'sub-17' };

describe('an access token of the issuer', () => {
  it('is somebody’s by its issuer and subject', async () => {
    const token = await issuer.token(claims());
    expect(await identity({ audience: AUDIENCE }).verify(token)).toEqual({ issuer: issuer.url, ...WHO });
  });

  it('is good for a minute longer than it says, and no longer', async () => {
    const told = claims();
    const token = await issuer.token(told);
    const asked = identity();
    const end = (told.exp + 60) * 1000;
    now = () => end - 1;
    expect(await asked.verify(token)).toMatchObject(WHO);
    now = () => end;
    expect(await asked.verify(token)).toBeUndefined();
  });

  it.each<[what: string, more: object, options?: Partial<OidcOptions>]>([
    ['for another audience', { aud: 'https://wiki.example.com' }, { audience: AUDIENCE }],
    ['of another client', { client_id: OTHER_CLIENT }],
    ['of another issuer', { iss: 'https://login.example.com' }],
    ['of nobody', { sub: undefined }],
    ['without an end', { exp: undefined }],
    ['that is not good yet', { nbf: Math.floor(Date.now() / 1000) + 300 }],
    ['that is an ID token, by its use', { token_use: 'id' }],
    ['that is an ID token, by its nonce', { nonce: 'n' }],
  ])('%s is nobody’s', async (_, more, options = {}) => {
    expect(await identity(options).verify(await issuer.token(claims(more)))).toBeUndefined();
  });

  it('that no key of the issuer’s signed is nobody’s: alg none, a shared secret, another key', async () => {
    const token = await issuer.token(claims());
    const [, payload = '', signature = ''] = token.split('.');
    const encoded = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const forged = [
      `${encoded({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${encoded({ alg: 'HS256', typ: 'at+jwt' })}.${payload}.${signature}`,
      `${encoded({ alg: 'RS256', typ: 'at+jwt', kid: 'key-1' })}.${payload}.${signature.split('').reverse().join('')}`,
      'no token',
    ];
    for (const text of forged) expect(await identity().verify(text)).toBeUndefined();
  });

  it('by a new key is good once the keys are asked for again, which unknown keys make happen once in a while alone', async () => {
    const slow = identity();
    const quick = identity({ keysCooldown: 0 });
    const before = await issuer.token(claims());
    expect([await slow.verify(before), await quick.verify(before)]).toMatchObject([WHO, WHO]);
    await issuer.rotateKeys();
    const after = await issuer.token(claims());
    expect(await quick.verify(after)).toMatchObject(WHO);
    expect(await quick.verify(before)).toBeUndefined();
    const asked = issuer.keysAsked;
    for (let tries = 0; tries < 5; tries += 1) expect(await slow.verify(after)).toBeUndefined();
    expect(issuer.keysAsked).toBe(asked);
  });

  it('is not decided about while the issuer’s keys cannot be had', async () => {
    const asked = identity();
    const token = await issuer.token(claims());
    issuer.down = true;
    await expect(asked.verify(token)).rejects.toMatchObject({ name: 'Countersign.Transient' });
    issuer.down = false;
    now = () => Date.now() + 6_000;
    expect(await asked.verify(token)).toMatchObject(WHO);
  });
});
