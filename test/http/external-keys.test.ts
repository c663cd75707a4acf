import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteKeyProtect } from '../../lib/adapters/key-protect/key-provider.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { createApp } from '../../lib/http/app.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { personItem } from '../../lib/operations/records/person.ts';
import { type ServedApp, serveApp } from '../support/served-app.ts';
import { newService } from '../support/services.ts';
import { openStory, type Story } from '../support/story.ts';
import { openServer, type Server } from './server.ts';

/** Two Countersigns: keys of the first stand for keys of the second. */
let remote: Story;
let served: ServedApp;
let here: Server;

beforeAll(async () => {
  remote = await openStory({ dualAuthorization: false });
  served = await serveApp(createApp(remote.context));
  const { store, clock } = remote.context;
  const { caller, apiKey } = await newService(remote.context, await remote.as('alice'), randomUUID());
  await store.commit([{ put: personItem({ ...caller.person, roles: { Manager: clock.now() } }), when: [] }]);
  const place = { url: served.url, tokenUrl: `${served.url}/identity/token`, instance: remote.instanceId };
  const provider = remoteKeyProtect({ name: 'frankfurt', ...place, apiKey }, clock);
  here = await openServer({ providers: { frankfurt: provider } });
});

afterAll(async () => {
  await here.close();
  await served.close();
  await remote.close();
});

const EXTERNAL = '/countersign/v1/keys/external';

async function adopted() {
  const there = await remote.newKey({ aliases: [`ledger-${randomUUID().slice(0, 8)}`] });
  const body = { name: 'ledger', provider: 'frankfurt', reference: there.id };
  const answer = await here.call('alice', `POST ${EXTERNAL}`, { body });
  const { key } = answer.json as { key: { id: string } };
  return { there, answer, id: key.id };
}

describe('a key that stands for one of another Key Protect', () => {
  it('is adopted with what it is there, and shown with where it lives', async () => {
    const { answer, there, id } = await adopted();
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      facts: { state: 'Active', aliases: there.aliases, lastUse: { known: 'not known' } },
    });
    const { resource } = await here.call('rita', `GET /api/v2/keys/${id}/metadata`);
    expect(resource).toMatchObject({ state: 1, external: { provider: 'frankfurt', reference: there.id } });
  });

  it('is deleted there when two people here say so', async () => {
    const { there, id } = await adopted();
    expect((await here.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`)).status).toBe(204);
    const manifest = await here.call('rita', `GET /countersign/v1/keys/${id}/authorization`);
    expect(manifest.json).toMatchObject({ manifest: { external: { reference: there.id } } });
    expect((await here.call('bob', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
    expect((await loadKey(remote.context.store, remote.instanceId, there.id))?.state).toBe(DESTROYED);
    const restored = await here.call('bob', `POST /api/v2/keys/${id}/restore`);
    expect(restored.status).not.toBe(201);
  });

  it('wraps, rotates and is disabled where it lives', async () => {
    const { id } = await adopted();
    for (const action of ['wrap', 'rotate', 'disable']) {
      const { status, reason } = await here.call('alice', `POST /api/v2/keys/${id}/actions/${action}`, {
        body: {},
      });
      expect([status, reason]).toEqual([409, 'KEY_EXTERNAL_ERR']);
    }
  });

  it('is refused to others than Managers, for a provider that nobody set up, and a second time', async () => {
    const { there } = await adopted();
    const body = { name: 'ledger', provider: 'frankfurt', reference: there.id };
    expect((await here.call('wendy', `POST ${EXTERNAL}`, { body })).status).toBe(403);
    const alone = { ...body, dualAuthDelete: false };
    expect((await here.call('alice', `POST ${EXTERNAL}`, { body: alone })).reason).toBe('BAD_BODY_ERR');
    expect((await here.call('alice', `POST ${EXTERNAL}`, { body })).reason).toBe('KEY_ADOPTED_ERR');
    const kms = { ...body, provider: 'aws-kms' };
    expect((await here.call('alice', `POST ${EXTERNAL}`, { body: kms })).reason).toBe(
      'INVALID_FIELD_ERR field provider',
    );
    const nothing = { ...body, reference: '00000000-0000-4000-8000-000000000000' };
    const missing = await here.call('alice', `POST ${EXTERNAL}`, { body: nothing });
    expect(missing.reason).toBe('PROVIDER_REFUSED_ERR');
    expect(missing.text).toContain('there is no such key');
  });

  it('has no deletion to give up while none has begun', async () => {
    const { id } = await adopted();
    const given = await here.call('alice', `POST /countersign/v1/keys/${id}/authorization/abandon`, {
      body: {},
    });
    expect([given.status, given.reason]).toEqual([409, 'DELETION_NOT_STALLED_ERR']);
  });
});
