import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKey } from '../../lib/operations/records/key.ts';
import { envelope, openServer, type Sent, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

type Name = 'alice' | 'wendy' | 'rita';
const call = (name: Name, route: string, sent?: Sent) => server.call(name, `${route}`, sent);
const within = (ring: string): Sent => ({ headers: { 'x-kms-key-ring': ring } });
const createRing = (ring: string) => call('wendy', `POST /api/v2/key_rings/${ring}`);
const createKey = async (ring: string, resource: object = {}) =>
  call('wendy', 'POST /api/v2/keys', {
    body: envelope({ name: 'in a ring', extractable: false, ...resource }),
    headers: { 'x-kms-key-ring': ring },
  });
const move = (key: string, keyRingID: string, from?: string) =>
  call('alice', `PATCH /api/v2/keys/${key}`, {
    body: { KeyRingID: keyRingID },
    ...(from !== undefined && within(from)),
  });
const said = ({ status, reason }: { readonly status: number; readonly reason: string }) => [status, reason];

describe('key rings', () => {
  test('are created with an empty body, listed behind the default one, and deleted', async () => {
    const created = await createRing('payments');
    expect([created.status, created.text, created.headers.get('content-type')]).toEqual([201, '', null]);
    expect((await createRing('archive')).status).toBe(201);
    const { json, resources } = await call('rita', 'GET /api/v2/key_rings?totalCount=true');
    expect(json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.key_ring+json',
      collectionTotal: 3,
      totalCount: 3,
    });
    expect(resources[0]).toEqual({ id: 'default' });
    expect(resources.slice(1)).toEqual(
      ['archive', 'payments'].map((id) => ({
        id,
        creationDate: expect.stringMatching(/Z$/),
        createdBy: expect.stringMatching(/^CountersignId-/),
      })),
    );
    const page = await call('rita', 'GET /api/v2/key_rings?limit=1&offset=1');
    expect([page.resources.map(({ id }) => id), page.json.metadata]).toEqual([
      ['archive'],
      { collectionType: 'application/vnd.ibm.kms.key_ring+json', collectionTotal: 1 },
    ]);
    const removed = await call('alice', 'DELETE /api/v2/key_rings/archive');
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(said(await call('alice', 'DELETE /api/v2/key_rings/archive'))).toEqual([
      404,
      'KEY_RING_NOT_FOUND_ERR',
    ]);
  });

  test('have an id of their own, and the default one is always there', async () => {
    expect((await createRing('twice')).status).toBe(201);
    expect(said(await createRing('twice'))).toEqual([409, 'KEY_RING_NOT_UNIQUE_ERR']);
    expect(said(await createRing('default'))).toEqual([400, 'KEY_RING_RESERVED_ERR']);
    expect(said(await call('alice', 'DELETE /api/v2/key_rings/default'))).toEqual([
      400,
      'KEY_RING_RESERVED_ERR',
    ]);
    for (const ring of ['x', 'a%20b', 'r'.repeat(101)]) {
      expect(said(await createRing(ring))).toEqual([400, 'INVALID_FIELD_ERR field key_ring_id']);
    }
  });

  test('are made by Writers and deleted by Managers', async () => {
    expect((await call('rita', 'POST /api/v2/key_rings/readers')).status).toBe(401);
    expect((await createRing('writers')).status).toBe(201);
    expect((await call('wendy', 'DELETE /api/v2/key_rings/writers')).status).toBe(401);
  });

  test('are at most fifty, also when several are made at once', async () => {
    const full = await openServer();
    try {
      const made = async (n: number) => (await full.call('wendy', `POST /api/v2/key_rings/ring-${n}`)).status;
      for (let n = 1; n <= 48; n += 1) expect(await made(n)).toBe(201);
      const last = await Promise.all([49, 50, 51, 52].map(made));
      expect(last.sort((one, other) => one - other)).toEqual([201, 201, 409, 409]);
      const { resources } = await full.call('rita', 'GET /api/v2/key_rings');
      expect(resources).toHaveLength(51);
    } finally {
      await full.close();
    }
  });
});

describe('a key in a ring', () => {
  test('is put there when it is created, found there and nowhere else, and listed there', async () => {
    await createRing('blue');
    const { status, resource } = await createKey('blue', { aliases: ['azure'] });
    expect([status, resource.keyRingID]).toEqual([201, 'blue']);
    for (const name of [resource.id, 'azure']) {
      expect((await call('wendy', `GET /api/v2/keys/${name}`)).status).toBe(200);
      expect((await call('wendy', `GET /api/v2/keys/${name}`, within('blue'))).status).toBe(200);
      for (const route of ['GET', 'DELETE'].map((method) => `${method} /api/v2/keys/${name}`)) {
        expect(said(await call('alice', route, within('default')))).toEqual([404, 'KEY_NOT_FOUND_ERR']);
      }
    }
    const other = await server.story.newKey();
    const listed = await call('rita', 'GET /api/v2/keys', within('blue'));
    expect(listed.resources.map(({ id }) => id)).toEqual([resource.id]);
    const counted = await call('rita', 'HEAD /api/v2/keys', within('blue'));
    expect(counted.headers.get('key-total')).toBe('1');
    const rest = await call('rita', 'GET /api/v2/keys', within('default'));
    expect(rest.resources.map(({ id }) => id)).toContain(other.id);
    expect(rest.resources.map(({ id }) => id)).not.toContain(resource.id);
    for (const action of ['wrap', 'setKeyForDeletion', 'disable', 'rotate']) {
      const route = `POST /api/v2/keys/${resource.id}/actions/${action}`;
      expect(said(await call('alice', route, within('default')))).toEqual([404, 'KEY_NOT_FOUND_ERR']);
    }
  });

  test('needs a ring that is there', async () => {
    expect(said(await createKey('nowhere'))).toEqual([404, 'KEY_RING_NOT_FOUND_ERR']);
    expect((await createKey('default')).status).toBe(201);
  });

  test('moves to another, which is no drift, and the event says from where to where', async () => {
    await createRing('from');
    await createRing('to');
    const { id } = (await createKey('from')).resource;
    expect((await call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`)).status).toBe(204);
    const before = await loadKey(server.context.store, server.story.instanceId, id);
    expect(said(await move(id, 'to', 'default'))).toEqual([404, 'KEY_NOT_FOUND_ERR']);
    expect(said(await move(id, 'missing'))).toEqual([404, 'KEY_RING_NOT_FOUND_ERR']);
    const moved = await move(id, 'to', 'from');
    expect([moved.status, moved.resource.keyRingID, moved.resource.dualAuthDelete]).toEqual([
      200,
      'to',
      expect.objectContaining({ keySetForDeletion: true }),
    ]);
    const after = await loadKey(server.context.store, server.story.instanceId, id);
    expect(after?.lossVersion).toBe(before?.lossVersion);
    const history = await call('rita', `GET /countersign/v1/keys/${id}/history`);
    const events = history.json.events as readonly { readonly action: string }[];
    expect(events.at(-1)).toMatchObject({
      action: 'kms.secrets.patch',
      data: { initialValueKeyRingId: 'from', newValueKeyRingId: 'to' },
    });
    expect((await call('alice', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
    expect(said(await move(id, 'from'))).toEqual([409, 'KEY_ACTION_INVALID_STATE_ERR']);
    expect((await call('alice', 'DELETE /api/v2/key_rings/from')).status).toBe(204);
  });

  test('is moved by a Manager alone, and to what can be a ring', async () => {
    const { id } = await server.story.newKey();
    const body = { keyRingID: 'default' };
    expect((await call('wendy', `PATCH /api/v2/keys/${id}`, { body })).status).toBe(401);
    expect((await call('alice', `PATCH /api/v2/keys/${id}`, { body })).status).toBe(200);
    expect(said(await move(id, 'no ring'))).toEqual([400, 'INVALID_FIELD_ERR field keyRingID']);
    const more = await call('alice', `PATCH /api/v2/keys/${id}`, { body: { ...body, name: 'other' } });
    expect(said(more)).toEqual([400, 'BAD_BODY_ERR']);
  });

  test('keeps its ring from being deleted, until it is destroyed and the deletion forced', async () => {
    await createRing('kept');
    const route = 'DELETE /api/v2/key_rings/kept';
    const key = (await createKey('kept')).resource;
    const second = (await createKey('kept')).resource;
    const notEmpty = [409, 'KEY_RING_NOT_EMPTY_ERR'];
    expect(said(await call('alice', route))).toEqual(notEmpty);
    await call('wendy', `POST /api/v2/keys/${key.id}/actions/setKeyForDeletion`);
    expect((await call('alice', `DELETE /api/v2/keys/${key.id}`)).status).toBe(204);
    expect(said(await call('alice', route))).toEqual(notEmpty);
    expect(said(await call('alice', `${route}?force=true`))).toEqual(notEmpty);
    const metadata = await call('rita', `GET /api/v2/keys/${key.id}/metadata`);
    expect(metadata.resource.keyRingID).toBe('kept');
    expect((await move(second.id, 'default')).status).toBe(200);
    expect(said(await call('alice', route))).toEqual(notEmpty);
    expect((await call('alice', `${route}?force=true`)).status).toBe(204);
    const after = await call('rita', `GET /api/v2/keys/${key.id}/metadata`);
    expect(after.resource).toMatchObject({ keyRingID: 'default', state: 5 });
  });
});
