import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Grant, Provider } from 'oidc-provider';

/** What the issuer's access tokens for the API are made for. */
export const AUDIENCE = 'https://keys.example.com';
export const CLIENT = 'countersign';
export const CLIENT_SECRET = 'a-secret-of-this-test-alone-0123456789';
/** Another program that people of this issuer sign in to. */
export const OTHER_CLIENT = 'wiki';

/** A real OpenID Connect issuer on loopback: whoever types a name into its form is that one. */
export interface Issuer {
  readonly url: string;
  /** Signs in there as a browser does, without a window. @returns where it sends the browser back to. */
  signIn(url: string, account: string): Promise<string>;
  /** A token that its key has signed, with whatever is in it. */
  token(claims: JWTPayload, header?: { readonly typ?: string; readonly alg?: string }): Promise<string>;
  /** Signs with a new key from now on, and publishes that one alone. */
  rotateKeys(): Promise<void>;
  /** How often its keys were asked for. */
  readonly keysAsked: number;
  /** Answers nothing but 503, or everything again. */
  down: boolean;
  close(): Promise<void>;
}

/** @param redirectUris where it lets browsers come back to. */
export async function openIssuer(redirectUris: readonly string[]): Promise<Issuer> {
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {};
  let key: { readonly kid: string; readonly privateKey: CryptoKey } | undefined;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/jwks') === true) issuer.keysAsked += 1;
    if (issuer.down) return void response.writeHead(503).end();
    void answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keys = 0;
  const issuer = {
    url,
    keysAsked: 0,
    down: false,
    signIn,
    token: async (claims: JWTPayload, { typ = 'at+jwt', alg = 'RS256' } = {}) => {
      if (key === undefined) throw new Error('the issuer has no key');
      return new SignJWT(claims).setProtectedHeader({ alg, typ, kid: key.kid }).sign(key.privateKey);
    },
    rotateKeys: async () => {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      keys += 1;
      key = { kid: `key-${keys}`, privateKey };
      const jwk = { ...(await exportJWK(privateKey)), kid: key.kid, alg: 'RS256', use: 'sig' };
      answer = answering(new Provider(url, configuration(redirectUris, jwk)));
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  await issuer.rotateKeys();
  return issuer;
}

const configuration = (redirectUris: readonly string[], jwk: object) => ({
  clients: [
    { client_id: CLIENT, client_secret: CLIENT_SECRET, redirect_uris: redirectUris },
    { client_id: OTHER_CLIENT, client_secret: CLIENT_SECRET, redirect_uris: redirectUris },
  ].map((client) => ({ ...client, token_endpoint_auth_method: 'client_secret_post' })),
  jwks: { keys: [jwk] },
  cookies: { keys: ['test'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_: unknown, id: string) => ({
    accountId: id,
    // The address of somebody else: nobody is found by it.
    claims: () => ({ sub: id, email: 'alice@example.com', email_verified: true }),
  }),
  ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
  interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'keys', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
    },
  },
  loadExistingGrant: async ({ oidc }: Consent): Promise<Grant> => {
    const of = { clientId: oidc.client.clientId, accountId: oidc.session.accountId };
    const grant = new oidc.provider.Grant(of);
    grant.addOIDCScope('openid email');
    grant.addResourceScope(AUDIENCE, 'keys');
    await grant.save();
    return grant;
  },
});

/** Nobody is asked whether Countersign may know who they are. */
interface Consent {
  readonly oidc: {
    readonly provider: Provider;
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}

const FORM = `<!doctype html><html lang="en"><title>Example SSO</title><h1>Example SSO</h1>
<form method="post"><label>Account <input name="account"></label><button>Continue</button></form>
<form method="post"><button name="cancel" value="yes">Cancel</button></form></html>`;

const answering =
  (provider: Provider) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.startsWith('/interaction/') !== true) return provider.callback()(request, response);
    if (request.method !== 'POST') {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(FORM);
    }
    const form = new URLSearchParams(await text(request));
    const cancelled = { error: 'access_denied', error_description: '<b>not today</b>' };
    const signedIn = { login: { accountId: form.get('account') ?? '' } };
    await provider.interactionFinished(request, response, form.has('cancel') ? cancelled : signedIn);
  };

/** Follows the issuer's redirects with its cookies, and fills in its form. */
async function signIn(from: string, account: string): Promise<string> {
  const cookies = new Map<string, string>();
  const { origin } = new URL(from);
  let url = from;
  let form: string | undefined;
  for (let steps = 0; steps < 10; steps += 1) {
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null && form !== undefined) throw new Error(`the issuer answered ${response.status}`);
    form =
      location === null
        ? new URLSearchParams(account === '' ? { cancel: 'yes' } : { account }).toString()
        : undefined;
    url = location === null ? url : new URL(location, url).href;
    if (new URL(url).origin !== origin) return url;
  }
  throw new Error('the issuer leads nowhere');
}
