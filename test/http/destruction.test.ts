import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDate } from '../../lib/domain/time.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { openDynamodbStore } from '../support/stores.ts';
import { waiting } from './second-manager.ts';
import { type Answered, envelope, openServer, type Sent, type Server } from './server.ts';

let server: Server;
let purger: Record<string, string>;

beforeEach(async () => {
  server = await openServer();
  purger = await personWith('KeyPurge');
});

afterEach(() => server.close());

const personWith = async (role: string): Promise<Record<string, string>> => {
  const body = { email: `${role.toLowerCase()}@example.com`, roles: [role] };
  const added = await server.call('alice', 'POST /countersign/v1/people', { body });
  const { json } = added;
  const { id, digest } = waiting(added);
  const approved = `POST /countersign/v1/change_requests/${id}/approve`;
  expect((await server.call('bob', approved, { body: { digest } })).status).toBe(200);
  return { authorization: `Bearer ${String(json.apiKey)}`, 'bluemix-instance': server.story.instanceId };
};

const created = async (more: object = {}): Promise<string> => {
  const body = envelope({ name: 'payroll', extractable: false, ...more });
  return (await server.call('wendy', 'POST /api/v2/keys', { body })).resource.id;
};

/** Deletes with two people. */
async function destroyed(id: string): Promise<void> {
  expect((await server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`)).status).toBe(204);
  expect((await server.call('alice', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
}

const restore = (id: string, sent: Sent = {}) =>
  server.call('alice', `POST /api/v2/keys/${id}/restore`, sent);
const purge = (id: string, headers = {}): Promise<Answered> =>
  server.call(undefined, `DELETE /api/v2/keys/${id}/purge`, { headers: { ...purger, ...headers } });
const metadata = (id: string) => server.call('rita', `GET /api/v2/keys/${id}/metadata`);
const wrap = async (id: string) =>
  (await server.call('rita', `POST /api/v2/keys/${id}/actions/wrap`, { body: { plaintext: 'c2VjcmV0' } }))
    .json.ciphertext;
const unwrap = async (id: string, ciphertext: unknown) =>
  (await server.call('rita', `POST /api/v2/keys/${id}/actions/unwrap`, { body: { ciphertext } })).json
    .plaintext;

const DAYS = 86_400;

async function sweptAfter(seconds: number): Promise<void> {
  await server.story.pass(seconds);
  await sweep(server.story.context);
}

const actions = async (id: string): Promise<readonly string[]> => {
  const { json } = await server.call('rita', `GET /countersign/v1/keys/${id}/history?limit=1000`);
  return (json.events as { action: string }[]).map(({ action }) => action);
};

describe('a destroyed key', () => {
  it('says until when it can be restored, and from when it can be purged', async () => {
    const id = await created();
    await destroyed(id);
    const at = server.story.clock.now();
    expect((await metadata(id)).resource).toMatchObject({
      state: 5,
      deleted: true,
      deletionDate: toDate(at),
      restoreAllowed: true,
      restoreExpirationDate: toDate(at + 30 * DAYS * 1000),
      purgeAllowed: false,
      purgeAllowedFrom: toDate(at + 14_400_000),
      purgeScheduledOn: toDate(at + 90 * DAYS * 1000),
    });
    await server.story.pass(14_400);
    expect((await metadata(id)).resource).toMatchObject({ purgeAllowed: true, restoreAllowed: true });
  });

  it('cannot be used, and its material cannot be read', async () => {
    const id = await created();
    const standard = await created({ extractable: true });
    const ciphertext = await wrap(id);
    await destroyed(id);
    await destroyed(standard);
    expect(await unwrap(id, ciphertext)).toBeUndefined();
    expect((await server.call('wendy', `GET /api/v2/keys/${standard}`)).resource).not.toHaveProperty(
      'payload',
    );
  });
});

describe('restoring', () => {
  it('brings the key back as it was, and the next deletion needs two people again', async () => {
    const id = await created({ aliases: ['payroll'], tags: ['hr'] });
    const before = (await metadata(id)).resource;
    const ciphertext = await wrap(id);
    await destroyed(id);
    const deletionDate = toDate(server.story.clock.now());
    await server.story.pass(30);
    const { status, resource } = await restore('payroll');
    expect(status).toBe(201);
    expect(resource).toMatchObject({
      id,
      state: 1,
      deleted: false,
      aliases: ['payroll'],
      tags: ['hr'],
      keyVersion: before.keyVersion,
      dualAuthDelete: { enabled: true, keySetForDeletion: false },
      deletionDate,
      lastUpdateDate: toDate(server.story.clock.now()),
    });
    expect(resource.deletedBy).toBeTypeOf('string');
    for (const gone of ['restoreAllowed', 'restoreExpirationDate', 'purgeAllowed', 'purgeScheduledOn']) {
      expect(resource).not.toHaveProperty(gone);
    }
    expect(await unwrap(id, ciphertext)).toBe('c2VjcmV0');
    expect(await unwrap(id, await wrap(id))).toBe('c2VjcmV0');

    for (const who of ['alice', 'bob'] as const) {
      expect((await server.call(who, `DELETE /api/v2/keys/${id}`)).reason).toBe('AUTHORIZATIONS_NOT_MET');
    }
    await destroyed(id);
    expect((await metadata(id)).resource).toMatchObject({ state: 5, restoreAllowed: true });
    expect(await actions(id)).toEqual([
      'kms.secrets.create',
      'kms.secrets.setkeyfordeletion',
      'countersign.authorization.approve',
      'kms.secrets.delete',
      'kms.secrets.restore',
      'kms.secrets.setkeyfordeletion',
      'countersign.authorization.approve',
      'kms.secrets.delete',
    ]);
  });

  it('brings back the material of a standard key, and what was sent along is not looked at', async () => {
    const payload = Buffer.from('thirty-two bytes of key material').toString('base64');
    const id = await created({ extractable: true, payload });
    await destroyed(id);
    await server.story.pass(30);
    expect((await restore(id, { body: 'no JSON' })).status).toBe(201);
    expect((await server.call('wendy', `GET /api/v2/keys/${id}`)).resource.payload).toBe(payload);
  });

  it('is possible by its name of 2020', async () => {
    const id = await created();
    await destroyed(id);
    await server.story.pass(30);
    const { status, resource } = await server.call('alice', `POST /api/v2/keys/${id}?action=restore`, {
      body: {},
    });
    expect({ status, state: resource.state }).toEqual({ status: 201, state: 1 });
  });

  it('begins 30 seconds after the deletion, to the millisecond', async () => {
    const id = await created();
    await destroyed(id);
    await server.story.clock.advance(29_999);
    const early = await restore(id);
    expect({ status: early.status, reason: early.reason }).toEqual({
      status: 409,
      reason: 'REQ_TOO_EARLY_ERR',
    });
    await server.story.clock.advance(1);
    expect((await restore(id)).status).toBe(201);
  });

  it('ends with the window, before anybody has shredded the material', async () => {
    const id = await created();
    await destroyed(id);
    await server.story.pass(30 * DAYS - 1);
    expect((await metadata(id)).resource.restoreAllowed).toBe(true);
    await server.story.pass(1);
    expect((await metadata(id)).resource.restoreAllowed).toBe(false);
    const late = await restore(id);
    expect({ status: late.status, reason: late.reason }).toEqual({
      status: 400,
      reason: 'KEY_RESTORE_EXPIRED',
    });
    expect(await actions(id)).not.toContain('countersign.material.shred');
  });

  it('is for Managers, and for destroyed keys alone', async () => {
    const id = await created();
    expect((await restore(id)).reason).toBe('KEY_ACTION_INVALID_STATE_ERR');
    await destroyed(id);
    await server.story.pass(30);
    for (const who of ['wendy', 'rita'] as const) {
      expect((await server.call(who, `POST /api/v2/keys/${id}/restore`)).status).toBe(401);
    }
    expect(
      (await server.call(undefined, `POST /api/v2/keys/${id}/restore`, { headers: purger })).status,
    ).toBe(401);
    expect((await metadata(id)).resource.state).toBe(5);
  });

  it('is refused for a key that has expired meanwhile', async () => {
    const expirationDate = toDate(server.story.clock.now() + 3_600_000);
    const id = await created({ expirationDate });
    await destroyed(id);
    await server.story.pass(3_600);
    const late = await restore(id);
    expect({ status: late.status, reason: late.reason }).toEqual({ status: 400, reason: 'KEY_EXPIRED_ERR' });
    expect((await metadata(id)).resource.restoreAllowed).toBe(false);
  });

  it('does not bring back a request that was on its way before the deletion', async () => {
    const id = await created();
    await destroyed(id);
    const { json } = await server.call('alice', `GET /countersign/v1/keys/${id}/authorization`);
    await server.story.pass(30);
    await restore(id);
    const after = await server.call('alice', `GET /countersign/v1/keys/${id}/authorization`);
    expect(json.status).toBe('consumed');
    expect(after.status).toBe(404);
    expect((await server.call('bob', `POST /countersign/v1/keys/${id}/authorization/deny`)).status).toBe(409);
  });
});

describe('purging', () => {
  it('leaves nothing of the key but its history', async () => {
    const id = await created({ aliases: ['payroll'], description: 'of the staff' });
    await destroyed(id);
    await server.story.pass(14_400);
    const { status, text } = await purge('payroll');
    expect({ status, text }).toEqual({ status: 204, text: '' });
    for (const route of [
      `GET /api/v2/keys/${id}`,
      `GET /api/v2/keys/${id}/metadata`,
      `GET /api/v2/keys/payroll/metadata`,
      `DELETE /api/v2/keys/${id}`,
      `POST /api/v2/keys/${id}/restore`,
      `POST /api/v2/keys/${id}?action=restore`,
      `POST /api/v2/keys/${id}/actions/setKeyForDeletion`,
      `POST /api/v2/keys/${id}/actions/unsetKeyForDeletion`,
      `GET /api/v2/keys/${id}/policies`,
      `GET /countersign/v1/keys/${id}/authorization`,
    ]) {
      const answered = await server.call('alice', route);
      expect({ route, status: answered.status, reason: answered.reason }).toEqual({
        route,
        status: 404,
        reason: 'KEY_NOT_FOUND_ERR',
      });
    }
    expect((await purge(id)).status).toBe(404);
    expect((await server.call('alice', 'GET /api/v2/keys?state=5')).resources).toEqual([]);
    const { json } = await server.call('rita', `GET /countersign/v1/keys/${id}/history`);
    expect(json.key).not.toHaveProperty('description');
    expect(json.purgedAt).toBe(new Date(server.story.clock.now()).toISOString());
    const last = (json.events as { action: string; data: object }[]).at(-1);
    expect(last).toMatchObject({
      action: 'kms.secrets.purge',
      data: {
        deletionDate: expect.any(String),
        purgeAllowedFrom: expect.any(String),
        purgeEligibleOn: expect.any(String),
        shredsMaterial: true,
      },
    });
  });

  it('frees the aliases, which are kept until then', async () => {
    const id = await created({ aliases: ['payroll'] });
    await destroyed(id);
    await server.story.pass(14_400);
    const again = { body: envelope({ name: 'payroll', extractable: false, aliases: ['payroll'] }) };
    expect((await server.call('wendy', 'POST /api/v2/keys', again)).reason).toContain('ALIAS_NOT_UNIQUE_ERR');
    await purge(id);
    expect((await server.call('wendy', 'POST /api/v2/keys', again)).status).toBe(201);
    expect((await metadata('payroll')).resource.id).not.toBe(id);
  });

  it('begins four hours after the deletion, and answers with the key where that is preferred', async () => {
    const id = await created();
    await destroyed(id);
    await server.story.clock.advance(14_399_999);
    const early = await purge(id);
    expect({ status: early.status, reason: early.reason }).toEqual({
      status: 409,
      reason: 'REQ_TOO_EARLY_ERR',
    });
    expect(early.resource.errorMsg).toContain('Purge operation is allowed 4h0m0s after key is deleted');
    await server.story.clock.advance(1);
    const { status, resource } = await purge(id, { prefer: 'return=representation' });
    expect({ status, id: resource.id, state: resource.state }).toEqual({ status: 200, id, state: 5 });
  });

  it('is for KeyPurge alone, and for destroyed keys alone', async () => {
    const id = await created();
    expect((await purge(id)).reason).toBe('KEY_ACTION_INVALID_STATE_ERR');
    await destroyed(id);
    await server.story.pass(14_400);
    for (const who of ['alice', 'wendy', 'rita'] as const) {
      expect((await server.call(who, `DELETE /api/v2/keys/${id}/purge`)).status).toBe(401);
    }
    expect((await metadata(id)).status).toBe(200);
  });
});

describe('time', () => {
  it('shreds the material when the restore window has ended, and purges the key 90 days after its deletion', async () => {
    const id = await created({ aliases: ['payroll'] });
    await destroyed(id);
    const deletionDate = toDate(server.story.clock.now());
    const material = () =>
      server.story.context.store.query({
        table: 'material',
        partition: `retained#${server.story.instanceId}#${id}`,
        limit: 10,
      });
    await sweptAfter(30 * DAYS - 1);
    expect((await material()).items).toHaveLength(1);
    await sweptAfter(1);
    expect((await material()).items).toEqual([]);
    expect((await restore(id)).reason).toBe('KEY_RESTORE_EXPIRED');
    expect((await metadata('payroll')).resource).toMatchObject({ state: 5, restoreAllowed: false });
    await sweptAfter(60 * DAYS - 1);
    expect((await metadata(id)).status).toBe(200);
    await sweptAfter(1);
    expect((await metadata(id)).status).toBe(404);
    expect((await metadata('payroll')).status).toBe(404);
    expect((await actions(id)).slice(-2)).toEqual(['countersign.material.shred', 'kms.secrets.purge']);
    const { json } = await server.call('rita', `GET /countersign/v1/keys/${id}/history`);
    const data = (json.events as { actor: string; data: object }[]).slice(-2);
    expect(data).toEqual([
      expect.objectContaining({
        actor: 'countersign|countersign',
        data: expect.objectContaining({ deletionDate }),
      }),
      expect.objectContaining({
        actor: 'countersign|countersign',
        data: expect.objectContaining({ deletionDate, shredsMaterial: false }),
      }),
    ]);
    const again = (
      await server.story.context.store.query({
        table: 'main',
        partition: `key#${server.story.instanceId}#${id}`,
        prefix: 'key',
        limit: 10,
      })
    ).items;
    // In no list of keys, but for the one of the evidence.
    expect(again.map(({ indexes }) => indexes?.list?.partition)).toEqual([
      `keys#${server.story.instanceId}#purged`,
    ]);
  });
});

describe('an instance without a restore window', () => {
  it('shreds in the deletion itself: restoring says that its time is over, purging works as everywhere', async () => {
    await server.close();
    server = await openServer({ restoreWindow: 0 });
    purger = await personWith('KeyPurge');
    const id = await created();
    await destroyed(id);
    const deletionDate = toDate(server.story.clock.now());
    const { items } = await server.story.context.store.query({
      table: 'material',
      partition: `retained#${server.story.instanceId}#${id}`,
      limit: 10,
    });
    expect(items).toEqual([]);
    expect((await metadata(id)).resource).toMatchObject({
      restoreAllowed: false,
      restoreExpirationDate: deletionDate,
    });
    await server.story.pass(30);
    expect((await restore(id)).reason).toBe('KEY_RESTORE_EXPIRED');
    await server.story.pass(14_400);
    expect((await purge(id)).status).toBe(204);
    expect(await actions(id)).not.toContain('countersign.material.shred');
  });
});

const dynamodb = await openDynamodbStore();
afterAll(() => dynamodb?.close());

describe.skipIf(dynamodb === undefined)('over DynamoDB', () => {
  it('a key is destroyed, restored, destroyed again, shredded by time and purged', async () => {
    await server.close();
    server = await openServer(dynamodb);
    purger = await personWith('KeyPurge');
    const id = await created({ aliases: ['payroll'], description: 'of the staff' });
    const ciphertext = await wrap(id);
    await destroyed(id);
    await server.story.pass(30);
    expect((await restore(id)).status).toBe(201);
    expect(await unwrap(id, ciphertext)).toBe('c2VjcmV0');
    await destroyed(id);
    await sweptAfter(30 * DAYS);
    expect((await restore(id)).reason).toBe('KEY_RESTORE_EXPIRED');
    expect((await purge(id)).status).toBe(204);
    expect((await metadata('payroll')).status).toBe(404);
    expect((await actions(id)).slice(-3)).toEqual([
      'kms.secrets.delete',
      'countersign.material.shred',
      'kms.secrets.purge',
    ]);
  });
});
