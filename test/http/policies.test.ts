import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { envelope, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer({ dualAuthorization: false });
});
afterAll(() => server.close());

describe('a key’s policies', () => {
  const dualAuth = (enabled: boolean) =>
    envelope({ type: 'application/vnd.ibm.kms.policy+json', dualAuthDelete: { enabled } });

  test('a key that never had one has an empty list', async () => {
    const { id } = await server.story.newKey();
    const { status, json } = await server.call('alice', `GET /api/v2/keys/${id}/policies`);
    expect(status).toBe(200);
    expect(json).toEqual({
      metadata: { collectionType: 'application/vnd.ibm.kms.policy+json', collectionTotal: 0 },
      resources: [],
    });
  });

  test('is written with and without `?policy`, has an id of its own, and says nothing of what is pending', async () => {
    const { id } = await server.story.newKey();
    for (const query of ['', '?policy=dualAuthDelete']) {
      const path = `/api/v2/keys/${id}/policies${query}`;
      const put = await server.call('alice', `PUT ${path}`, { body: dualAuth(true) });
      expect(put.status).toBe(200);
      await server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
      const { resources, resource } = await server.call('alice', `GET ${path}`);
      expect(resources).toHaveLength(1);
      expect(resource).toEqual({
        type: 'application/vnd.ibm.kms.policy+json',
        id: put.resource.id,
        crn: `crn:v1:bluemix:public:kms:local:a/story:${server.story.instanceId}:policy:${put.resource.id}`,
        dualAuthDelete: { enabled: true },
        createdBy: expect.stringMatching(/^CountersignId-/),
        creationDate: expect.stringMatching(/Z$/),
        updatedBy: expect.stringMatching(/^CountersignId-/),
        lastUpdateDate: expect.stringMatching(/Z$/),
      });
      expect(resource.id).not.toBe(id);
    }
  });

  test('off is stored on a key that never had it on; on is never taken off', async () => {
    const { id } = await server.story.newKey();
    const path = `/api/v2/keys/${id}/policies`;
    const off = await server.call('alice', `PUT ${path}`, { body: dualAuth(false) });
    expect([off.status, off.resource.dualAuthDelete]).toEqual([200, { enabled: false }]);
    expect((await server.call('alice', `GET ${path}`)).resources).toHaveLength(1);
    await server.call('alice', `PUT ${path}`, { body: dualAuth(true) });
    const refused = await server.call('alice', `PUT ${path}`, { body: dualAuth(false) });
    expect([refused.status, refused.reason]).toEqual([409, 'KEY_ACTION_INVALID_STATE_ERR']);
    expect((await server.call('alice', `GET ${path}`)).resource.dualAuthDelete).toEqual({ enabled: true });
  });

  test('what was answered can be sent back', async () => {
    const { id } = await server.story.newKey();
    const path = `/api/v2/keys/${id}/policies`;
    const { json } = await server.call('alice', `PUT ${path}`, { body: dualAuth(true) });
    expect((await server.call('alice', `PUT ${path}`, { body: json })).status).toBe(200);
  });

  test('a policy that was never set is not listed, whatever others were', async () => {
    const { id } = await server.story.newKey({ dualAuthDelete: true });
    const { resources } = await server.call('alice', `GET /api/v2/keys/${id}/policies?policy=rotation`);
    expect(resources).toEqual([]);
  });

  test('are a Manager’s alone', async () => {
    const { id } = await server.story.newKey();
    const path = `/api/v2/keys/${id}/policies`;
    expect((await server.call('wendy', `GET ${path}`)).status).toBe(401);
    expect((await server.call('wendy', `PUT ${path}`, { body: dualAuth(true) })).status).toBe(401);
  });
});

describe('the instance’s policies', () => {
  const path = '/api/v2/instance/policies';
  const dualAuth = (enabled: boolean) =>
    envelope({ policy_type: 'dualAuthDelete', policy_data: { enabled } });
  const createdPolicy = async () => {
    const body = envelope({ name: 'probe' });
    const headers = { prefer: 'return=representation' };
    return (await server.call('wendy', 'POST /api/v2/keys', { body, headers })).resource.dualAuthDelete;
  };

  test('never set are not listed; set, they govern the keys created from then on', async () => {
    expect((await server.call('alice', `GET ${path}`)).json).toMatchObject({ resources: [] });
    const before = await server.story.newKey();
    const put = await server.call('alice', `PUT ${path}?policy=dualAuthDelete`, { body: dualAuth(true) });
    expect([put.status, put.text]).toEqual([204, '']);
    expect((await server.call('alice', `GET ${path}`)).resources).toEqual([
      {
        policy_type: 'dualAuthDelete',
        policy_data: { enabled: true },
        createdBy: expect.stringMatching(/^CountersignId-/),
        creationDate: expect.stringMatching(/Z$/),
        updatedBy: expect.stringMatching(/^CountersignId-/),
        lastUpdated: expect.stringMatching(/Z$/),
      },
    ]);
    expect(await createdPolicy()).toEqual({ enabled: true, keySetForDeletion: false });
    const old = await server.call('rita', `GET /api/v2/keys/${before.id}/metadata`);
    expect(old.resource.dualAuthDelete).toEqual({ enabled: false });
  });

  test('the form of a key’s policy is taken as well, and switches it off for later keys', async () => {
    await server.call('alice', `PUT ${path}`, { body: dualAuth(true) });
    const body = envelope({ type: 'x', dualAuthDelete: { enabled: false } });
    expect((await server.call('alice', `PUT ${path}`, { body })).status).toBe(204);
    expect(await createdPolicy()).toEqual({ enabled: false });
  });

  test('another policy that Key Protect has is not listed', async () => {
    await server.call('alice', `PUT ${path}`, { body: dualAuth(true) });
    const { status, resources } = await server.call('alice', `GET ${path}?policy=allowedNetwork`);
    expect([status, resources]).toEqual([200, []]);
  });
});
