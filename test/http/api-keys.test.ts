import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_API_KEYS } from '../../lib/operations/credentials.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { byBoth } from './second-manager.ts';
import { openServer, type Server } from './server.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
});

afterAll(() => server.close());

const OWN = '/countersign/v1/people/me/api-keys';
const sentWith = (apiKey: unknown) => ({
  headers: { authorization: `Bearer ${String(apiKey)}`, 'bluemix-instance': server.story.instanceId },
});
const status = async (apiKey: unknown) =>
  (await server.call(undefined, 'GET /api/v2/keys', sentWith(apiKey))).status;
const listed = async (route = OWN, by: 'alice' | 'rita' = 'rita') =>
  (await server.call(by, `GET ${route}`)).json.apiKeys as { id: string; lastFour: string }[];

async function tokenOf(apiKey: unknown): Promise<unknown> {
  const form = { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: String(apiKey) };
  const body = new URLSearchParams(form).toString();
  return (await server.call(undefined, 'POST /identity/token', { body })).json.access_token;
}

describe('API keys', () => {
  it('of one person can be several, and each stops at once when it is revoked, with its tokens', async () => {
    const { json: made, status: created } = await server.call('rita', `POST ${OWN}`);
    expect(created).toBe(201);
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      createdAt: expect.any(String),
      lastFour: String(made.apiKey).slice(-4),
      apiKey: expect.stringMatching(/^cs_[\w-]{43}$/),
    });
    const token = await tokenOf(made.apiKey);
    const other = await tokenOf(server.story.apiKeys.rita);
    expect([await status(made.apiKey), await status(token)]).toEqual([200, 200]);
    const keys = await listed();
    expect(keys.map(({ id }) => id)).toContain(made.id);
    expect(keys).toHaveLength(2);
    expect(JSON.stringify(keys)).not.toContain(String(made.apiKey));
    expect((await server.call('rita', `DELETE ${OWN}/${String(made.id)}`)).status).toBe(204);
    expect([await status(made.apiKey), await status(token), await tokenOf(made.apiKey)]).toEqual([
      401,
      400,
      undefined,
    ]);
    expect([await status(server.story.apiKeys.rita), await status(other)]).toEqual([200, 200]);
    expect(await listed()).toHaveLength(1);
    const again = await server.call('rita', `DELETE ${OWN}/${String(made.id)}`);
    expect([again.status, again.reason]).toEqual([404, 'API_KEY_NOT_FOUND_ERR']);
  });

  it('of others are seen and revoked by Managers, and made by nobody', async () => {
    const ritas = '/countersign/v1/people/rita@example.com/api-keys';
    const { json: made } = await server.call('rita', `POST ${OWN}`);
    expect((await listed(ritas, 'alice')).map(({ id }) => id)).toContain(made.id);
    expect((await server.call('alice', `POST ${ritas}`)).status).toBe(403);
    expect((await server.call('alice', `DELETE ${ritas}/${String(made.id)}`)).status).toBe(204);
    expect(await status(made.apiKey)).toBe(401);
    for (const method of ['GET', 'POST']) {
      const answers = ['alice@example.com', 'nobody@example.com'].map((who) =>
        server.call('rita', `${method} /countersign/v1/people/${who}/api-keys`),
      );
      expect((await Promise.all(answers)).map((one) => one.status)).toEqual([403, 403]);
    }
    expect(
      (await server.call('alice', 'GET /countersign/v1/people/nobody@example.com/api-keys')).status,
    ).toBe(404);
  });

  it('of a service are made by its owner, and a service makes none for its owner', async () => {
    const service = { kind: 'service', name: 'nightly', owner: 'bob@example.com', roles: ['Writer'] };
    const added = await server.call('alice', 'POST /countersign/v1/people', { body: service });
    expect([added.status, added.json.apiKey]).toEqual([201, undefined]);
    expect(added.json).toMatchObject({
      kind: 'service',
      name: 'nightly',
      owner: expect.stringMatching(/Id-/),
    });
    const route = '/countersign/v1/people/nightly/api-keys';
    expect((await server.call('alice', `POST ${route}`)).status).toBe(403);
    const { json: made } = await server.call('bob', `POST ${route}`);
    expect(await status(made.apiKey)).toBe(200);
    const its = (method: string, path: string) =>
      server.call(undefined, `${method} ${path}`, sentWith(made.apiKey));
    expect((await its('POST', '/countersign/v1/people/bob@example.com/api-keys')).status).toBe(403);
    expect((await its('POST', OWN)).status).toBe(201);
    expect(
      (
        await byBoth(server, 'bob', 'PATCH /countersign/v1/people/bob@example.com', {
          email: 'b@example.com',
        })
      ).status,
    ).toBe(200);
    expect((await server.call('alice', 'GET /countersign/v1/people')).json.people).toContainEqual(
      expect.objectContaining({ name: 'nightly', roles: ['Writer'], status: 'active' }),
    );
  });

  it('are at most ten a person', async () => {
    const have = (await listed()).length;
    for (let made = have; made < MOST_API_KEYS; made += 1) await server.call('rita', `POST ${OWN}`);
    const { status: one, reason } = await server.call('rita', `POST ${OWN}`);
    expect([one, reason]).toEqual([409, 'TOO_MANY_API_KEYS_ERR']);
  });

  it('leave events that tell who made and who revoked them', async () => {
    const partition = instancePartition(server.story.instanceId);
    const { events } = await loadEvents(server.context.store, partition, { limit: 1000 });
    const actions = events.map(({ action }) => action);
    expect(actions).toContain('countersign.api-keys.create');
    expect(actions).toContain('countersign.api-keys.revoke');
    expect(JSON.stringify(events)).not.toContain('cs_');
  });
});

describe('a person to add', () => {
  it.each<[string, object, string]>([
    ['without an address', { roles: ['Reader'] }, 'INVALID_FIELD_ERR field email'],
    ['without a role', { email: 'a@example.com' }, 'INVALID_FIELD_ERR field roles'],
    [
      'with an owner',
      { email: 'a@example.com', roles: ['Reader'], owner: 'x' },
      'INVALID_FIELD_ERR field owner',
    ],
    [
      'as a service without a name',
      { kind: 'service', owner: 'x', roles: ['Reader'] },
      'INVALID_FIELD_ERR field name',
    ],
    [
      'as a service with an address',
      { kind: 'service', owner: 'x', name: 'n', email: 'a@b', roles: ['Reader'] },
      'INVALID_FIELD_ERR field email',
    ],
    [
      'with a grant on nothing',
      { email: 'a@example.com', grants: [{ role: 'Reader' }] },
      'INVALID_FIELD_ERR field grants',
    ],
    [
      'with a grant on two',
      { email: 'a@example.com', grants: [{ role: 'Reader', key: 'k', keyRing: 'default' }] },
      'INVALID_FIELD_ERR field grants',
    ],
    [
      'with a grant on a key that is not there',
      { email: 'a@example.com', grants: [{ role: 'Reader', key: 'nothing' }] },
      'KEY_NOT_FOUND_ERR',
    ],
  ])('%s is refused', async (_, body, expected) => {
    const { reason } = await server.call('alice', 'POST /countersign/v1/people', { body });
    expect(reason).toBe(expected);
  });
});
