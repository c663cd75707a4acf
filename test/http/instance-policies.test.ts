import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { proxiedSource } from '../../lib/http/source.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { type Answered, answered, envelope, headersOf, openServer, type Server } from './server.ts';

type Name = Parameters<typeof headersOf>[1];

const PATH = '/api/v2/instance/policies';
const INSIDE = '192.0.2.7';
const OUTSIDE = '203.0.113.7';

let server: Server;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

const policy = (policy_type: string, enabled: boolean, attributes?: object) => ({
  policy_type,
  policy_data: { enabled, ...(attributes && { attributes }) },
});

/** A request as it comes over a connection from this address. */
async function from(
  address: string | undefined,
  name: Name,
  route: string,
  { body, app = server.app }: { body?: unknown; app?: Server['app'] } = {},
): Promise<Answered> {
  const [method = '', path = ''] = route.split(' ');
  const init = {
    method,
    headers: headersOf(server.story, name),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const env = address === undefined ? {} : { incoming: { socket: { remoteAddress: address } } };
  return answered(await app.request(path, init, env));
}

const put = (...policies: readonly object[]) =>
  from(INSIDE, 'alice', `PUT ${PATH}`, { body: envelope(...policies) });

const dataOf = async (kind: string) =>
  (await from(INSIDE, 'alice', `GET ${PATH}?policy=${kind}`)).resource.policy_data;

async function lastEvent(): Promise<{ readonly action: string; readonly data: object }> {
  const { items } = await server.context.store.query({
    table: 'main',
    partition: instancePartition(server.story.instanceId),
    prefix: 'event#',
    limit: 1000,
  });
  return items.at(-1)?.attributes as unknown as { action: string; data: object };
}

const create = (name: Name, route = 'POST /api/v2/keys', more: object = {}) =>
  from(INSIDE, name, route, { body: envelope({ name: 'created', ...more }) });

const PAYLOAD = Buffer.alloc(32, 7).toString('base64');

describe('an instance that allows some addresses alone', () => {
  const allow = (...allowed_ip: readonly string[]) => put(policy('allowedIP', true, { allowed_ip }));

  it('answers others as if they had no role, whatever they ask, with no reason', async () => {
    expect((await allow('192.0.2.0/24', '2001:db8::/32')).status).toBe(204);
    expect(await dataOf('allowedIP')).toEqual({
      enabled: true,
      attributes: { allowed_ip: ['192.0.2.0/24', '2001:db8::/32'] },
    });
    for (const route of [
      'GET /api/v2/keys',
      'HEAD /api/v2/keys',
      'POST /api/v2/keys',
      `GET ${PATH}`,
      `PUT ${PATH}`,
    ]) {
      const { status, resource } = await from(OUTSIDE, 'alice', route);
      expect([route, status, resource.reasons]).toEqual([route, 401, undefined]);
    }
    const { json } = await from(OUTSIDE, 'alice', 'GET /api/v2/keys');
    expect(json).toMatchObject({
      resources: [{ errorMsg: 'Unauthorized: The user does not have access to the specified resource' }],
    });
    for (const address of [INSIDE, `::ffff:${INSIDE}`, '2001:db8::1'])
      expect((await from(address, 'alice', 'GET /api/v2/keys')).status).toBe(200);
  });

  it('says so on Countersign’s own routes, to whoever is known there alone', async () => {
    await allow(INSIDE);
    const own = 'GET /countersign/v1/people';
    const refused = await from(OUTSIDE, 'alice', own);
    expect([refused.status, refused.reason]).toEqual([403, 'ADDRESS_NOT_ALLOWED_ERR']);
    expect((await from(INSIDE, 'alice', own)).status).toBe(200);
    const stranger = { ...headersOf(server.story, 'alice'), 'Bluemix-Instance': crypto.randomUUID() };
    const unknown = await answered(
      await server.app.request(
        '/countersign/v1/people',
        { headers: stranger },
        { incoming: { socket: { remoteAddress: OUTSIDE } } },
      ),
    );
    expect(unknown.reason).toBe('ROLE_MISSING_ERR');
  });

  it('is not reached from an address that is not known', async () => {
    await allow(INSIDE);
    expect((await from(undefined, 'alice', 'GET /api/v2/keys')).status).toBe(401);
  });

  it('goes by what a trusted proxy saw, and by what API Gateway saw', async () => {
    await allow(INSIDE);
    const behind = createApp(server.context, { sourceOf: proxiedSource });
    const forwarded = async (value: string, app = behind) => {
      const headers = { ...headersOf(server.story, 'alice'), 'x-forwarded-for': value };
      const env = { incoming: { socket: { remoteAddress: '10.0.0.1' } } };
      return (await app.request('/api/v2/keys', { headers }, env)).status;
    };
    expect(await forwarded(`${OUTSIDE}, ${INSIDE}`)).toBe(200);
    expect(await forwarded(`${INSIDE}, ${OUTSIDE}`)).toBe(401);
    expect(await forwarded(INSIDE, server.app)).toBe(401);
    const gateway = async (sourceIp: string) => {
      const event = { requestContext: { http: { sourceIp } } };
      return (
        await server.app.request('/api/v2/keys', { headers: headersOf(server.story, 'rita') }, { event })
      ).status;
    };
    expect([await gateway(INSIDE), await gateway(OUTSIDE)]).toEqual([200, 401]);
  });

  it('opens mailed links from there alone, and takes no decision from elsewhere', async () => {
    const key = await server.story.newKey();
    await server.call('wendy', `POST /api/v2/keys/${key.id}/actions/setKeyForDeletion`);
    await server.story.waiting(key.id, 'pending');
    await server.story.settle();
    await allow(INSIDE);
    const mail = server.story.mails.find(({ to }) => to.includes('bob@'));
    const [link = ''] = /\/decide\/[\w-]+/.exec(mail?.text ?? '') ?? [];
    const open = (address: string, init: RequestInit = {}) =>
      server.app.request(link, init, { incoming: { socket: { remoteAddress: address } } });
    expect((await open(INSIDE)).status).toBe(200);
    const outside = await open(OUTSIDE);
    expect(outside.status).toBe(403);
    expect(await outside.text()).not.toContain(key.id);
    const authorization = await from(INSIDE, 'alice', `GET /countersign/v1/keys/${key.id}/authorization`);
    const form = (decision: string) =>
      new URLSearchParams({
        decision,
        round: '1',
        manifestDigest: String(authorization.json.manifestDigest),
        confirm: key.id.slice(-6),
      });
    for (const decision of ['approve', 'deny']) {
      const posted = await open(OUTSIDE, { method: 'POST', body: form(decision) });
      expect(posted.status).toBe(403);
    }
    const after = await from(INSIDE, 'alice', `GET /countersign/v1/keys/${key.id}/authorization`);
    expect(after.json.status).toBe('pending');
    expect((await open(INSIDE, { method: 'POST', body: form('deny') })).status).toBe(303);
  });

  it('cannot be told to shut out whoever tells it', async () => {
    const refused = await allow('203.0.113.0/24');
    expect([refused.status, refused.reason]).toEqual([
      400,
      'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip',
    ]);
    expect(refused.text).toContain(INSIDE);
    const unknown = await from(undefined, 'alice', `PUT ${PATH}`, {
      body: envelope(policy('allowedIP', true, { allowed_ip: ['0.0.0.0/0', '::/0'] })),
    });
    expect(unknown.status).toBe(400);
    expect((await from(INSIDE, 'alice', `GET ${PATH}`)).resources).toHaveLength(1);
  });

  it('is open again when the policy is off, which keeps no addresses', async () => {
    await allow(INSIDE);
    expect((await put(policy('allowedIP', false))).status).toBe(204);
    expect(await dataOf('allowedIP')).toEqual({ enabled: false });
    expect((await from(OUTSIDE, 'alice', 'GET /api/v2/keys')).status).toBe(200);
    expect(await lastEvent()).toMatchObject({
      action: 'kms.instance-policies.write',
      data: {
        initialValuePolicyAllowedIPEnabled: true,
        initialValuePolicyAllowedIPAttribute: INSIDE,
        newValuePolicyAllowedIPEnabled: false,
      },
    });
  });

  it.each([
    [{ allowed_ip: [] }, 'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip'],
    [{}, 'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip'],
    [undefined, 'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip'],
    [{ allowed_ip: [INSIDE, 'example.com'] }, 'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip'],
    [{ allowed_ip: '192.0.2.7' }, 'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip'],
    [
      { allowed_ip: Array.from({ length: 1_001 }, () => INSIDE) },
      'INVALID_FIELD_ERR field policy_data.attributes.allowed_ip',
    ],
    [{ allowed_ip: [INSIDE], enforce_token: true }, 'BAD_BODY_ERR'],
    [{ allowed_ip: [INSIDE], more: 1 }, 'BAD_BODY_ERR'],
  ])('takes no %j', async (attributes, reason) => {
    const { status, reason: given } = await put(policy('allowedIP', true, attributes));
    expect([status, given]).toEqual([400, reason]);
  });

  it('takes a thousand ranges', async () => {
    const ranges = Array.from(
      { length: 999 },
      (_, i) => `2001:0db8:${i.toString(16)}:ffff:ffff:ffff:ffff:ffff/128`,
    );
    expect((await allow(...ranges, INSIDE)).status).toBe(204);
    expect((await from(INSIDE, 'alice', 'GET /api/v2/keys')).status).toBe(200);
  });
});

describe('an instance that restricts how keys come into being', () => {
  const restrict = (attributes: object) => put(policy('keyCreateImportAccess', true, attributes));
  const statuses = async () => ({
    createRoot: (await create('wendy', undefined, { extractable: false })).reason,
    createStandard: (await create('wendy', undefined, { extractable: true })).reason,
    importRoot: (await create('wendy', undefined, { extractable: false, payload: PAYLOAD })).reason,
    importStandard: (await create('wendy', undefined, { extractable: true, payload: PAYLOAD })).reason,
  });
  const made = {
    createRoot: 'undefined',
    createStandard: 'undefined',
    importRoot: 'undefined',
    importStandard: 'undefined',
  };
  const no = 'KEY_CREATE_IMPORT_ACCESS_ERR';

  it.each([
    ['create_root_key', { createRoot: no }],
    ['create_standard_key', { createStandard: no }],
    ['import_root_key', { importRoot: no }],
    ['import_standard_key', { importStandard: no }],
  ] as const)('refuses what %s forbids, and that alone', async (attribute, refused) => {
    expect((await restrict({ [attribute]: false })).status).toBe(204);
    expect(await statuses()).toEqual({ ...made, ...refused });
  });

  it('refuses it with Key Protect’s conflict, also with policies of the key’s own', async () => {
    await restrict({ create_standard_key: false });
    const { status, json } = await create('wendy', 'POST /api/v2/keys_with_policy_overrides');
    expect(status).toBe(409);
    expect(json).toMatchObject({
      resources: [
        { reasons: [{ code: no, status: 409, message: expect.stringContaining('no standard keys') }] },
      ],
    });
  });

  it('asks for an import token with material that is brought along, with a key and with its next version', async () => {
    const { resource } = await create('wendy', undefined, { extractable: false, payload: PAYLOAD });
    await restrict({ enforce_token: true });
    expect(await statuses()).toEqual({ ...made, importRoot: no, importStandard: no });
    const rotated = await from(INSIDE, 'wendy', `POST /api/v2/keys/${resource.id}/actions/rotate`, {
      body: { payload: PAYLOAD },
    });
    expect([rotated.status, rotated.reason]).toEqual([409, no]);
    const generated = await create('wendy', undefined, { extractable: false });
    expect(
      (await from(INSIDE, 'wendy', `POST /api/v2/keys/${generated.resource.id}/actions/rotate`)).status,
    ).toBe(204);
    // Past the policy, and then there is no token.
    const encrypted = { payload: PAYLOAD, encryptedNonce: PAYLOAD, iv: Buffer.alloc(12).toString('base64') };
    const withToken = await create('wendy', undefined, { extractable: false, ...encrypted });
    expect(withToken.reason).toBe('IMPORT_TOKEN_EXPIRED_ERR');
  });

  it('has what a request leaves out as it is by default, and nothing when the policy is off', async () => {
    await restrict({ create_root_key: false });
    await restrict({ import_root_key: false });
    expect(await dataOf('keyCreateImportAccess')).toEqual({
      enabled: true,
      attributes: {
        create_root_key: true,
        create_standard_key: true,
        import_root_key: false,
        import_standard_key: true,
        enforce_token: false,
      },
    });
    expect(await lastEvent()).toMatchObject({
      data: {
        initialValuePolicyKCIAAttrCRK: false,
        newValuePolicyKCIAEnabled: true,
        newValuePolicyKCIAAttrCRK: true,
        newValuePolicyKCIAAttrIRK: false,
        newValuePolicyKCIAAttrET: false,
      },
    });
    expect((await put(policy('keyCreateImportAccess', false, {}))).status).toBe(204);
    expect(await dataOf('keyCreateImportAccess')).toEqual({ enabled: false });
    expect(await statuses()).toEqual(made);
  });

  it('takes no attributes with a policy that is off, and needs some with one that is on', async () => {
    const off = await put(policy('keyCreateImportAccess', false, { enforce_token: true }));
    const on = await put(policy('keyCreateImportAccess', true));
    const target = 'INVALID_FIELD_ERR field policy_data.attributes';
    expect([off.status, off.reason, on.status, on.reason]).toEqual([400, target, 400, target]);
  });
});

describe('the other policies of an instance', () => {
  it('allow both networks, of which there is one, and no private one alone', async () => {
    expect(
      (await put(policy('allowedNetwork', true, { allowed_network: 'public-and-private' }))).status,
    ).toBe(204);
    expect(await dataOf('allowedNetwork')).toEqual({
      enabled: true,
      attributes: { allowed_network: 'public-and-private' },
    });
    for (const attributes of [
      { allowed_network: 'private-only' },
      { allowed_network: 'none' },
      {},
      undefined,
    ]) {
      const { status, reason } = await put(policy('allowedNetwork', true, attributes));
      expect([status, reason]).toEqual([
        400,
        'INVALID_FIELD_ERR field policy_data.attributes.allowed_network',
      ]);
    }
    expect((await put(policy('allowedNetwork', false, { allowed_network: 'private-only' }))).status).toBe(
      204,
    );
    expect(await dataOf('allowedNetwork')).toEqual({ enabled: false });
  });

  it('take metrics off, and not on: there are none', async () => {
    expect((await put(policy('metrics', true))).reason).toBe('INVALID_FIELD_ERR field policy_data.enabled');
    expect((await put(policy('metrics', false))).status).toBe(204);
    expect(await dataOf('metrics')).toEqual({ enabled: false });
  });

  it('are written together, all or none, and listed in Key Protect’s order', async () => {
    const good = [
      policy('rotation', true, { interval_month: 3 }),
      policy('metrics', false),
      policy('keyCreateImportAccess', true, { enforce_token: true }),
      policy('allowedIP', true, { allowed_ip: [INSIDE] }),
      policy('allowedNetwork', true, { allowed_network: 'public-and-private' }),
      policy('dualAuthDelete', true),
    ];
    expect((await put(...good, policy('allowedIP', true, { allowed_ip: ['nonsense'] }))).status).toBe(400);
    expect((await put(...good, policy('metrics', false))).reason).toBe('BAD_BODY_ERR');
    expect((await from(INSIDE, 'alice', `GET ${PATH}`)).resources).toHaveLength(1);
    expect((await put(...good)).status).toBe(204);
    const { resources } = await from(INSIDE, 'alice', `GET ${PATH}`);
    expect(resources.map(({ policy_type }) => policy_type)).toEqual([
      'dualAuthDelete',
      'allowedNetwork',
      'allowedIP',
      'keyCreateImportAccess',
      'metrics',
      'rotation',
    ]);
    expect(await lastEvent()).toMatchObject({
      data: { newValuePolicyRotationIntervalMonth: 3, newValuePolicyMetricsEnabled: false },
    });
  });

  it('name what is not theirs', async () => {
    for (const [kind, attributes] of [
      ['dualAuthDelete', { interval_month: 1 }],
      ['metrics', { allowed_ip: [INSIDE] }],
      ['rotation', { allowed_network: 'public-and-private' }],
      ['allowedNetwork', { create_root_key: true }],
      ['keyCreateImportAccess', { interval_month: 1 }],
    ] as const)
      expect((await put(policy(kind, kind !== 'metrics', attributes))).reason).toBe('BAD_BODY_ERR');
    expect((await put(policy('ipWhitelist', false))).reason).toBe('INVALID_FIELD_ERR field policy_type');
  });

  it('have no ports of a private endpoint', async () => {
    const { status, resources } = await from(INSIDE, 'alice', 'GET /api/v2/instance/allowed_ip_port');
    expect([status, resources]).toEqual([200, []]);
    expect((await from(INSIDE, 'rita', 'GET /api/v2/instance/allowed_ip_port')).status).toBe(401);
  });
});
