import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../lib/domain/audit.ts';
import { DAY } from '../../lib/domain/time.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const keyPath = (id: string) => `/countersign/v1/keys/${id}`;

async function setKey(aliases: readonly string[] = []): Promise<string> {
  const { id } = await server.story.newKey({ aliases });
  await server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  return id;
}

describe('the authorization of a deletion', () => {
  test('shows who asked, until when, and what would be lost, to a Reader', async () => {
    const id = await setKey(['shown']);
    const { status, json } = await server.call('rita', `GET ${keyPath('shown')}/authorization`);
    expect(status).toBe(200);
    const now = server.story.clock.now();
    expect(json).toMatchObject({
      status: 'pending',
      round: 1,
      keyId: id,
      requestedAt: new Date(now).toISOString(),
      windowEndsAt: new Date(now + 7 * DAY).toISOString(),
      manifest: { keyId: id, name: 'customer-data', aliases: ['shown'], round: 1 },
      manifestDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      lossDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      key: { id, state: 1 },
    });
    const { emails, requester } = json as { emails: Record<string, string>; requester: string };
    expect(emails[requester]).toBe('wendy@example.com');
    expect(JSON.stringify(json)).not.toMatch(/token/i);
  });

  test('of a key whose deletion was never asked for is not found', async () => {
    const { id } = await server.story.newKey();
    const { status, reason } = await server.call('rita', `GET ${keyPath(id)}/authorization`);
    expect([status, reason]).toEqual([404, 'AUTHORIZATION_NOT_FOUND_ERR']);
  });

  test('is denied by a Manager, with a note; then nothing can be approved', async () => {
    const id = await setKey();
    const other = await server.call('bob', `POST ${keyPath(id)}/authorization/deny`, { body: { round: 2 } });
    expect([other.status, other.reason]).toEqual([409, 'AUTHORIZATIONS_NOT_MET']);
    const body = { round: 1, note: 'still in use' };
    const denied = await server.call('bob', `POST ${keyPath(id)}/authorization/deny`, { body });
    expect([denied.status, denied.text]).toEqual([204, '']);
    const { json } = await server.call('rita', `GET ${keyPath(id)}/authorization`);
    expect(json).toMatchObject({ status: 'denied', note: 'still in use' });
    expect((await server.call('bob', `DELETE /api/v2/keys/${id}`)).status).toBe(409);
  });

  test('whose window has closed is asked for again', async () => {
    const own = await openServer();
    try {
      const { id } = await own.story.newKey();
      await own.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
      const early = await own.call('wendy', `POST ${keyPath(id)}/authorization/reauthorize`);
      expect([early.status, early.reason]).toEqual([409, 'REAUTHORIZATION_CLOSED_ERR']);
      await own.story.waiting(id, 'pending');
      await own.story.pass(7 * 86_400 + 1);
      await own.story.waiting(id, 'lapsed');
      const again = await own.call('wendy', `POST ${keyPath(id)}/authorization/reauthorize`, {
        body: { round: 1 },
      });
      expect(again.status).toBe(200);
      expect(again.json).toMatchObject({ status: 'pending', round: 2 });
      const { resource } = await own.call('rita', `GET /api/v2/keys/${id}/metadata`);
      expect(resource.dualAuthDelete).toMatchObject({ keySetForDeletion: true });
    } finally {
      await own.close();
    }
  });
});

describe('a key’s history', () => {
  test('has its events, whose chain can be verified from the answer, its mails and executions', async () => {
    const id = await setKey();
    await server.call('bob', `DELETE /api/v2/keys/${id}`);
    const { status, json } = await server.call('rita', `GET ${keyPath(id)}/history`);
    expect(status).toBe(200);
    const history = json as {
      events: (Omit<AuditEvent, 'at'> & { at: string })[];
      authorizations: { status: string; endedAt: string }[];
      mails: { template: string }[];
      executions: { name: string; events: { type: string }[] }[];
    };
    expect(history.events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['kms.secrets.create', 'kms.secrets.setkeyfordeletion', 'kms.secrets.delete']),
    );
    const events = history.events.map((event) => ({ ...event, at: Date.parse(event.at) }));
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
    expect(history.authorizations[0]).toMatchObject({
      status: 'consumed',
      endedAt: expect.stringMatching(/\.\d{3}Z$/),
    });
    expect(history.mails.map(({ template }) => template)).toContain('approval-requested');
    expect(history.executions[0]?.events[0]?.type).toBe('ExecutionStarted');
    expect(JSON.stringify(json)).not.toContain('sealedToken');
  });

  test('is paged', async () => {
    const id = await setKey();
    const all = await server.call('rita', `GET ${keyPath(id)}/history`);
    const first = await server.call('rita', `GET ${keyPath(id)}/history?limit=1`);
    const cursor = encodeURIComponent(String(first.json.cursor));
    const second = await server.call('rita', `GET ${keyPath(id)}/history?limit=1000&after=${cursor}`);
    const events = [first, second].flatMap(({ json }) => json.events as unknown[]);
    expect(first.json.events).toHaveLength(1);
    expect(events).toEqual(all.json.events);
  });
});

describe('people', () => {
  test('are added with an API key shown once, listed without it, and removed', async () => {
    const body = { email: 'carol@example.com', roles: ['ReaderPlus', 'Writer'] };
    const added = await server.call('alice', 'POST /countersign/v1/people', { body });
    expect(added.status).toBe(201);
    const { id, apiKey } = added.json;
    expect(added.json).toMatchObject({ ...body, status: 'active', kind: 'user' });
    const headers = {
      authorization: `Bearer ${String(apiKey)}`,
      'bluemix-instance': server.story.instanceId,
    };
    expect((await server.call(undefined, 'GET /api/v2/keys', { headers })).status).toBe(200);
    const listed = await server.call('alice', 'GET /countersign/v1/people');
    expect(listed.json.people).toContainEqual(
      expect.objectContaining({ id, ...body, status: 'active', kind: 'user' }),
    );
    expect(listed.text).not.toContain('cs_');
    const removed = await server.call('alice', 'DELETE /countersign/v1/people/carol%40example.com');
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await server.call(undefined, 'GET /api/v2/keys', { headers })).status).toBe(401);
    const again = await server.call(
      'alice',
      `DELETE /countersign/v1/people/${encodeURIComponent(String(id))}`,
    );
    expect([again.status, again.reason]).toEqual([404, 'PERSON_NOT_FOUND_ERR']);
  });

  test('of one address there is one; two Managers stay', async () => {
    const body = { email: 'Alice+2@example.com', roles: ['Reader'] };
    const twice = await server.call('bob', 'POST /countersign/v1/people', { body });
    expect([twice.status, twice.reason]).toEqual([409, 'PERSON_EXISTS_ERR field email']);
    const last = await server.call('bob', 'DELETE /countersign/v1/people/alice@example.com');
    expect([last.status, last.reason]).toEqual([409, 'LAST_MANAGERS_ERR']);
  });
});

test('a role that is missing is 403 here, and so is an instance that one does not belong to', async () => {
  const { id } = await server.story.newKey();
  const foreign = { headers: { 'bluemix-instance': '00000000-0000-4000-8000-000000000000' } };
  const refusals = [
    await server.call('wendy', 'GET /countersign/v1/people'),
    await server.call('rita', `POST ${keyPath(id)}/authorization/deny`),
    await server.call('rita', `POST ${keyPath(id)}/authorization/reauthorize`),
    await server.call('alice', `GET ${keyPath(id)}/history`, foreign),
  ];
  for (const { status, reason } of refusals) expect([status, reason]).toEqual([403, 'ROLE_MISSING_ERR']);
});
