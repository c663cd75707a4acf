import { afterAll, beforeAll, expect, it } from 'vitest';
import { instanceKey } from '../../lib/operations/records/instance.ts';
import { openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

it('an instance that asks for the manifest takes no DELETE without its digest, and leaves the request pending', async () => {
  const { id } = await server.story.newKey({ name: 'ledger' });
  const set = { approvalNeedsManifest: true };
  await server.context.store.commit([
    { update: instanceKey(server.story.instanceId), when: [{ item: 'present' }], set },
  ]);
  expect((await server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`)).status).toBe(204);
  const blind = await server.call('alice', `DELETE /api/v2/keys/${id}`);
  expect(blind.status).toBe(409);
  expect(blind.reason).toBe('AUTHORIZATIONS_NOT_MET');
  expect(blind.resource.errorMsg).toContain('x-countersign-manifest');
  const own = await server.call('wendy', `GET /countersign/v1/keys/${id}/authorization`);
  expect(own.json.status).toBe('pending');
  const headers = { 'x-countersign-manifest': String(own.json.manifestDigest) };
  expect((await server.call('alice', `DELETE /api/v2/keys/${id}`, { headers })).status).toBe(204);
});

it('a denial as unexpected stops its requester, is shown in the list of people, and is lifted by a Manager', async () => {
  const { id } = await server.story.newKey({ name: 'ledger 2' });
  const setForDeletion = () => server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  await setForDeletion();
  const denied = await server.call('bob', `POST /countersign/v1/keys/${id}/authorization/deny`, {
    body: { unexpected: true, note: 'who?' },
  });
  expect(denied.status).toBe(204);
  const people = async () =>
    (await server.call('alice', 'GET /countersign/v1/people')).json.people as readonly {
      readonly email?: string;
      readonly requestsFrozenAt?: string;
    }[];
  const frozen = async () => (await people()).filter((one) => one.requestsFrozenAt !== undefined);
  expect(await frozen()).toMatchObject([{ email: 'wendy@example.com' }]);
  expect((await setForDeletion()).reason).toBe('REQUESTS_FROZEN_ERR');
  const lift = 'POST /countersign/v1/people/wendy@example.com/unfreeze-requests';
  expect((await server.call('wendy', lift)).status).toBe(403);
  expect((await server.call('alice', lift)).status).toBe(204);
  // What is asked for in the same millisecond is not asked for afterwards.
  await server.story.pass(1);
  expect(await frozen()).toEqual([]);
  expect((await setForDeletion()).status).toBe(204);
});
