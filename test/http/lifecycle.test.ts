import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../../lib/domain/time.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Answered, envelope, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const HOUR = 3_600;
const act = (name: 'alice' | 'bob' | 'wendy' | 'rita', id: string, action: string, body?: unknown) =>
  server.call(name, `POST /api/v2/keys/${id}/actions/${action}`, body === undefined ? {} : { body });
const metadata = async (id: string) =>
  (await server.call('rita', `GET /api/v2/keys/${id}/metadata`)).resource;
const code = ({ status, reason }: Answered): string => `${status} ${reason}`;
const MATERIAL = Buffer.alloc(32, 7).toString('base64');

describe('the whole life of a key', () => {
  test('created, wrapping, rotated, disabled, enabled, rotated again, deleted by two', async () => {
    const { id } = await server.story.newKey({ dualAuthDelete: true });
    const { ciphertext } = (await act('rita', id, 'wrap', { plaintext: MATERIAL })).json;

    expect((await act('wendy', id, 'rotate')).status).toBe(204);
    expect(code(await act('wendy', id, 'rotate'))).toBe('409 KEY_ROTATION_NOT_PERMITTED');
    const rotated = await metadata(id);
    expect(rotated).toMatchObject({ state: 1, lastRotateDate: rotated.lastUpdateDate });
    expect(rotated.keyVersion).not.toMatchObject({ id });

    const opened = (await act('rita', id, 'unwrap', { ciphertext })).json;
    expect(opened).toMatchObject({ plaintext: MATERIAL, keyVersion: { id } });
    expect(opened.rewrappedKeyVersion).toEqual({ id: (rotated.keyVersion as { id: string }).id });
    const again = (await act('rita', id, 'unwrap', { ciphertext: opened.ciphertext })).json;
    expect(again).toEqual({ plaintext: MATERIAL, keyVersion: opened.rewrappedKeyVersion });
    const rewrapped = (await act('rita', id, 'rewrap', { ciphertext })).json;
    expect(rewrapped).toEqual({
      ciphertext: expect.any(String),
      keyVersion: { id },
      rewrappedKeyVersion: opened.rewrappedKeyVersion,
    });

    expect((await act('alice', id, 'disable', 'null')).status).toBe(204);
    expect((await metadata(id)).state).toBe(2);
    for (const action of ['wrap', 'rotate', 'disable']) {
      expect(code(await act('alice', id, action))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    }
    expect(code(await act('rita', id, 'unwrap', { ciphertext }))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    expect(code(await act('alice', id, 'enable'))).toBe('409 REQ_TOO_EARLY_ERR');
    server.story.clock.set(server.story.clock.now() + 30 * SECOND);
    expect((await act('alice', id, 'enable', 'null')).status).toBe(204);
    expect((await metadata(id)).state).toBe(1);

    await server.story.pass(HOUR);
    expect((await act('wendy', id, 'rotate', {})).status).toBe(204);
    await server.story.pass(HOUR);
    expect((await act('wendy', id, 'rotate', 'null')).status).toBe(204);
    expect((await act('rita', id, 'unwrap', { ciphertext })).json.plaintext).toBe(MATERIAL);

    const versions = await server.call('rita', `GET /api/v2/keys/${id}/versions?totalCount=true`);
    expect(versions.json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.key.version+json',
      collectionTotal: 4,
      totalCount: 4,
    });
    expect((await metadata(id)).keyVersion).toEqual(versions.resource);
    expect(versions.resources.at(-1)?.id).toBe(id);

    expect((await act('wendy', id, 'setKeyForDeletion')).status).toBe(204);
    const asked = await server.call('alice', `GET /countersign/v1/keys/${id}/authorization`);
    expect((asked.json.manifest as { versions: unknown[] }).versions).toHaveLength(4);
    expect((await server.call('alice', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
    expect((await metadata(id)).state).toBe(5);
    for (const action of ['rotate', 'disable', 'enable']) {
      expect(code(await act('alice', id, action))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    }
  });

  test('a rotation between the two people: the deletion has to be authorized again', async () => {
    const { id } = await server.story.newKey({ dualAuthDelete: true });
    await act('wendy', id, 'setKeyForDeletion');
    expect((await act('wendy', id, 'rotate')).status).toBe(204);
    expect(code(await server.call('alice', `DELETE /api/v2/keys/${id}`))).toBe('409 AUTHORIZATIONS_NOT_MET');
    expect((await metadata(id)).state).toBe(1);
    await act('wendy', id, 'setKeyForDeletion');
    expect((await server.call('alice', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
  });

  test('an expired key shows state 3 at once, in lists too, and unwraps, rotates and is rewrapped', async () => {
    const expiresAt = server.story.clock.now() + 60 * SECOND;
    const { id } = await server.story.newKey({ expiresAt });
    const { ciphertext } = (await act('rita', id, 'wrap')).json;
    server.story.clock.set(expiresAt);
    const listed = async (state: number) =>
      (await server.call('rita', `GET /api/v2/keys?state=${state}`)).resources.map((key) => key.id);
    for (const written of [false, true]) {
      if (written) await sweep(server.context);
      expect((await metadata(id)).state).toBe(3);
      expect(await listed(3)).toContain(id);
      expect(await listed(1)).not.toContain(id);
    }
    expect(code(await act('rita', id, 'wrap'))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    expect(code(await act('wendy', id, 'setKeyForDeletion'))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    expect((await act('rita', id, 'unwrap', { ciphertext })).status).toBe(200);
    expect((await act('wendy', id, 'rotate')).status).toBe(204);
    expect((await act('rita', id, 'rewrap', { ciphertext })).status).toBe(200);
    const versions = `GET /api/v2/keys/${id}/versions`;
    expect(code(await server.call('rita', versions))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
    expect((await server.call('rita', `${versions}?allKeyStates=true`)).resources).toHaveLength(2);
  });
});

describe('an action on a key', () => {
  test('is the same by its name, as in 2020', async () => {
    const { id } = await server.story.newKey();
    const legacy = (name: 'alice' | 'wendy', action: string, body: unknown = {}) =>
      server.call(name, `POST /api/v2/keys/${id}?action=${action}`, { body });
    const { ciphertext } = (await legacy('wendy', 'wrap')).json;
    expect((await legacy('wendy', 'rotate')).status).toBe(204);
    expect((await legacy('wendy', 'rewrap', { ciphertext })).status).toBe(200);
    expect((await legacy('alice', 'disable')).status).toBe(204);
    server.story.clock.set(server.story.clock.now() + 30 * SECOND);
    expect((await legacy('alice', 'enable')).status).toBe(204);
  });

  test('is for those who hold the role', async () => {
    const { id } = await server.story.newKey();
    for (const action of ['rotate', 'disable', 'enable', 'sync']) {
      expect((await act('rita', id, action)).status).toBe(401);
    }
    for (const action of ['disable', 'enable']) expect((await act('wendy', id, action)).status).toBe(401);
    expect((await act('rita', 'no-such-key', 'rewrap', { ciphertext: 'AAAA' })).status).toBe(404);
  });

  test('is for root keys', async () => {
    const { id } = await server.story.newKey({ extractable: true });
    for (const action of ['rotate', 'disable', 'enable', 'sync']) {
      expect(code(await act('alice', id, action))).toBe('400 KEY_ROOT_REQ_ERR');
    }
    expect(code(await act('alice', id, 'rewrap', { ciphertext: 'AAAA' }))).toBe('400 KEY_ROOT_REQ_ERR');
  });

  test('a rotation brings material exactly where the key’s was imported, of a length that AES has', async () => {
    const generated = await server.story.newKey();
    const imported = await server.story.newKey({ payload: Buffer.alloc(16, 1) });
    const payload = MATERIAL;
    expect(code(await act('wendy', generated.id, 'rotate', { payload }))).toBe(
      '400 INVALID_QUERY_PARAM_ERR field payload',
    );
    expect(code(await act('wendy', imported.id, 'rotate'))).toBe('400 KEY_PAYLOAD_REQ_ERR field payload');
    const short = { payload: Buffer.alloc(15).toString('base64') };
    expect(code(await act('wendy', imported.id, 'rotate', short))).toBe(
      '400 INVALID_FIELD_ERR field payload',
    );
    expect((await act('wendy', imported.id, 'rotate', { payload })).status).toBe(204);
    expect(await metadata(imported.id)).toMatchObject({ imported: true, algorithmBitSize: 256 });
  });

  test('a synchronization comes an hour after the last action or later', async () => {
    const { id } = await server.story.newKey();
    expect((await act('wendy', id, 'sync')).status).toBe(204);
    expect(code(await act('wendy', id, 'sync'))).toBe('409 REQ_TOO_EARLY_ERR');
    await server.story.pass(HOUR);
    expect((await act('wendy', id, 'rotate')).status).toBe(204);
    expect(code(await act('wendy', id, 'sync'))).toBe('409 REQ_TOO_EARLY_ERR');
    await server.story.pass(HOUR);
    expect((await act('wendy', id, 'sync')).status).toBe(204);
  });
});

describe('the versions of a key', () => {
  test('are paged, and counted only when that is asked for', async () => {
    const { id } = await server.story.newKey();
    await act('wendy', id, 'rotate');
    const page = await server.call('rita', `GET /api/v2/keys/${id}/versions?limit=1&offset=1`);
    expect(page.resources).toEqual([{ id, creationDate: expect.stringMatching(/Z$/) }]);
    expect(page.json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.key.version+json',
      collectionTotal: 1,
    });
    expect((await server.call('rita', `GET /api/v2/keys/${id}/versions?offset=2`)).resources).toEqual([]);
  });
});

describe('a rotation policy', () => {
  const rotation = (said: unknown) =>
    envelope({ type: 'application/vnd.ibm.kms.policy+json', rotation: said });
  const put = (id: string, body: unknown, query = '') =>
    server.call('alice', `PUT /api/v2/keys/${id}/policies${query}`, { body });

  test('keeps its interval when only `enabled` is sent, and is shown on the key', async () => {
    const { id } = await server.story.newKey();
    const first = await put(id, rotation({ enabled: true, interval_month: 3 }), '?policy=rotation');
    expect([first.status, first.resources.map((one) => one.rotation)]).toEqual([
      200,
      [{ enabled: true, interval_month: 3 }],
    ]);
    expect((await metadata(id)).rotation).toEqual({ enabled: true, interval_month: 3 });
    await put(id, rotation({ enabled: false }));
    const off = await server.call('alice', `GET /api/v2/keys/${id}/policies?policy=rotation`);
    expect(off.resource).toMatchObject({
      id: first.resource.id,
      rotation: { enabled: false, interval_month: 3 },
      crn: expect.stringContaining(`:policy:${first.resource.id}`),
    });
  });

  test('and dual authorization are written together, each with an id of its own', async () => {
    const { id } = await server.story.newKey({ dualAuthDelete: false });
    const both = envelope({ rotation: { interval_month: 12 } }, { dualAuthDelete: { enabled: true } });
    const written = await put(id, both);
    expect(written.resources.map((one) => one.dualAuthDelete ?? one.rotation)).toEqual([
      { enabled: true },
      { enabled: true, interval_month: 12 },
    ]);
    const { resources } = await server.call('alice', `GET /api/v2/keys/${id}/policies`);
    expect(new Set(resources.map((one) => one.id)).size).toBe(2);
    const history = await server.call('rita', `GET /countersign/v1/keys/${id}/history`);
    const events = history.json.events as { action: string; data: unknown }[];
    expect(events.at(-1)).toMatchObject({
      action: 'kms.policies.write',
      data: { newValuePolicyRotationEnabled: true, newValuePolicyRotationIntervalMonth: 12 },
    });
  });

  test.each([
    [envelope({ rotation: { enabled: true } }), '', '400 INVALID_FIELD_ERR field interval_month'],
    [
      envelope({ rotation: { interval_month: 0 } }),
      '',
      '400 INVALID_FIELD_ERR field rotation.interval_month',
    ],
    [
      envelope({ rotation: { interval_month: 13 } }),
      '',
      '400 INVALID_FIELD_ERR field rotation.interval_month',
    ],
    [envelope({ rotation: {} }), '', '400 INVALID_FIELD_ERR field rotation'],
    [envelope({}), '', '400 INVALID_FIELD_ERR field dualAuthDelete'],
    [
      envelope({ rotation: { interval_month: 1 } }, { rotation: { interval_month: 2 } }),
      '',
      '400 BAD_BODY_ERR',
    ],
    [
      envelope({ dualAuthDelete: { enabled: true } }),
      '?policy=rotation',
      '400 BODY_QUERY_PARAM_MISMATCH_ERR',
    ],
    [
      envelope({ rotation: { interval_month: 1 } }, { dualAuthDelete: { enabled: true } }),
      '?policy=rotation',
      '400 NUM_COLLECTION_RESOURCE_ERR',
    ],
  ])('%j%s is answered %s', async (body, query, expected) => {
    const { id } = await server.story.newKey();
    expect(code(await put(id, body, query))).toBe(expected);
    expect((await metadata(id)).rotation).toBeUndefined();
  });

  test('is refused on imported and standard keys, and on destroyed ones', async () => {
    for (const made of [{ extractable: true }, { payload: Buffer.alloc(32) }]) {
      const { id } = await server.story.newKey(made);
      expect(code(await put(id, rotation({ interval_month: 1 })))).toBe(
        '400 KEY_ROOT_REQ_ERR field rotation',
      );
    }
    const { id } = await server.story.newKey({ dualAuthDelete: false });
    expect((await server.call('alice', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
    expect(code(await put(id, rotation({ interval_month: 1 })))).toBe('409 KEY_ACTION_INVALID_STATE_ERR');
  });

  test('of the instance is taken on by root keys that are generated from then on, unless overridden', async () => {
    const path = '/api/v2/instance/policies';
    const before = await server.story.newKey();
    const policy = {
      policy_type: 'rotation',
      policy_data: { enabled: true, attributes: { interval_month: 6 } },
    };
    const set = await server.call('alice', `PUT ${path}?policy=rotation`, { body: envelope(policy) });
    expect([set.status, set.text]).toEqual([204, '']);
    const { resources } = await server.call('alice', `GET ${path}`);
    expect(resources.map((one) => one.policy_type)).toEqual(['dualAuthDelete', 'rotation']);
    expect(resources[1]).toMatchObject(policy);

    const made = async (route: string, key: object) => {
      const body = envelope({ name: 'made', extractable: false, ...key });
      const headers = { prefer: 'return=representation' };
      return (await server.call('alice', `POST /api/v2/${route}`, { body, headers })).resource;
    };
    expect((await metadata(before.id)).rotation).toBeUndefined();
    expect((await made('keys', {})).rotation).toEqual({ enabled: true, interval_month: 6 });
    expect((await made('keys', { extractable: true })).rotation).toBeUndefined();
    expect((await made('keys', { payload: MATERIAL })).rotation).toBeUndefined();
    expect((await made('keys_with_policy_overrides', {})).rotation).toBeUndefined();
    const own = await made('keys_with_policy_overrides', { rotation: { enabled: true, interval_month: 2 } });
    expect(own.rotation).toEqual({ enabled: true, interval_month: 2 });
    const standard = { name: 'made', extractable: true, rotation: { interval_month: 2 } };
    expect(
      code(
        await server.call('alice', 'POST /api/v2/keys_with_policy_overrides', { body: envelope(standard) }),
      ),
    ).toBe('400 KEY_ROOT_REQ_ERR field rotation');

    const both = envelope(
      { policy_type: 'rotation', policy_data: { enabled: false } },
      { policy_type: 'dualAuthDelete', policy_data: { enabled: true } },
    );
    expect((await server.call('alice', `PUT ${path}`, { body: both })).status).toBe(204);
    const [, kept] = (await server.call('alice', `GET ${path}`)).resources;
    expect(kept?.policy_data).toEqual({ enabled: false, attributes: { interval_month: 6 } });
  });
});
