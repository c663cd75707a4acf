import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRegistrations } from '../../lib/operations/records/registration.ts';
import { crnOf } from '../domain/registrations.ts';
import { newService } from '../support/services.ts';
import { envelope, openServer, type Server } from './server.ts';

let server: Server;
let asService: Record<string, string>;
beforeAll(async () => {
  server = await openServer();
  const { apiKey } = await newService(server.context, await server.story.as('bob'));
  asService = { authorization: `Bearer ${apiKey}`, 'bluemix-instance': server.story.instanceId };
});
afterAll(() => server.close());

async function newKey(resource: object = {}, route = 'POST /api/v2/keys'): Promise<string> {
  const body = envelope({ name: 'in-use', extractable: false, ...resource });
  return String((await server.call('wendy', route, { body })).resource.id);
}

const pathOf = (id: string, crn: string) => `/api/v2/keys/${id}/registrations/${encodeURIComponent(crn)}`;

const write = (method: 'POST' | 'PATCH' | 'DELETE', id: string, crn: string, told: object = {}) =>
  server.call(undefined, `${method} ${pathOf(id, crn)}`, {
    headers: asService,
    ...(method !== 'DELETE' && { body: envelope(told) }),
  });

const register = async (id: string, name: string, told: object = {}) => {
  const done = await write('POST', id, crnOf(name), told);
  expect(done.status, done.text).toBe(201);
};

const set = (name: 'alice' | 'wendy', id: string, headers: Record<string, string> = {}) =>
  server.call(name, `POST /api/v2/keys/${id}/actions/setKeyForDeletion`, { headers });

const remove = (name: 'alice' | 'bob', id: string, query = '') =>
  server.call(name, `DELETE /api/v2/keys/${id}${query}`, { headers: { prefer: 'return=representation' } });

const authorizationOf = async (id: string): Promise<Record<string, unknown>> =>
  (await server.call('rita', `GET /countersign/v1/keys/${id}/authorization`)).json;

const list = (query: string, id = '') =>
  server.call('rita', `GET /api/v2/keys/${id === '' ? '' : `${id}/`}registrations${query}`);

const namesOf = ({ resources }: { readonly resources: readonly object[] }) =>
  resources.map((resource) =>
    'resourceCrn' in resource ? String(resource.resourceCrn).split(':').at(-1) : '',
  );

describe('a service', () => {
  test('registers a resource, tells more of it, and unregisters it', async () => {
    const id = await newKey();
    const told = { description: 'payroll', preventKeyDeletion: true, registrationMetadata: 'shard 7' };
    const made = await write('POST', id, crnOf('a'), told);
    expect([made.status, made.json.metadata]).toEqual([
      201,
      { collectionType: 'application/vnd.ibm.kms.registration+json', collectionTotal: 1 },
    ]);
    expect(made.resource).toMatchObject({
      keyId: id,
      keyName: 'in-use',
      resourceCrn: crnOf('a'),
      ...told,
      keyVersion: { id },
      createdBy: expect.stringMatching(/^CountersignId-/),
      creationDate: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const again = await write('POST', id, crnOf('a'), told);
    expect([again.status, again.resource]).toEqual([200, made.resource]);
    const merged = await write('PATCH', id, crnOf('a'), { preventKeyDeletion: false });
    expect([merged.status, merged.resource]).toMatchObject([200, { ...told, preventKeyDeletion: false }]);
    const shown = await list('', id);
    expect(shown.resources).toHaveLength(1);
    // The service's own notes are for services.
    expect(shown.resource).not.toHaveProperty('registrationMetadata');
    expect((await write('DELETE', id, crnOf('a'))).status).toBe(204);
    for (const method of ['DELETE', 'PATCH'] as const) {
      const gone = await write(method, id, crnOf('a'));
      expect([gone.status, gone.reason]).toEqual([404, 'REGISTRATION_NOT_FOUND_ERR']);
    }
    const { json } = await server.call('rita', `GET /countersign/v1/keys/${id}/history?limit=100`);
    const actions = (json.events as readonly { action: string }[]).map(({ action }) => action);
    expect(actions.filter((action) => action.includes('registrations'))).toEqual([
      'kms.registrations.create',
      'kms.registrations.merge',
      'kms.registrations.delete',
    ]);
  });

  test('is told what is wrong: the key, its state, its version, the name, the form', async () => {
    const standard = await newKey({ extractable: true });
    const refused = async (done: ReturnType<typeof write>) => {
      const { status, reason } = await done;
      return `${status} ${reason}`;
    };
    expect(await refused(write('POST', standard, crnOf('a')))).toBe('422 KEY_ROOT_REQ_REG_ERR');
    const gone = await newKey({}, 'POST /api/v2/keys_with_policy_overrides');
    await remove('alice', gone);
    expect(await refused(write('POST', gone, crnOf('a')))).toBe('422 KEY_INVALID_STATE_ERR');
    const id = await newKey();
    const version = { keyVersion: { id: standard } };
    expect(await refused(write('POST', id, crnOf('a'), version))).toBe(
      '422 KEY_VERSION_INVALID field keyVersion.id',
    );
    for (const crn of ['bucket', `${crnOf('a')}*`, crnOf('a').replace(':v1:', ':v2:')]) {
      expect(await refused(write('POST', id, crn))).toBe('400 INVALID_FIELD_ERR field resourceCrn');
    }
    const wrong = { preventKeyDeletion: 'yes' };
    expect(await refused(write('POST', id, crnOf('a'), wrong))).toBe(
      '400 INVALID_FIELD_ERR field preventKeyDeletion',
    );
    const missing = id.replace(/^.{8}/, '00000000');
    expect(await refused(write('POST', missing, crnOf('a')))).toBe('404 KEY_NOT_FOUND_ERR');
  });

  test('alone may do so: a Manager is told that it is for services, and nothing is registered', async () => {
    const id = await newKey();
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      const sent = method === 'DELETE' ? {} : { body: envelope({}) };
      const refused = await server.call('alice', `${method} ${pathOf(id, crnOf('a'))}`, sent);
      expect([refused.status, refused.reason]).toEqual([403, 'SERVICE_ONLY_ERR']);
    }
    expect((await list('?totalCount=true', id)).json.metadata).toMatchObject({ totalCount: 0 });
  });

  test('may encode the name once or twice', async () => {
    const id = await newKey();
    const twice = `/api/v2/keys/${id}/registrations/${encodeURIComponent(encodeURIComponent(crnOf('a')))}`;
    const sent = { headers: asService, body: envelope({}) };
    expect((await server.call(undefined, `POST ${twice}`, sent)).status).toBe(201);
    expect((await write('DELETE', id, crnOf('a'))).status).toBe(204);
  });
});

describe('registrations are listed', () => {
  let first: string;
  let second: string;
  beforeAll(async () => {
    first = await newKey({ aliases: ['listed'] });
    second = await newKey();
    for (const name of ['p1', 'p2', 'p3']) await register(first, name);
    await register(second, 'p2', { preventKeyDeletion: true });
    await register(second, 'q1');
  });
  const one = encodeURIComponent;

  test('of a key by id or alias, in pages, with how many there are', async () => {
    expect(namesOf(await list('', 'listed'))).toEqual(['p1', 'p2', 'p3']);
    const page = await list('?limit=1&offset=1&totalCount=true', first);
    expect(namesOf(page)).toEqual(['p2']);
    expect(page.json.metadata).toMatchObject({ collectionTotal: 1, totalCount: 3 });
    expect(namesOf(await list('?offset=3', first))).toEqual([]);
  });

  test('of all keys, by retention, and by name with wildcards', async () => {
    const ofBoth = `?urlEncodedResourceCRNQuery=${one(crnOf('p*'))}`;
    expect(namesOf(await list(ofBoth))).toEqual(['p1', 'p2', 'p2', 'p3']);
    expect(namesOf(await list(`${ofBoth}&limit=2&offset=1`))).toEqual(['p2', 'p2']);
    expect(namesOf(await list('?preventKeyDeletion=true', second))).toEqual(['p2']);
    expect(namesOf(await list('?preventKeyDeletion=false', second))).toEqual(['q1']);
    // Node's client encodes what is encoded already.
    const twice = one(one(crnOf('p2')));
    expect(namesOf(await list(`?urlEncodedResourceCRNQuery=${twice}`))).toEqual(['p2', 'p2']);
    const wide = one(crnOf('p2').replace('global', '*'));
    expect(namesOf(await list(`?urlEncodedResourceCRNQuery=${wide}`, first))).toEqual(['p2']);
    const refused = await list(`?urlEncodedResourceCRNQuery=${wide}`);
    expect(refused.reason).toBe('INVALID_QUERY_PARAM_ERR query_param urlEncodedResourceCRNQuery');
  });
});

describe('a key that resources use', () => {
  test('is refused without force, which leaves the request pending; with it both are gone', async () => {
    const id = await newKey();
    await register(id, 'a');
    await register(id, 'b', { description: 'bills' });
    expect((await set('wendy', id)).status).toBe(204);
    const refused = await remove('bob', id);
    expect([refused.status, refused.reason]).toEqual([409, 'PROTECTED_RESOURCE_ERR query_param force']);
    expect((await remove('bob', id, '?force=false')).status).toBe(409);
    expect(await authorizationOf(id)).toMatchObject({
      status: 'pending',
      manifest: {
        registrations: {
          total: 2,
          retained: 0,
          listed: [
            { resourceCrn: crnOf('a'), preventKeyDeletion: false },
            { resourceCrn: crnOf('b'), preventKeyDeletion: false, description: 'bills' },
          ],
        },
      },
    });
    const deleted = await remove('bob', id, '?force=true');
    expect([deleted.status, deleted.resource.state]).toEqual([200, 5]);
    expect(await authorizationOf(id)).toMatchObject({ status: 'consumed', force: true });
    await server.story.settle();
    const left = { instanceId: server.story.instanceId, keyId: id };
    expect(await loadRegistrations(server.story.context.store, left)).toEqual([]);
    expect(namesOf(await list('', id))).toEqual([]);
  });

  test('is told of in the mail to whoever must approve', async () => {
    const id = await newKey();
    await register(id, 'mailed');
    await set('wendy', id);
    await server.story.settle();
    const mail = server.story.mails.findLast(({ text }) => text.includes(id));
    expect(mail?.text).toContain(`Resource: ${crnOf('mailed')}`);
    expect(mail?.text).toContain('Used by: one resource');
  });

  test('is not deleted while a resource retains it, by force neither', async () => {
    const id = await newKey();
    await register(id, 'worm', { preventKeyDeletion: true });
    await set('wendy', id);
    for (const query of ['', '?force=true']) {
      const refused = await remove('bob', id, query);
      expect([refused.status, refused.reason]).toEqual([409, 'PREV_KEY_DEL_ERR']);
    }
    expect(await authorizationOf(id)).toMatchObject({ status: 'pending' });
  });

  test('is deleted by one person under the same conditions, where it has no policy', async () => {
    const id = await newKey({}, 'POST /api/v2/keys_with_policy_overrides');
    await register(id, 'a');
    expect((await remove('alice', id)).reason).toBe('PROTECTED_RESOURCE_ERR query_param force');
    await write('PATCH', id, crnOf('a'), { preventKeyDeletion: true });
    expect((await remove('alice', id, '?force=true')).reason).toBe('PREV_KEY_DEL_ERR');
    await write('PATCH', id, crnOf('a'), { preventKeyDeletion: false });
    expect((await remove('alice', id, '?force=true')).status).toBe(200);
    await server.story.settle();
    expect(namesOf(await list('', id))).toEqual([]);
  });
});

describe('what changes after the request', () => {
  test('is named by the refusal, by the mail, and in the next round; the old one deletes nothing', async () => {
    const id = await newKey();
    await register(id, 'old');
    await set('wendy', id);
    await register(id, 'new');
    const refused = await remove('bob', id, '?force=true');
    expect([refused.status, refused.reason]).toEqual([409, 'AUTHORIZATIONS_NOT_MET']);
    const change = `${crnOf('new')} was registered`;
    expect(refused.resource.errorMsg).toContain(change);
    expect(await authorizationOf(id)).toMatchObject({ status: 'drifted', changes: [change] });
    expect((await remove('bob', id)).resource.errorMsg).toContain(change);
    await server.story.settle();
    const asked = server.story.mails.filter(({ text }) => text.includes(id));
    expect(asked.at(-1)?.text).toContain(`Changed: ${change}`);
    const again = await server.call('wendy', `POST /countersign/v1/keys/${id}/authorization/reauthorize`);
    expect(again.json).toMatchObject({ status: 'pending', round: 2, sinceLastRound: [change] });
    await server.story.settle();
    expect(server.story.mails.at(-1)?.text).toContain(`Since round 1, what would be lost has changed:`);
    expect((await remove('bob', id, '?force=true')).status).toBe(200);
  });

  test('is no drift where nothing of it would be lost: another word, the same again', async () => {
    const id = await newKey();
    await register(id, 'a', { description: 'one' });
    await set('wendy', id);
    expect((await write('PATCH', id, crnOf('a'), { description: 'two' })).status).toBe(200);
    expect((await write('POST', id, crnOf('a'), { description: 'two' })).status).toBe(200);
    expect((await remove('bob', id, '?force=true')).status).toBe(200);
  });
});

describe('the dry run', () => {
  const preview = (name: 'alice' | 'wendy' | 'rita', id: string, headers: Record<string, string> = {}) =>
    server.call(name, `GET /countersign/v1/keys/${id}/manifest`, { headers });

  test('says what the request will say, by the same digests, and changes nothing', async () => {
    const id = await newKey();
    await register(id, 'a');
    const reason = { 'x-countersign-reason': 'replaced' };
    const changes = server.changes();
    const { status, json } = await preview('wendy', id, reason);
    expect(status).toBe(200);
    expect(server.changes()).toBe(changes);
    expect(json).toMatchObject({
      twoPeople: true,
      approvers: [{ email: 'alice@example.com' }, { email: 'bob@example.com' }],
      blocks: [{ code: 'PROTECTED_RESOURCE_ERR' }],
    });
    expect(json).not.toHaveProperty('pending');
    await set('wendy', id, reason);
    const { manifest, manifestDigest, lossDigest } = await authorizationOf(id);
    expect({ manifest, manifestDigest, lossDigest }).toEqual({
      manifest: json.manifest,
      manifestDigest: json.manifestDigest,
      lossDigest: json.lossDigest,
    });
    const later = await preview('rita', id);
    expect(later.json).toMatchObject({ lossDigest, pending: { status: 'pending', round: 1 } });
    expect(later.json.manifestDigest).not.toBe(manifestDigest);
  });

  test('names what stands against it', async () => {
    const codes = async (id: string, name: 'wendy' | 'rita' | 'alice' = 'wendy') =>
      ((await preview(name, id)).json.blocks as readonly { code: string }[]).map(({ code }) => code);
    const id = await newKey();
    expect(await codes(id)).toEqual([]);
    await register(id, 'worm', { preventKeyDeletion: true });
    expect(await codes(id)).toEqual(['PREV_KEY_DEL_ERR']);
    const alone = await newKey({}, 'POST /api/v2/keys_with_policy_overrides');
    expect((await preview('wendy', alone)).json).toMatchObject({ twoPeople: false, approvers: [] });
    await remove('alice', alone);
    expect(await codes(alone, 'alice')).toEqual(['KEY_DELETED_ERR']);
    expect(await codes(id, 'rita')).toEqual(['ROLE_MISSING_ERR', 'PREV_KEY_DEL_ERR']);
    expect((await preview('wendy', 'nothing-of-the-kind')).status).toBe(404);
  });
});
