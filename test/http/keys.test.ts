import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { envelope, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const create = (resource: object, prefer = 'return=minimal') =>
  server.call('wendy', 'POST /api/v2/keys', { body: envelope(resource), headers: { prefer } });

const representation = 'return=representation';

describe('creating a key', () => {
  test('answers 201 with the short form: no dates, no policies, no material', async () => {
    const { status, json, resource } = await create({
      name: 'payroll',
      extractable: false,
      description: 'monthly runs',
      aliases: ['payroll-2026'],
    });
    expect(status).toBe(201);
    expect(json.metadata).toEqual({
      collectionType: 'application/vnd.ibm.kms.key+json',
      collectionTotal: 1,
    });
    expect(resource).toEqual({
      type: 'application/vnd.ibm.kms.key+json',
      id: resource.id,
      name: 'payroll',
      description: 'monthly runs',
      aliases: ['payroll-2026'],
      state: 1,
      extractable: false,
      crn: `crn:v1:bluemix:public:kms:local:a/story:${server.story.instanceId}:key:${resource.id}`,
      imported: false,
      keyRingID: 'default',
      deleted: false,
    });
  });

  test('answers the whole key when that is preferred, a root key without its material', async () => {
    const { status, resource } = await create({ name: 'root', extractable: false }, representation);
    expect(status).toBe(201);
    expect(resource).toMatchObject({
      creationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      createdBy: expect.stringMatching(/^CountersignId-/),
      keyVersion: { id: resource.id },
      algorithmType: 'Deprecated',
      algorithmBitSize: 256,
      algorithmMetadata: { bitLength: '256', mode: 'Deprecated' },
      dualAuthDelete: { enabled: true, keySetForDeletion: false },
    });
    expect(resource).not.toHaveProperty('payload');
  });

  test('without `extractable` makes a standard key, whose material is answered and can be read again', async () => {
    const { resource } = await create({ name: 'standard' }, 'RETURN="representation"; foo');
    expect(resource.extractable).toBe(true);
    expect(Buffer.from(String(resource.payload), 'base64')).toHaveLength(32);
    const got = await server.call('wendy', `GET /api/v2/keys/${resource.id}`);
    expect(got.resource.payload).toBe(resource.payload);
    const metadata = await server.call('rita', `GET /api/v2/keys/${resource.id}/metadata`);
    expect(metadata.resource).toMatchObject({ id: resource.id });
    expect(metadata.text).not.toContain('payload');
  });

  test('imports the material that is given', async () => {
    const payload = Buffer.alloc(16, 7).toString('base64');
    const { resource } = await create({ name: 'imported', payload }, representation);
    expect(resource).toMatchObject({ imported: true, payload, algorithmBitSize: 128 });
  });

  test('takes field names in any case and `null` as left out, whatever the content type', async () => {
    const { status, resource } = await server.call('wendy', 'POST /api/v2/keys', {
      body: {
        METADATA: { CollectionTotal: 1 },
        Resources: [{ NAME: 'shouting', Extractable: false, Tags: ['go'], description: null }],
      },
      headers: { 'content-type': 'text/plain', prefer: representation },
    });
    expect(status).toBe(201);
    expect(resource).toMatchObject({ name: 'shouting', tags: ['go'], extractable: false });
    expect(resource).not.toHaveProperty('description');
  });

  test('with policy overrides has the policies of the request and none of the instance', async () => {
    const route = 'POST /api/v2/keys_with_policy_overrides';
    const headers = { prefer: representation };
    const without = await server.call('wendy', route, { body: envelope({ name: 'none' }), headers });
    expect(without.resource.dualAuthDelete).toEqual({ enabled: false });
    const body = envelope({ name: 'with', dualAuthDelete: { enabled: true } });
    const overridden = await server.call('wendy', route, { body, headers });
    expect(overridden.resource.dualAuthDelete).toEqual({ enabled: true, keySetForDeletion: false });
  });

  test('with an alias that is in use is refused, and the other key keeps it', async () => {
    const first = await create({ name: 'first', aliases: ['taken'] });
    const second = await create({ name: 'second', aliases: ['free', 'taken'] });
    expect([second.status, second.reason]).toEqual([409, 'KEY_ALIAS_NOT_UNIQUE_ERR field aliases']);
    const got = await server.call('alice', 'GET /api/v2/keys/taken');
    expect(got.resource.id).toBe(first.resource.id);
    expect((await server.call('alice', 'GET /api/v2/keys/free')).status).toBe(404);
  });
});

describe('finding keys', () => {
  test('a key is found by its id in any case and by its alias, in its exact case', async () => {
    const { resource } = await create({ name: 'found', aliases: ['Find-Me'] });
    const id = String(resource.id);
    for (const name of [id, id.toUpperCase(), 'Find-Me', 'Find%2DMe']) {
      expect((await server.call('alice', `GET /api/v2/keys/${name}`)).resource.id).toBe(id);
    }
    const { status, reason } = await server.call('alice', 'GET /api/v2/keys/find-me');
    expect([status, reason]).toEqual([404, 'KEY_NOT_FOUND_ERR']);
  });

  test.each(['a%2Fb', '..%2F..%2Fhealthz', '%00', '%E0%A4%A', '%', 'x', 'a'.repeat(91), 'ä-key', '%20'])(
    'what can be neither id nor alias is not found: %s',
    async (name) => {
      for (const route of [`GET /api/v2/keys/${name}`, `DELETE /api/v2/keys/${name}`]) {
        const { status, reason } = await server.call('alice', route);
        expect([status, reason]).toEqual([404, 'KEY_NOT_FOUND_ERR']);
      }
    },
  );

  test('the list is paged by id, and its total is the number of items in the answer', async () => {
    const all = await server.call('rita', 'GET /api/v2/keys?limit=5000');
    const ids = all.resources.map(({ id }) => String(id));
    expect(ids).toEqual([...ids].sort());
    expect(all.text).not.toContain('payload');
    const page = await server.call('rita', 'GET /api/v2/keys?limit=2&offset=1');
    expect(page.resources.map(({ id }) => id)).toEqual(ids.slice(1, 3));
    expect(page.json.metadata).toMatchObject({ collectionTotal: 2 });
    const beyond = await server.call('rita', 'GET /api/v2/keys?offset=1000');
    expect(beyond.json).toMatchObject({ metadata: { collectionTotal: 0 }, resources: [] });
  });

  test('states are chosen by number, encoded as the Node client does', async () => {
    const active = await server.call('rita', 'GET /api/v2/keys?state=0%2C1');
    expect(active.resources.length).toBeGreaterThan(0);
    const destroyed = await server.call('rita', 'GET /api/v2/keys?state=5,4');
    expect(destroyed.resources).toEqual([]);
  });

  test('HEAD answers how many there are and no body', async () => {
    const { resources } = await server.call('rita', 'GET /api/v2/keys');
    const head = await server.call('rita', 'HEAD /api/v2/keys');
    expect([head.status, head.headers.get('key-total'), head.text]).toEqual([
      200,
      String(resources.length),
      '',
    ]);
    const none = await server.call('rita', 'HEAD /api/v2/keys?state=5');
    expect(none.headers.get('key-total')).toBe('0');
  });

  test('a Reader may not read a whole key: 401 without reasons', async () => {
    const { resource: key } = await create({ name: 'secret' });
    const { status, json } = await server.call('rita', `GET /api/v2/keys/${key.id}`);
    expect(status).toBe(401);
    expect(json.resources).toEqual([
      { errorMsg: 'Unauthorized: The user does not have access to the specified resource' },
    ]);
  });
});

describe('wrapping', () => {
  const wrapWith = (id: string, body?: unknown) =>
    server.call('rita', `POST /api/v2/keys/${id}/actions/wrap`, body === undefined ? {} : { body });
  const unwrapWith = (id: string, body: unknown) =>
    server.call('rita', `POST /api/v2/keys/${id}/actions/unwrap`, { body });

  test('without a plaintext answers a data key in both forms; unwrapping gives it back', async () => {
    const { resource: key } = await create({ name: 'wrapper', extractable: false });
    for (const body of [undefined, 'null', {}, '']) {
      const { status, json: wrapped } = await wrapWith(key.id, body);
      expect(status).toBe(200);
      expect(Object.keys(wrapped).sort()).toEqual(['ciphertext', 'keyVersion', 'plaintext']);
      const { json: unwrapped } = await unwrapWith(key.id, { ciphertext: wrapped.ciphertext });
      expect(unwrapped).toEqual({ plaintext: wrapped.plaintext, keyVersion: { id: key.id } });
    }
  });

  test('with a plaintext answers only the ciphertext, bound to the aad in its order', async () => {
    const { resource: key } = await create({ name: 'wrapper', extractable: false });
    const plaintext = Buffer.from('data key').toString('base64');
    const { json: wrapped } = await wrapWith(key.id, { plaintext, AAD: ['a', 'b'] });
    expect(wrapped).not.toHaveProperty('plaintext');
    const { ciphertext } = wrapped;
    const unwrapped = await unwrapWith(key.id, { ciphertext, aad: ['a', 'b'] });
    expect(unwrapped.json.plaintext).toBe(plaintext);
    const other = await unwrapWith(key.id, { ciphertext, aad: ['b', 'a'] });
    expect([other.status, other.reason]).toEqual([422, 'UNPROCESSABLE_CIPHERTEXT_ERR']);
  });

  test('is for root keys', async () => {
    const { resource: key } = await create({ name: 'standard', extractable: true });
    const { status, reason } = await wrapWith(key.id);
    expect([status, reason]).toEqual([400, 'KEY_ROOT_REQ_ERR']);
  });

  test('goes by `?action=` as well', async () => {
    const { resource: key } = await create({ name: 'wrapper', extractable: false });
    const { status, json: wrapped } = await server.call('rita', `POST /api/v2/keys/${key.id}?action=wrap`);
    expect(status).toBe(200);
    const unwrapped = await server.call('rita', `POST /api/v2/keys/${key.id}?action=unwrap`, {
      body: { ciphertext: wrapped.ciphertext },
    });
    expect(unwrapped.json.plaintext).toBe(wrapped.plaintext);
  });
});
