import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceKey, instancePartition } from '../../lib/operations/records/instance.ts';
import { byBoth } from './second-manager.ts';
import { openServer, type Server } from './server.ts';

const PATH = '/countersign/v1/instance';

let server: Server;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

/** By alice, with bob as the second Manager. */
const patchByBoth = (body: object) => byBoth(server, 'alice', `PATCH ${PATH}`, body);
const patch = (body: object, name: 'alice' | 'bob' | 'wendy' = 'alice') =>
  server.call(name, `PATCH ${PATH}`, { body });

async function changes(): Promise<readonly { readonly actor: string; readonly data: object }[]> {
  const { items } = await server.context.store.query({
    table: 'main',
    partition: instancePartition(server.story.instanceId),
    prefix: 'event#',
    limit: 1000,
  });
  const events = items.map(
    ({ attributes }) => attributes as unknown as { action: string; actor: string; data: object },
  );
  return events.filter(({ action }) => action === 'countersign.instance.change');
}

/** Written past every rule. */
const overwrite = (set: Readonly<Record<string, number | boolean>>) =>
  server.context.store.commit([
    { update: instanceKey(server.story.instanceId), when: [{ item: 'present' }], set },
  ]);

describe('the instance', () => {
  it('is shown to Managers with all its settings', async () => {
    const { status, json } = await server.call('bob', `GET ${PATH}`);
    expect([status, json]).toEqual([
      200,
      {
        id: server.story.instanceId,
        name: 'story',
        createdAt: expect.stringMatching(/Z$/),
        authorizationWindow: 'P7D',
        managerWait: 'PT0S',
        reauthorizationWindow: 'P2D',
        restoreWindow: 'P30D',
        serviceApprovals: false,
        approvalNeedsCredential: false,
        approvalNeedsManifest: false,
        trial: false,
      },
    ]);
    expect((await server.call('wendy', `GET ${PATH}`)).status).toBe(403);
    expect((await patch({ name: 'taken' }, 'wendy')).status).toBe(403);
  });

  it('takes on what is named, with one event of the old and the new', async () => {
    await patchByBoth({
      name: 'Payments',
      authorizationWindow: 'P1DT12H',
      serviceApprovals: true,
    });
    expect((await server.call('alice', `GET ${PATH}`)).json).toMatchObject({
      name: 'Payments',
      authorizationWindow: 'P1DT12H',
      reauthorizationWindow: 'P2D',
      serviceApprovals: true,
    });
    expect(await changes()).toMatchObject([
      {
        data: {
          initialValueName: 'story',
          newValueName: 'Payments',
          initialValueAuthorizationWindow: 604_800,
          newValueAuthorizationWindow: 129_600,
          initialValueServiceApprovals: false,
          newValueServiceApprovals: true,
        },
      },
    ]);
  });

  it('stays as it is, without an event, when nothing would be other than before', async () => {
    expect((await patch({})).status).toBe(200);
    expect((await patch({ name: 'story', authorizationWindow: 'PT168H' })).status).toBe(200);
    expect(await changes()).toEqual([]);
  });

  it.each([
    [{ authorizationWindow: 'PT0S' }, 'INVALID_FIELD_ERR field authorizationWindow'],
    [{ authorizationWindow: '-P1D' }, 'INVALID_FIELD_ERR field authorizationWindow'],
    [{ authorizationWindow: 'P21D' }, 'INVALID_FIELD_ERR field authorizationWindow'],
    [{ authorizationWindow: 604_800 }, 'INVALID_FIELD_ERR field authorizationWindow'],
    [{ reauthorizationWindow: 'P1M' }, 'INVALID_FIELD_ERR field reauthorizationWindow'],
    [{ restoreWindow: 'P91D' }, 'INVALID_FIELD_ERR field restoreWindow'],
    [{ name: '' }, 'INVALID_FIELD_ERR field name'],
    [{ trial: true }, 'INVALID_FIELD_ERR field trial'],
    [{ serviceApprovals: 'yes' }, 'INVALID_FIELD_ERR field serviceApprovals'],
    [{ dualAuthDelete: { enabled: false } }, 'BAD_BODY_ERR'],
  ])('takes no %j', async (body, reason) => {
    const refused = await patch({ name: 'other', ...body });
    expect([refused.status, refused.reason]).toEqual([400, reason]);
    expect((await server.call('alice', `GET ${PATH}`)).json.name).toBe('story');
  });

  it('takes two changes at once, each of which is seen by the other', async () => {
    const answers = await Promise.all([
      patch({ approvalNeedsManifest: true }),
      patch({ approvalNeedsCredential: true }, 'bob'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await server.call('alice', `GET ${PATH}`)).json).toMatchObject({
      approvalNeedsManifest: true,
      approvalNeedsCredential: true,
    });
    expect(await changes()).toHaveLength(2);
  });

  it('asks approvers for what was set', async () => {
    const key = await server.story.newKey();
    await server.call('wendy', `POST /api/v2/keys/${key.id}/actions/setKeyForDeletion`);
    await patch({ approvalNeedsManifest: true });
    const blind = await server.call('alice', `DELETE /api/v2/keys/${key.id}`);
    expect(blind.text).toContain('x-countersign-manifest');
  });

  it('ends its trial when no key that stood in a terminal opens anything', async () => {
    await overwrite({ trial: true });
    const refused = await patch({ trial: false });
    expect([refused.status, refused.reason]).toEqual([409, 'TRIAL_GOES_ON_ERR']);
    for (const name of ['bob', 'wendy', 'rita'] as const) {
      const person = `${name}@example.com`;
      const path = `/countersign/v1/people/${person}/api-keys`;
      const [{ id } = { id: '' }] = (await server.call('alice', `GET ${path}`)).json.apiKeys as {
        id: string;
      }[];
      expect((await server.call('alice', `DELETE ${path}/${id}`)).status).toBe(204);
    }
    const own = '/countersign/v1/people/me/api-keys';
    const printed = (await server.call('alice', `GET ${own}`)).json.apiKeys as { id: string }[];
    await server.story.pass(1);
    const { apiKey } = (await server.call('alice', `POST ${own}`)).json;
    expect((await patch({ trial: false })).text).toContain('alice@example.com');
    const headers = { authorization: `Bearer ${String(apiKey)}` };
    await server.call('alice', `DELETE ${own}/${printed[0]?.id}`, { headers });
    const ended = await server.call('alice', `PATCH ${PATH}`, { headers, body: { trial: false } });
    expect([ended.status, ended.json.trial]).toEqual([200, false]);
  });
});

describe('rounds that have begun', () => {
  const setForDeletion = (id: string) =>
    server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  const authorization = async (id: string) =>
    (await server.call('alice', `GET /countersign/v1/keys/${id}/authorization`)).json as Record<
      string,
      string
    >;

  it('keep the window and the time to ask again that they began with', async () => {
    const before = await server.story.newKey();
    await setForDeletion(before.id);
    await server.story.waiting(before.id, 'pending');
    const { requestedAt = '', windowEndsAt } = await authorization(before.id);
    const hour = { authorizationWindow: 'PT1H', reauthorizationWindow: 'PT1H' };
    expect((await patchByBoth(hour)).status).toBe(200);
    expect((await authorization(before.id)).windowEndsAt).toBe(windowEndsAt);
    const after = await server.story.newKey();
    await setForDeletion(after.id);
    await server.story.waiting(after.id, 'pending');
    const other = await authorization(after.id);
    expect(Date.parse(other.windowEndsAt ?? '') - Date.parse(other.requestedAt ?? '')).toBe(3_600_000);
    expect(Date.parse(windowEndsAt ?? '') - Date.parse(requestedAt)).toBe(604_800_000);
    await server.story.pass(604_800);
    await server.story.waiting(before.id, 'lapsed');
    await server.story.pass(7_200);
    expect((await authorization(before.id)).status).toBe('lapsed');
    expect((await authorization(after.id)).status).toBe('expired');
  });
});

describe('an instance in whose windows nothing could be decided', () => {
  it('is told so when a deletion is asked for, or would be', async () => {
    const key = await server.story.newKey();
    for (const [name, seconds] of [
      ['authorizationWindow', 0],
      ['authorizationWindow', 21 * 86_400],
      ['reauthorizationWindow', -1],
    ] as const) {
      await overwrite({ authorizationWindow: 604_800, reauthorizationWindow: 172_800, [name]: seconds });
      const refused = await server.call('wendy', `POST /api/v2/keys/${key.id}/actions/setKeyForDeletion`);
      expect([refused.status, refused.reason]).toEqual([409, 'INSTANCE_WINDOW_ERR']);
      expect(refused.text).toContain(`${name} must be`);
      const dry = await server.call('wendy', `GET /countersign/v1/keys/${key.id}/manifest`);
      expect(dry.text).toContain('INSTANCE_WINDOW_ERR');
    }
  });

  it('is mended by two Managers', async () => {
    await overwrite({ authorizationWindow: 0, restoreWindow: -1 });
    expect((await patch({ authorizationWindow: 'P7D' })).text).toContain('restoreWindow');
    expect((await patchByBoth({ authorizationWindow: 'P7D', restoreWindow: 'PT0S' })).status).toBe(200);
  });
});

describe('dual authorization that nobody could meet', () => {
  it('is refused when it is set, with what is missing', async () => {
    await server.call('alice', 'PUT /api/v2/instance/policies', {
      body: {
        metadata: { collectionTotal: 1 },
        resources: [{ policy_type: 'dualAuthDelete', policy_data: { enabled: false } }],
      },
    });
    expect((await server.call('alice', 'DELETE /countersign/v1/people/bob@example.com')).status).toBe(204);
    const body = {
      metadata: { collectionTotal: 1 },
      resources: [{ policy_type: 'dualAuthDelete', policy_data: { enabled: true } }],
    };
    const refused = await server.call('alice', 'PUT /api/v2/instance/policies', { body });
    expect([refused.status, refused.reason]).toEqual([409, 'APPROVER_MISSING_ERR']);
    expect(refused.text).toContain('two Managers');
  });
});
