import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type Server } from './server.ts';

let server: Server;
let keyId: string;
let authorizationId: string;

beforeAll(async () => {
  server = await openServer();
  for (const name of ['payroll', 'card-vault']) {
    keyId = (await server.story.newKey({ name, aliases: [name] })).id;
    await server.call('wendy', `POST /api/v2/keys/${name}/actions/setKeyForDeletion`);
    await server.story.waiting(keyId, 'pending');
    // What is asked for in one millisecond is in no particular order.
    await server.story.clock.advance(1_000);
  }
  const { json } = await server.call('rita', 'GET /countersign/v1/authorizations?limit=1');
  authorizationId = (json.authorizations as { id: string }[])[0]?.id ?? '';
});
afterAll(() => server.close());

describe('authorizations across keys over HTTP', () => {
  it('come with key, state, who asked, until when and whom they wait for, page by page', async () => {
    const first = await server.call('rita', 'GET /countersign/v1/authorizations?limit=1');
    expect(first.json.authorizations).toMatchObject([
      { keyId, keyName: 'card-vault', status: 'pending', round: 1, twoPeople: true },
    ]);
    const [one] = first.json.authorizations as { waitsFor: string[]; requester: string }[];
    const emails = first.json.emails as { [id: string]: string };
    expect(one?.waitsFor.map((id) => emails[id]).sort()).toEqual(['alice@example.com', 'bob@example.com']);
    expect(emails[one?.requester ?? '']).toBe('wendy@example.com');
    const after = encodeURIComponent(String(first.json.cursor));
    const second = await server.call('rita', `GET /countersign/v1/authorizations?after=${after}`);
    expect(second.json.authorizations).toMatchObject([{ keyName: 'payroll' }]);
    expect(second.json.cursor).toBeUndefined();
  });

  it('are narrowed by state, key, people and time', async () => {
    const count = async (query: string) => {
      const { json } = await server.call('rita', `GET /countersign/v1/authorizations?${query}`);
      return (json.authorizations as unknown[]).length;
    };
    expect(await count('status=denied')).toBe(0);
    expect(await count(`keyId=${keyId.toUpperCase()}`)).toBe(1);
    expect(await count('requester=nobody')).toBe(0);
    expect(await count('from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z')).toBe(0);
  });

  it.each(['status=done', 'keyId=1', 'from=yesterday', 'limit=0', 'after=x', 'after='])(
    'refuse the query %s by name',
    async (query) => {
      const { status, reason } = await server.call('rita', `GET /countersign/v1/authorizations?${query}`);
      expect(status).toBe(400);
      expect(reason).toBe(`INVALID_QUERY_PARAM_ERR query_param ${query.split('=')[0]}`);
    },
  );
});

describe('who could have approved over HTTP', () => {
  const path = () => `/countersign/v1/keys/${keyId}/authorizations/${authorizationId}/approvers`;

  it('names everybody, and why not', async () => {
    const { json } = await server.call('rita', `GET ${path()}`);
    expect(json).toMatchObject({ round: 1 });
    expect(json.people).toMatchObject([
      { name: 'alice@example.com', could: true },
      { name: 'bob@example.com', could: true },
      { name: 'rita@example.com', could: false, why: 'access-denied' },
      { name: 'wendy@example.com', could: false, why: 'access-denied' },
    ]);
  });

  it('is nobody before anything was asked for', async () => {
    const { json } = await server.call('rita', `GET ${path()}?at=2000-01-01T00:00:00Z`);
    expect(json).toMatchObject({ round: 0, closed: 'not-asked', people: [] });
  });

  it('is told of no authorization of another key', async () => {
    const { status, reason } = await server.call(
      'rita',
      `GET /countersign/v1/keys/payroll/authorizations/${authorizationId}/approvers`,
    );
    expect([status, reason]).toEqual([404, 'AUTHORIZATION_NOT_FOUND_ERR']);
  });
});
