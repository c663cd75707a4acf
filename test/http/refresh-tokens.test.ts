import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { loadCredential, revocation } from '../../lib/operations/records/credential.ts';
import { personKey } from '../../lib/operations/records/person.ts';
import { loadSession } from '../../lib/operations/records/session.ts';
import { continueSession } from '../../lib/operations/sessions.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Answered, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

type Name = 'alice' | 'bob' | 'wendy';

const exchange = (form: Record<string, string>, path = '/identity/token'): Promise<Answered> =>
  server.call(undefined, `POST ${path}`, { body: new URLSearchParams(form).toString() });

const begin = async (name: Name = 'alice'): Promise<string> => {
  const grant_type = 'urn:ibm:params:oauth:grant-type:apikey';
  const { json } = await exchange({ grant_type, apikey: server.story.apiKeys[name] });
  return String(json.refresh_token);
};
const refresh = (refresh_token: string, path?: string): Promise<Answered> =>
  exchange({ grant_type: 'refresh_token', refresh_token }, path);
const next = async (token: string): Promise<string> => String((await refresh(token)).json.refresh_token);

const list = (token: unknown): Promise<Answered> =>
  server.call(undefined, 'GET /api/v2/keys', {
    headers: { authorization: `Bearer ${String(token)}`, 'bluemix-instance': server.story.instanceId },
  });

async function expectRefused(token: string): Promise<void> {
  const { status, json } = await refresh(token);
  expect([status, json.errorCode]).toEqual([400, 'BXNIM0407E']);
}

const sessionOf = (token: string) => loadSession(server.context.store, token.split('_')[1] ?? '');

describe('a refresh token', () => {
  test.each(['/identity/token', '/oidc/token'])(
    'is exchanged for an access token and its successor: %s',
    async (path) => {
      const first = await begin();
      const { status, json } = await refresh(first, path);
      expect(status).toBe(200);
      expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope: 'ibm openid' });
      expect(json.refresh_token).not.toBe(first);
      expect((await list(json.access_token)).status).toBe(200);
      expect((await refresh(String(json.refresh_token))).status).toBe(200);
    },
  );

  test('is taken again while its successor was not used: the answer may have been lost', async () => {
    const first = await begin();
    const lost = await next(first);
    const second = await next(first);
    expect(second).not.toBe(lost);
    expect((await refresh(second)).status).toBe(200);
  });

  test('that is older ends the session, for whoever took it and for whom it was taken from', async () => {
    const first = await begin();
    const second = await next(first);
    const third = await next(second);
    await expectRefused(first);
    await expectRefused(third);
    expect(server.logged.map(({ message }) => message)).toContain(
      'a refresh token was used again after its successor, and its session was ended',
    );
    expect(JSON.stringify(server.logged)).not.toContain(first);
  });

  test('that a thief and its holder both use is noticed', async () => {
    const stolen = await begin();
    const holders = await next(stolen);
    const thiefs = await next(stolen);
    await expectRefused(holders);
    await expectRefused(thiefs);
  });

  test('used by many at once makes one successor that counts', async () => {
    const first = await begin();
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(first)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const session = await sessionOf(first);
    const counting = answers.filter(({ json }) => sha256(String(json.refresh_token)) === session?.current);
    expect(counting).toHaveLength(1);
  });

  test('that became old while it was being used ends the session', async () => {
    const first = await begin();
    const { store } = server.context;
    let meanwhile = async () => {
      meanwhile = async () => {};
      await next(await next(first));
    };
    const slow: Context = {
      ...server.context,
      store: {
        ...store,
        commit: async (writes) => {
          await meanwhile();
          return store.commit(writes);
        },
      },
    };
    expect(await continueSession(slow, first)).toEqual({ ok: false, refusal: { code: 'access-denied' } });
    expect(await sessionOf(first)).toBeUndefined();
  });

  test('is kept as its hash alone', async () => {
    const token = await begin();
    const session = await sessionOf(token);
    expect(session?.current).toBe(sha256(token));
    expect(JSON.stringify(session)).not.toContain(token.split('_')[2]);
  });

  test.each([
    ['none', ''],
    ['an API key', `cs_${'A'.repeat(43)}`],
    ['one of no session', `csr_${'0'.repeat(32)}_${'A'.repeat(43)}`],
    ['anything', '__proto__'],
  ])('that is %s is refused as IBM’s IAM does', (_what, token) => expectRefused(token));

  test('of a session, but never given out, ends it', async () => {
    const token = await begin();
    await expectRefused(`${token.slice(0, -43)}${'A'.repeat(43)}`);
    await expectRefused(token);
  });
});

describe('a session', () => {
  test('ends with the API key that it was begun with, and so do its access tokens', async () => {
    const token = await begin('wendy');
    const { json } = await refresh(token);
    expect((await list(json.access_token)).status).toBe(200);
    const credential = await loadCredential(server.context.store, sha256(server.story.apiKeys.wendy));
    if (credential === undefined) throw new Error('there is such an API key');
    await server.context.store.commit(revocation(credential, server.story.clock.now()));
    await expectRefused(String(json.refresh_token));
    expect((await list(json.access_token)).status).toBe(400);
  });

  test.each(['frozen', 'removed'])('does not go on, nor begin, for somebody who is %s', async (status) => {
    const token = await begin('bob');
    const { person, instance } = await server.story.as('bob');
    const become = (value: string) =>
      server.context.store.commit([
        { update: personKey(instance.id, person.id), when: [{ item: 'present' }], set: { status: value } },
      ]);
    await become(status);
    await expectRefused(token);
    const apikey = server.story.apiKeys.bob;
    const again = await exchange({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey });
    expect([again.status, again.json.errorCode]).toEqual([400, 'BXNIM0415E']);
    await become('active');
    expect((await refresh(token)).status).toBe(200);
  });

  test('ends 30 days after its last use, and is then taken away', async () => {
    const before = server;
    const own = await openServer();
    try {
      server = own;
      const DAYS = 86_400;
      const used = await begin();
      const unused = await begin();
      await own.story.pass(29 * DAYS);
      const token = await next(used);
      await own.story.pass(1 * DAYS);
      await expectRefused(unused);
      await sweep(own.context);
      expect(await sessionOf(unused)).toBeUndefined();
      await own.story.pass(28 * DAYS);
      expect((await refresh(token)).status).toBe(200);
    } finally {
      server = before;
      await own.close();
    }
  });
});
