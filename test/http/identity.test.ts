import { decodeJwt, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { createApp } from '../../lib/http/app.ts';
import { type Answered, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const GRANT = 'urn:ibm:params:oauth:grant-type:apikey';

const exchange = (form: Record<string, string>, path = '/identity/token'): Promise<Answered> =>
  server.call(undefined, `POST ${path}`, { body: new URLSearchParams(form).toString() });

const tokenOf = async (name: 'alice' | 'wendy' = 'alice'): Promise<string> =>
  String((await exchange({ grant_type: GRANT, apikey: server.story.apiKeys[name] })).json.access_token);

const list = (authorization: string): Promise<Answered> =>
  server.call(undefined, 'GET /api/v2/keys', {
    headers: { authorization, 'bluemix-instance': server.story.instanceId },
  });

const unauthorized = 'Unauthorized: The user does not have access to the specified resource';

describe('exchanging an API key', () => {
  test.each(['/identity/token', '/oidc/token'])('answers as IBM’s IAM does: %s', async (path) => {
    const form = { grant_type: GRANT, apikey: server.story.apiKeys.alice, response_type: 'cloud_iam' };
    const { status, json, headers } = await exchange(form, path);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const iat = Math.floor(server.story.clock.now() / 1000);
    expect(json).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^csr_[0-9a-f]{32}_[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3_600,
      expiration: iat + 3_600,
      scope: 'ibm openid',
    });
    expect(decodeJwt(String(json.access_token))).toMatchObject({
      iam_id: expect.stringMatching(/^CountersignId-/),
      id: expect.stringMatching(/^CountersignId-/),
      sub: expect.stringMatching(/^CountersignId-/),
      sub_type: expect.any(String),
      account: { bss: 'story' },
      iss: 'countersign',
      grant_type: GRANT,
      scope: 'ibm openid',
      client_id: 'default',
      iat,
      exp: iat + 3_600,
    });
  });

  test('makes a token that verifies with the published key', async () => {
    const { json } = await server.call(undefined, 'GET /identity/keys');
    const [jwk] = json.keys as { kid: string; d?: string }[];
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    const { protectedHeader } = await jwtVerify(await tokenOf(), await importJWK(jwk ?? {}, 'RS256'), {
      currentDate: new Date(server.story.clock.now()),
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: jwk?.kid });
  });

  test.each([
    ['an unknown API key', { grant_type: GRANT, apikey: `cs_${'A'.repeat(43)}` }],
    ['no API key', { grant_type: GRANT }],
    ['another grant', { grant_type: 'password', apikey: 'x' }],
    ['nothing', {}],
  ])('refuses %s as IBM’s IAM does', async (_what, form: Record<string, string>) => {
    const { status, json, headers } = await exchange(form);
    expect(status).toBe(400);
    expect(json).toEqual({
      errorCode: 'BXNIM0415E',
      errorMessage: expect.any(String),
      context: { requestId: headers.get('correlation-id') },
    });
  });
});

describe('a bearer credential', () => {
  test('is a token, or the API key itself', async () => {
    expect((await list(`Bearer ${await tokenOf()}`)).status).toBe(200);
    expect((await list(`bearer  ${server.story.apiKeys.alice}`)).status).toBe(200);
  });

  test('carries the person, not a role: a token of a Writer may not read policies', async () => {
    const headers = {
      authorization: `Bearer ${await tokenOf('wendy')}`,
      'bluemix-instance': server.story.instanceId,
    };
    expect((await server.call(undefined, 'GET /api/v2/instance/policies', { headers })).status).toBe(401);
    expect((await server.call(undefined, 'GET /api/v2/keys', { headers })).status).toBe(200);
  });

  test('that is missing, or an unknown API key, is a 401 without reasons', async () => {
    const none = await server.call(undefined, 'GET /api/v2/keys');
    const unknown = await list(`Bearer cs_${'A'.repeat(43)}`);
    for (const { status, json, headers } of [none, unknown]) {
      expect(status).toBe(401);
      expect(json.resources).toEqual([{ errorMsg: unauthorized }]);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each(['Bearer', 'Bearer ', 'Bearer a b', 'Basic YTpi', 'nonsense', 'Bearer nonsense', 'Bearer a.b.c'])(
    'that cannot be read is a 400 that says how it must be: %s',
    async (authorization) => {
      const { status, reason } = await list(authorization);
      expect([status, reason]).toEqual([400, 'BEARER_SUB_EXTRACTION_ERR']);
    },
  );

  test('has expired after an hour', async () => {
    const own = await openServer();
    try {
      const form = new URLSearchParams({ grant_type: GRANT, apikey: own.story.apiKeys.alice });
      const { json } = await own.call(undefined, 'POST /identity/token', { body: form.toString() });
      const headers = {
        authorization: `Bearer ${String(json.access_token)}`,
        'bluemix-instance': own.story.instanceId,
      };
      await own.story.pass(3_599);
      expect((await own.call(undefined, 'GET /api/v2/keys', { headers })).status).toBe(200);
      await own.story.pass(1);
      const { status, reason } = await own.call(undefined, 'GET /api/v2/keys', { headers });
      expect([status, reason]).toEqual([400, 'BEARER_SUB_EXTRACTION_ERR']);
    } finally {
      await own.close();
    }
  });

  test('counts only with this installation’s signature, algorithm and issuer', async () => {
    const token = await tokenOf();
    const [header = '', claims = '', signature = ''] = token.split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const decoded = decodeJwt(token);
    const foreign = await generateKeyPair('RS256');
    const jwk = await server.context.signer.publicKey();
    // The public key, misused as the secret of a symmetric signature.
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const signed = async (payload: object) => {
      const input = `${header}.${part(payload)}`;
      const made = await server.context.signer.sign(Buffer.from(input));
      return `${input}.${Buffer.from(made).toString('base64url')}`;
    };
    const { exp: _exp, ...eternal } = decoded;
    const { person_id: _person, ...nobody } = decoded;
    const forgeries = {
      unsigned: `${part({ alg: 'none' })}.${claims}.`,
      'without a signature': `${header}.${claims}.`,
      'of other claims': `${header}.${part({ ...decoded, iam_id: 'x' })}.${signature}`,
      'by another key': await new SignJWT(decoded)
        .setProtectedHeader({ alg: 'RS256' })
        .sign(foreign.privateKey),
      'by the public key as a secret': await new SignJWT(decoded)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(secret),
      'of another issuer': await signed({ ...decoded, iss: 'https://iam.cloud.ibm.com/identity' }),
      'without an end': await signed(eternal),
      'of nobody': await signed(nobody),
    };
    expect((await list(`Bearer ${await signed(decoded)}`)).status).toBe(200);
    for (const [what, forged] of Object.entries(forgeries)) {
      const { status, reason } = await list(`Bearer ${forged}`);
      expect([what, status, reason]).toEqual([what, 400, 'BEARER_SUB_EXTRACTION_ERR']);
    }
  });
});

test('a signer that does not answer once is asked again by the next request', async () => {
  let failures = 1;
  const { signer } = server.context;
  const app = createApp({
    ...server.context,
    signer: {
      ...signer,
      publicKey: async () => {
        failures -= 1;
        if (failures >= 0) throw new TransientError('the key service is busy');
        return signer.publicKey();
      },
    },
  });
  const headers = { authorization: `Bearer ${await tokenOf()}`, 'bluemix-instance': server.story.instanceId };
  expect((await app.request('/api/v2/keys', { headers })).status).toBe(503);
  expect((await app.request('/api/v2/keys', { headers })).status).toBe(200);
});
