import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { remoteKeyProtect } from '../../../lib/adapters/key-protect/key-provider.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import type { External } from '../../../lib/domain/external-key.ts';
import { DESTROYED, type Key } from '../../../lib/domain/key.ts';
import { createApp } from '../../../lib/http/app.ts';
import { instanceItem, loadInstance } from '../../../lib/operations/records/instance.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { personItem } from '../../../lib/operations/records/person.ts';
import { registerResource } from '../../../lib/operations/registrations.ts';
import { startFaultyProxy } from '../../support/faulty-proxy.ts';
import { type ServedApp, serveApp } from '../../support/served-app.ts';
import { newService } from '../../support/services.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';

/** The remote Key Protect is Countersign: a whole one, served, with a proxy before it that spoils what a test says. */
let story: Story;
let served: ServedApp;
let proxy: Awaited<ReturnType<typeof startFaultyProxy>>;

beforeAll(async () => {
  story = await openStory({ dualAuthorization: false });
  served = await serveApp(createApp(story.context));
  proxy = await startFaultyProxy(served.url);
});

beforeEach(() => {
  proxy.passed.length = 0;
});

afterAll(async () => {
  await proxy.close();
  await served.close();
  await story.close();
});

const referenceTo = ({ id }: Pick<Key, 'id'>): External => ({
  provider: 'key-protect',
  providerName: 'frankfurt',
  reference: id,
});

/** The API key of a service of theirs that is Manager there, as a second Manager has let it become. */
async function managingService(name: 'alice' | 'bob'): Promise<string> {
  const { store, clock } = story.context;
  const { caller, apiKey } = await newService(story.context, await story.as(name), randomUUID());
  const roles = { Manager: clock.now() };
  await store.commit([{ put: personItem({ ...caller.person, roles }), when: [] }]);
  return apiKey;
}

async function open({ two = false, timeout = 20_000 } = {}) {
  const [apiKey, secondApiKey] = [await managingService('alice'), await managingService('bob')];
  const place = {
    name: 'frankfurt',
    url: proxy.url,
    tokenUrl: `${proxy.url}/identity/token`,
    instance: story.instanceId,
  };
  return remoteKeyProtect({ ...place, apiKey, ...(two && { secondApiKey }) }, story.context.clock, timeout);
}

const OPTIONS = { idempotencyToken: 'authorization', since: 0 };
const stateOf = async ({ id }: Key) => (await loadKey(story.context.store, story.instanceId, id))?.state;
const deletes = () => proxy.passed.filter(({ method }) => method === 'DELETE');
const exchanges = () => proxy.passed.filter(({ path }) => path === '/identity/token');

describe('a key of a remote Key Protect', () => {
  test('is described with its state, aliases, newest version and what is registered with it', async () => {
    const key = await story.newKey({ aliases: ['payroll'] });
    const { caller } = await newService(story.context, await story.as('bob'), randomUUID());
    const resourceCrn = 'crn:v1:bluemix:public:cloud-object-storage:global:a/1:bucket:payroll';
    expectOk(await registerResource(story.context, caller, { idOrAlias: key.id, resourceCrn }, {}));
    const provider = await open();
    expect(await provider.describe(referenceTo(key))).toEqual({
      facts: {
        provider: 'key-protect',
        providerName: 'frankfurt',
        reference: key.id,
        state: 'Active',
        name: 'customer-data',
        aliases: ['payroll'],
        users: { total: 1, listed: [resourceCrn] },
        version: key.id,
        lastUse: { known: 'not known' },
      },
    });
  });

  test('is deleted there; asked again, it is done', async () => {
    const key = await story.newKey();
    const provider = await open();
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    expect(await stateOf(key)).toBe(DESTROYED);
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    expect(deletes()).toHaveLength(1);
    expect(await provider.status(referenceTo(key))).toEqual({ status: 'gone' });
    expect(
      proxy.passed.every(
        ({ headers, path }) => path === '/identity/token' || headers['bluemix-instance'] === story.instanceId,
      ),
    ).toBe(true);
  });

  test('whose answer is lost after it was done is found done by the repeat', async () => {
    const key = await story.newKey();
    const provider = await open();
    proxy.spoil('DELETE', /keys/, 'drops the answer');
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    expect(await stateOf(key)).toBe(DESTROYED);
  });

  const BUSY = [
    ['429 with Retry-After', { answer: 429, headers: { 'retry-after': '1' } }],
    ['500', { answer: 500 }],
    ['503', { answer: 503 }],
  ] as const;
  test.each(BUSY)('is asked again after a %s', async (_, fault) => {
    const key = await story.newKey();
    const provider = await open();
    proxy.spoil('DELETE', /keys/, fault);
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    expect(deletes()).toHaveLength(2);
  });

  test('is not asked again after a refusal, which says why', async () => {
    const key = await story.newKey();
    const { caller } = await newService(story.context, await story.as('bob'), randomUUID());
    const resourceCrn = 'crn:v1:bluemix:public:cloud-object-storage:global:a/1:bucket:payroll';
    expectOk(await registerResource(story.context, caller, { idOrAlias: key.id, resourceCrn }, {}));
    const provider = await open();
    const refused = await provider.destroy(referenceTo(key), OPTIONS);
    expect(refused).toEqual({
      refused: 'not-possible',
      detail: 'it refused (HTTP 409, PROTECTED_RESOURCE_ERR)',
    });
    expect(deletes()).toHaveLength(1);
    expect(await provider.status(referenceTo(key))).toEqual({ status: 'alive', state: 'Active' });
    expect(await provider.destroy(referenceTo(key), { ...OPTIONS, force: true })).toEqual({
      destroyed: true,
    });
  });

  test('that hangs, or is not reached, is to be tried again; it may be done', async () => {
    const key = await story.newKey();
    const provider = await open({ timeout: 3_000 });
    expect(await provider.status(referenceTo(key))).toMatchObject({ status: 'alive' });
    proxy.spoil('DELETE', /keys/, 'hangs');
    await expect(provider.destroy(referenceTo(key), OPTIONS)).rejects.toThrow(TransientError);
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    const place = { name: 'nowhere', instance: story.instanceId, apiKey: 'a-secret-api-key' };
    const nowhere = { url: 'http://127.0.0.1:9', tokenUrl: 'http://127.0.0.1:9/identity/token' };
    const unreached = remoteKeyProtect({ ...place, ...nowhere }, story.context.clock, 500);
    const error = await unreached.status(referenceTo(key)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransientError);
    expect(String(error)).not.toContain('a-secret');
  }, 20_000);

  test('is asked with a token that is renewed in time, and at once when it is not taken', async () => {
    const key = await story.newKey();
    const provider = await open();
    await provider.status(referenceTo(key));
    await provider.status(referenceTo(key));
    expect(exchanges()).toHaveLength(1);
    proxy.spoil('GET', /metadata/, { answer: 401 });
    expect(await provider.status(referenceTo(key))).toMatchObject({ status: 'alive' });
    expect(exchanges()).toHaveLength(2);
    await story.pass(3_600);
    expect(await provider.status(referenceTo(key))).toMatchObject({ status: 'alive' });
    expect(exchanges()).toHaveLength(3);
  });

  test('is not known by who has no access, and a credential that is not valid is a refusal', async () => {
    const key = await story.newKey();
    const place = {
      name: 'frankfurt',
      url: proxy.url,
      tokenUrl: `${proxy.url}/identity/token`,
      instance: story.instanceId,
    };
    const provider = remoteKeyProtect({ ...place, apiKey: 'not-an-api-key' }, story.context.clock);
    const refused = await provider.describe(referenceTo(key));
    expect(refused).toHaveProperty('refused');
    expect(JSON.stringify(refused)).not.toContain('not-an-api-key');
    const unknown = await open();
    const other = referenceTo({ id: '00000000-0000-4000-8000-000000000000' });
    expect(await unknown.describe(other)).toMatchObject({ refused: 'not-found' });
    expect(await unknown.status(other)).toMatchObject({ status: 'not known' });
  });
});

describe('a key that needs two people there as well', () => {
  const letServicesApprove = async (serviceApprovals: boolean) => {
    const { store } = story.context;
    const instance = await loadInstance(store, story.instanceId);
    if (instance === undefined) throw new Error('the instance is gone');
    await store.commit([{ put: instanceItem({ ...instance, serviceApprovals, managerWait: 0 }), when: [] }]);
  };

  test('cannot be adopted or deleted with one credential, and it is said what is missing', async () => {
    const key = await story.newKey({ dualAuthDelete: true });
    const provider = await open();
    expect(await provider.describe(referenceTo(key))).toMatchObject({ refused: 'not-possible' });
    const refused = await provider.destroy(referenceTo(key), OPTIONS);
    expect('detail' in refused && refused.detail).toContain('secondApiKeyFile');
    expect(deletes()).toHaveLength(0);
  });

  test('is set for deletion by one service and deleted by the other', async () => {
    await letServicesApprove(true);
    const key = await story.newKey({ dualAuthDelete: true });
    const provider = await open({ two: true });
    await story.pass(60);
    expect(await provider.describe(referenceTo(key))).toHaveProperty('facts');
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toEqual({ destroyed: true });
    expect(await stateOf(key)).toBe(DESTROYED);
    expect(proxy.passed.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)).toContain(
      'POST setKeyForDeletion',
    );
  });

  test('whose approval the remote refuses stays there, and the refusal is the remote’s', async () => {
    await letServicesApprove(false);
    const key = await story.newKey({ dualAuthDelete: true });
    const provider = await open({ two: true });
    await story.pass(60);
    expect(await provider.destroy(referenceTo(key), OPTIONS)).toMatchObject({ refused: 'not-possible' });
    expect(await provider.status(referenceTo(key))).toMatchObject({ status: 'alive' });
    // Nor is it left half-way, for one person there to delete.
    const there = await loadKey(story.context.store, story.instanceId, key.id);
    expect(there?.authorizationId).toBeDefined();
    expect(there?.setForDeletionUntil).toBeUndefined();
  });
});
