import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKey } from '../../lib/operations/records/key.ts';
import { openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const write = (method: 'POST' | 'DELETE', key: string, alias: string, name: 'wendy' | 'rita' = 'wendy') =>
  server.call(name, `${method} /api/v2/keys/${key}/aliases/${alias}`);

describe('an alias of a key that is there', () => {
  test('is made, names the key everywhere, and is taken off again', async () => {
    const key = await server.story.newKey();
    const made = await write('POST', key.id, 'Later-1');
    expect([made.status, made.json.metadata]).toEqual([
      201,
      { collectionType: 'application/vnd.ibm.kms.alias+json', collectionTotal: 1 },
    ]);
    expect(made.resource).toEqual({
      keyId: key.id,
      alias: 'Later-1',
      createdBy: expect.stringMatching(/^CountersignId-/),
      creationDate: expect.stringMatching(/Z$/),
    });
    const found = await server.call('alice', 'GET /api/v2/keys/Later-1');
    expect(found.resource).toMatchObject({ id: key.id, aliases: ['Later-1'] });
    const removed = await write('DELETE', 'Later-1', 'Later-1');
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await server.call('alice', 'GET /api/v2/keys/Later-1')).status).toBe(404);
    const history = await server.call('rita', `GET /countersign/v1/keys/${key.id}/history`);
    const events = history.json.events as readonly { action: string; data?: object }[];
    expect(events.slice(1).map(({ action, data }) => [action, data])).toEqual([
      ['kms.secrets-alias.create', { alias: 'Later-1' }],
      ['kms.secrets-alias.delete', { alias: 'Later-1' }],
    ]);
  });

  test('leaves an authorization that is pending as it is', async () => {
    const key = await server.story.newKey();
    expect((await server.call('wendy', `POST /api/v2/keys/${key.id}/actions/setKeyForDeletion`)).status).toBe(
      204,
    );
    expect((await write('POST', key.id, 'while-pending')).status).toBe(201);
    const after = await loadKey(server.context.store, key.instanceId, key.id);
    expect(after?.lossVersion).toBe(key.lossVersion);
    expect((await server.call('alice', `DELETE /api/v2/keys/${key.id}`)).status).toBe(204);
    const late = await write('POST', key.id, 'too-late');
    expect([late.status, late.reason]).toEqual([409, 'KEY_ACTION_INVALID_STATE_ERR']);
    expect((await write('DELETE', key.id, 'while-pending')).status).toBe(409);
  });

  test('is one of five, and one key’s alone', async () => {
    const key = await server.story.newKey({ aliases: ['a1', 'a2', 'a3', 'a4'] });
    const other = await server.story.newKey();
    for (const [at, alias, expected] of [
      [other.id, 'a1', [409, 'KEY_ALIAS_NOT_UNIQUE_ERR field aliases']],
      [key.id, 'a1', [409, 'KEY_ALIAS_NOT_UNIQUE_ERR field aliases']],
      [key.id, 'a5', [201, 'undefined']],
      [key.id, 'a6', [409, 'KEY_ALIAS_LIMIT_ERR']],
      [other.id, 'a5', [409, 'KEY_ALIAS_NOT_UNIQUE_ERR field aliases']],
    ] as const) {
      const { status, reason } = await write('POST', at, alias);
      expect([status, reason]).toEqual(expected);
    }
    const foreign = await write('DELETE', other.id, 'a1');
    expect([foreign.status, foreign.reason]).toEqual([404, 'KEY_ALIAS_NOT_FOUND_ERR']);
  });

  test('of two keys that want it at once one has it; of one key’s last two places one is taken', async () => {
    const [a, b] = [await server.story.newKey(), await server.story.newKey()];
    const both = await Promise.all([write('POST', a.id, 'wanted'), write('POST', b.id, 'wanted')]);
    expect(both.map(({ status }) => status).sort((one, other) => one - other)).toEqual([201, 409]);
    const full = await server.story.newKey({ aliases: ['f1', 'f2', 'f3', 'f4'] });
    const last = await Promise.all([write('POST', full.id, 'f5'), write('POST', full.id, 'f6')]);
    expect(last.map(({ status }) => status).sort((one, other) => one - other)).toEqual([201, 409]);
    const { resource } = await server.call('alice', `GET /api/v2/keys/${full.id}`);
    expect(resource.aliases).toHaveLength(5);
  });

  test.each(['x', 'registrations', '6B8D3F0E-61F4-4C6E-9D9F-1F1D0A2B3C4D', 'a%20b', 'a%2Fb'])(
    'cannot be %s',
    async (alias) => {
      const key = await server.story.newKey();
      const { status, reason } = await write('POST', key.id, alias);
      expect([status, reason]).toEqual([400, 'INVALID_FIELD_ERR field alias']);
    },
  );

  test('is not for a Reader', async () => {
    const key = await server.story.newKey();
    expect((await write('POST', key.id, 'readers', 'rita')).status).toBe(401);
  });
});
