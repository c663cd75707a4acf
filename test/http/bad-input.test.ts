import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { envelope, openServer, type Sent, type Server } from './server.ts';

let server: Server;
let id: string;
beforeAll(async () => {
  server = await openServer();
  id = (await server.story.newKey({ aliases: ['target'] })).id;
  await server.call('wendy', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
});
afterAll(() => server.close());

/** What the request is, what it sends, and the reason of the 400. */
type Bad = readonly [what: string, sent: Sent, reason: string];

/** Each is refused with 400 and this reason, says what has to be otherwise, and changes nothing. */
function refuses(route: string, requests: readonly Bad[]): void {
  test.each(requests)('%s', async (_what, sent, reason) => {
    const before = server.changes();
    const { status, reason: given, resource, text } = await server.call('alice', route, sent);
    expect([status, given]).toEqual([400, reason]);
    const [code = ''] = reason.split(' ');
    expect(resource.errorMsg).toMatch(new RegExp(`^Bad Request: .*\\(${code}\\)$`));
    expect(resource.reasons?.[0]).toMatchObject({
      status: 400,
      moreInfo: 'https://cloud.ibm.com/apidocs/key-protect',
    });
    expect(text).not.toMatch(/\n\s+at |node_modules|zod/i);
    expect(server.changes()).toBe(before);
  });
}

const NAME = 'named';
const key = (resource: object): Sent => ({ body: envelope({ name: NAME, ...resource }) });
const bytes = (length: number): string => Buffer.alloc(length, 1).toString('base64');
const field = (name: string) => `INVALID_FIELD_ERR field ${name}`;

const ENVELOPES: readonly Bad[] = [
  ['no body', {}, 'NO_BODY_ERR'],
  ['a body of `null`', { body: 'null' }, 'NO_BODY_ERR'],
  ['no JSON', { body: '{"metadata":' }, 'BAD_BODY_ERR'],
  ['a form', { body: 'name=payroll' }, 'BAD_BODY_ERR'],
  ['a JSON string', { body: '"payroll"' }, 'BAD_BODY_ERR'],
  ['a JSON array', { body: [] }, 'BAD_BODY_ERR'],
  ['no metadata', { body: { resources: [{}] } }, 'BAD_BODY_ERR'],
  ['empty metadata', { body: { metadata: {}, resources: [{}] } }, 'BAD_BODY_ERR'],
  ['no resources', { body: { metadata: { collectionTotal: 0 } } }, 'BAD_BODY_ERR'],
  ['empty resources', { body: envelope() }, 'BAD_BODY_ERR'],
  [
    'a total that is not the number of resources',
    { body: { ...envelope({}), metadata: { collectionTotal: 2 } } },
    'COLLECTION_TOTAL_MISMATCH_ERR',
  ],
  [
    'a total that is text',
    { body: { ...envelope({}), metadata: { collectionTotal: '1' } } },
    'COLLECTION_TOTAL_MISMATCH_ERR',
  ],
  [
    'no total',
    { body: { ...envelope({}), metadata: { collectionType: 'x' } } },
    'COLLECTION_TOTAL_MISMATCH_ERR',
  ],
  ['a resource that is no object', { body: envelope('x') }, 'BAD_BODY_ERR'],
  ['an unknown field', { body: envelope({ extra_field: 1 }) }, 'BAD_BODY_ERR'],
];

describe('the envelope of a key', () => {
  refuses(
    'POST /api/v2/keys',
    ENVELOPES.filter(([what]) => what !== 'an unknown field'),
  );
  refuses('POST /api/v2/keys', [
    ['an unknown field beside good ones', key({ extractible: false }), 'BAD_BODY_ERR'],
    ['two keys', { body: envelope({ name: 'one' }, { name: 'two' }) }, 'BAD_BODY_ERR'],
  ]);
});

describe('the envelope of a key policy', () => refuses('PUT /api/v2/keys/target/policies', ENVELOPES));
describe('the envelope of an instance policy', () => refuses('PUT /api/v2/instance/policies', ENVELOPES));

describe('the fields of a key', () => {
  const fields: readonly Bad[] = [
    ['no name', { body: envelope({}) }, field('name')],
    ['a name that is no text', key({ name: 7 }), field('name')],
    ['a name of one character', key({ name: 'n' }), field('name')],
    ['a name of 91 characters', key({ name: 'n'.repeat(91) }), field('name')],
    ['a name of blanks', key({ name: '   ' }), field('name')],
    ['a name with a line break', key({ name: 'a\nb' }), field('name')],
    ['a name that turns the direction of writing', key({ name: 'a\u202eb' }), field('name')],
    ['a name with half a character', key({ name: 'ab\ud83d' }), field('name')],
    ['a description of one character', key({ description: 'd' }), field('description')],
    ['a description of 241 characters', key({ description: 'd'.repeat(241) }), field('description')],
    ['31 tags', key({ tags: Array.from({ length: 31 }, (_, i) => `t${i}`) }), field('tags')],
    ['a tag of 31 characters', key({ Tags: ['ok', 't'.repeat(31)] }), field('tags')],
    ['a tag that is no text', key({ tags: [{}] }), field('tags')],
    ['tags that are no array', key({ tags: 'a' }), field('tags')],
    ['6 aliases', key({ aliases: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'] }), field('aliases')],
    ['an alias twice', key({ aliases: ['aa', 'aa'] }), field('aliases')],
    ['an alias of one character', key({ aliases: ['a'] }), field('aliases')],
    ['an alias of 91 characters', key({ aliases: ['a'.repeat(91)] }), field('aliases')],
    ['an alias with a dot', key({ aliases: ['a.b'] }), field('aliases')],
    ['an alias with a line break', key({ aliases: ['ab\n'] }), field('aliases')],
    ['an alias that is an id', key({ aliases: ['6B8D3F0E-61F4-4C6E-9D9F-1F1D0A2B3C4D'] }), field('aliases')],
    ['an alias that is a reserved word', key({ aliases: ['registrations'] }), field('aliases')],
    ['`extractable` as text', key({ extractable: 'false' }), field('extractable')],
    ['a date that is over', key({ expirationDate: '2020-01-01T00:00:00Z' }), field('expirationDate')],
    ['a date that is none', key({ expirationDate: '2030-02-30T00:00:00Z' }), field('expirationDate')],
    ['a date without a time', key({ expirationDate: '2030-01-01' }), field('expirationDate')],
    ['material that is not base64', key({ payload: 'not base64!' }), field('payload')],
    ['material in base64url', key({ payload: '_-_-' }), field('payload')],
    ['material without its padding', key({ payload: bytes(16).replace(/=+$/, '') }), field('payload')],
    ['no material', key({ payload: '' }), field('payload')],
    ['a root key of 33 bytes', key({ extractable: false, payload: bytes(33) }), field('payload')],
    ['a root key of 15 bytes', key({ extractable: false, payload: bytes(15) }), field('payload')],
    ['a standard key of 7,501 bytes', key({ payload: bytes(7_501) }), field('payload')],
    ['a nonce', key({ payload: bytes(16), encryptedNonce: 'x' }), field('encryptedNonce')],
    ['an iv', key({ payload: bytes(16), IV: 'x' }), field('iv')],
    ['a nonce without its iv', key({ payload: bytes(512), encryptedNonce: bytes(28) }), field('iv')],
    ['an iv without a nonce', key({ payload: bytes(512), iv: bytes(12) }), field('encryptedNonce')],
    ['an iv of 16 bytes', key({ payload: bytes(512), iv: bytes(16) }), field('iv')],
    ['an algorithm without material', key({ encryptionAlgorithm: 'RSAES_OAEP_SHA_256' }), field('payload')],
    [
      'another algorithm',
      key({ payload: bytes(512), encryptionAlgorithm: 'RSAES_PKCS1_V1_5' }),
      field('encryptionAlgorithm'),
    ],
    [
      'what can be no key ring',
      { ...key({}), headers: { 'x-kms-key-ring': 'no ring' } },
      'INVALID_FIELD_ERR header x-kms-key-ring',
    ],
  ];
  refuses('POST /api/v2/keys', fields);
  refuses('POST /api/v2/keys', [
    ['an override', key({ dualAuthDelete: { enabled: false } }), field('dualAuthDelete')],
    ['an override of rotation', key({ rotation: { interval_month: 3 } }), field('rotation')],
  ]);
  refuses('POST /api/v2/keys_with_policy_overrides', [
    ...fields,
    ['an override that does not say', key({ dualAuthDelete: {} }), field('dualAuthDelete.enabled')],
    ['an override with more', key({ dualAuthDelete: { enabled: true, x: 1 } }), 'BAD_BODY_ERR'],
    ['a rotation that says nothing', key({ rotation: {} }), field('rotation')],
    ['a rotation too rare', key({ rotation: { interval_month: 13 } }), field('rotation.interval_month')],
    [
      'a rotation of a standard key',
      key({ rotation: { interval_month: 3 } }),
      'KEY_ROOT_REQ_ERR field rotation',
    ],
  ]);

  test('are taken at their limits', async () => {
    const limits = [
      {
        name: 'n'.repeat(90),
        description: 'd'.repeat(240),
        aliases: ['a-', '_b', 'c'.repeat(90), 'd4', 'e5'],
      },
      { name: 'no', tags: Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(30, 't')) },
      { name: 'no', payload: bytes(7_500) },
      ...[16, 24, 32].map((length) => ({ name: 'no', extractable: false, payload: bytes(length) })),
      { name: 'no', expirationDate: '2036-01-01T01:00:00.123456789+02:00' },
    ];
    for (const resource of limits) {
      expect((await server.call('alice', 'POST /api/v2/keys', { body: envelope(resource) })).status).toBe(
        201,
      );
    }
  });
});

describe('wrapping', () => {
  const wrong: readonly Bad[] = [
    ['no JSON', { body: '{' }, 'BAD_BODY_ERR'],
    ['an array', { body: [] }, 'BAD_BODY_ERR'],
    ['an unknown field', { body: { plaintxt: bytes(16) } }, 'BAD_BODY_ERR'],
    ['aad that is no array', { body: { aad: 'a' } }, field('aad')],
    ['aad of 256 characters', { body: { aad: ['a'.repeat(256)] } }, field('aad')],
    ['127 of aad', { body: { aad: Array.from({ length: 127 }, () => 'a') } }, field('aad')],
  ];
  refuses('POST /api/v2/keys/target/actions/wrap', [
    ...wrong,
    ['a plaintext that is not base64', { body: { plaintext: 'ä' } }, field('plaintext')],
  ]);
  refuses('POST /api/v2/keys/target?action=wrap', [
    ['a plaintext that is no text', { body: { plaintext: 5 } }, field('plaintext')],
  ]);
  refuses('POST /api/v2/keys/target/actions/unwrap', [
    ...wrong.filter(([, sent]) => typeof sent.body === 'string' || Array.isArray(sent.body)),
    ['no body', {}, 'NO_BODY_ERR'],
    ['`null`', { body: 'null' }, 'NO_BODY_ERR'],
    ['no ciphertext', { body: {} }, field('ciphertext')],
    ['a ciphertext that is not base64', { body: { ciphertext: '???' } }, field('ciphertext')],
    ['an empty ciphertext', { body: { ciphertext: '' } }, field('ciphertext')],
    ['aad with numbers', { body: { ciphertext: 'QQ==', aad: [1] } }, field('aad')],
  ]);
});

describe('setting and unsetting', () => {
  for (const action of ['setKeyForDeletion', 'unsetKeyForDeletion']) {
    refuses(`POST /api/v2/keys/target/actions/${action}`, [
      [`${action} with no JSON`, { body: '{x' }, 'BAD_BODY_ERR'],
    ]);
    refuses(`POST /api/v2/keys/target?action=${action}`, [
      [`${action} of 2020 with no JSON`, { body: 'x' }, 'BAD_BODY_ERR'],
    ]);
  }
  const header = (name: string, value: string): Sent => ({ headers: { [name]: value } });
  const reason = 'INVALID_FIELD_ERR header x-countersign-reason';
  refuses('POST /api/v2/keys/target/actions/setKeyForDeletion', [
    ['a reason of 501 characters', header('x-countersign-reason', 'r'.repeat(501)), reason],
    ['a reason that cannot be decoded', header('x-countersign-reason', "UTF-8''%E4"), reason],
    ['a reason with a line break in it', header('x-countersign-reason', "UTF-8''a%0Ab"), reason],
    [
      'a ticket of 201 characters',
      header('x-countersign-ticket', 't'.repeat(201)),
      'INVALID_FIELD_ERR header x-countersign-ticket',
    ],
  ]);
  refuses('POST /api/v2/keys/target/actions/unsetKeyForDeletion', [
    [
      'a note of 501 characters',
      header('x-countersign-note', 'n'.repeat(501)),
      'INVALID_FIELD_ERR header x-countersign-note',
    ],
  ]);
});

describe('`?action=`', () => {
  const wrong = 'INVALID_QUERY_PARAM_ERR query_param action';
  for (const query of ['', '?action=', '?action=toString', '?action=SETKEYFORDELETION', '?action=destroy']) {
    refuses(`POST /api/v2/keys/target${query}`, [[`is missing or unknown: ${query}`, {}, wrong]]);
  }
});

describe('deleting', () => {
  refuses('DELETE /api/v2/keys/target?force=yes', [
    ['`force` that is neither', {}, 'INVALID_QUERY_PARAM_ERR query_param force'],
  ]);
  refuses('DELETE /api/v2/keys/target', [
    [
      'a digest that is none',
      { headers: { 'x-countersign-manifest': 'abc' } },
      'INVALID_FIELD_ERR header x-countersign-manifest',
    ],
    [
      'what can be no ring',
      { headers: { 'x-kms-key-ring': 'no ring' } },
      'INVALID_FIELD_ERR header x-kms-key-ring',
    ],
  ]);
});

describe('listing', () => {
  for (const query of [
    'limit=0',
    'limit=5001',
    'limit=x',
    'limit=-1',
    'limit=1e3',
    'limit=',
    'offset=-1',
    'offset=1.5',
    'offset=99999999999',
    'state=6',
    'state=1,',
    'state=',
    'state=active',
    'state=__proto__',
    'sort=name',
    'sort=id,',
    'sort=id,-name',
    'search=',
    'search=,',
    'search=not:exact:',
    `search=${'a'.repeat(257)}`,
    'filter=state',
    'filter=state=6',
    'filter=state=1,',
    'filter=extractable=gt:true',
    'filter=creationDate=2026-01-01T00:00:00Z',
    'filter=creationDate="2026-02-30T00:00:00Z"',
    'filter=creationDate=eq:"2026-01-01T00:00:00Z"',
    'filter=name=payroll',
    'filter=state=1%20state=1%20state=1%20state=1',
    'filter=state=1&state=1',
    'filter=extractable=true&extractable=true',
    'extractable=1',
  ]) {
    const [name] = query.split('=');
    refuses(`GET /api/v2/keys?${query}`, [[query, {}, `INVALID_QUERY_PARAM_ERR query_param ${name}`]]);
  }
  test('HEAD is as strict', async () => {
    expect((await server.call('alice', 'HEAD /api/v2/keys?state=6')).status).toBe(400);
  });
});

describe('key policies', () => {
  const dualAuth = { dualAuthDelete: { enabled: true } };
  const rotation = { rotation: { enabled: true, interval_month: 3 } };
  refuses('PUT /api/v2/keys/target/policies', [
    ['rotation twice', { body: envelope(rotation, rotation) }, 'BAD_BODY_ERR'],
    ['rotation that says nothing', { body: envelope({ rotation: {} }) }, field('rotation')],
    [
      'rotation in fractions of a month',
      { body: envelope({ rotation: { interval_month: 1.5 } }) },
      field('rotation.interval_month'),
    ],
    ['neither', { body: envelope({ type: 'x' }) }, field('dualAuthDelete')],
    ['the same twice', { body: envelope(dualAuth, dualAuth) }, 'BAD_BODY_ERR'],
    ['no `enabled`', { body: envelope({ dualAuthDelete: {} }) }, field('dualAuthDelete.enabled')],
    [
      '`enabled` as text',
      { body: envelope({ dualAuthDelete: { enabled: 'true' } }) },
      field('dualAuthDelete.enabled'),
    ],
    ['attributes', { body: envelope({ dualAuthDelete: { enabled: true, attributes: {} } }) }, 'BAD_BODY_ERR'],
  ]);
  refuses('PUT /api/v2/keys/target/policies?policy=dualAuthDelete', [
    ['the other policy than the query’s', { body: envelope(rotation) }, 'BODY_QUERY_PARAM_MISMATCH_ERR'],
    ['two resources', { body: envelope(dualAuth, dualAuth) }, 'NUM_COLLECTION_RESOURCE_ERR'],
  ]);
  refuses('PUT /api/v2/keys/target/policies?policy=rotation', [
    [
      'the other policy than the query’s rotation',
      { body: envelope(dualAuth) },
      'BODY_QUERY_PARAM_MISMATCH_ERR',
    ],
    ['two rotations', { body: envelope(rotation, rotation) }, 'NUM_COLLECTION_RESOURCE_ERR'],
  ]);
  for (const method of ['GET', 'PUT']) {
    const sent = { body: envelope(dualAuth) };
    refuses(`${method} /api/v2/keys/target/policies?policy=x`, [
      [
        `${method} of an unknown policy`,
        method === 'PUT' ? sent : {},
        'INVALID_QUERY_PARAM_ERR query_param policy',
      ],
    ]);
  }
});

describe('instance policies', () => {
  const policy = (policy_type: string, policy_data: unknown) => ({ policy_type, policy_data });
  const dualAuth = policy('dualAuthDelete', { enabled: false });
  refuses('PUT /api/v2/instance/policies', [
    [
      'an allowed network',
      { body: envelope(policy('allowedNetwork', { enabled: true, attributes: {} })) },
      field('policy_data.attributes.allowed_network'),
    ],
    ['one beside another', { body: envelope(dualAuth, policy('metrics', {})) }, field('policy_data.enabled')],
    ['an unknown type', { body: envelope(policy('x', {})) }, field('policy_type')],
    ['no type', { body: envelope({ policy_data: { enabled: true } }) }, field('policy_type')],
    ['no data', { body: envelope({ policy_type: 'dualAuthDelete' }) }, field('policy_data')],
    ['no `enabled`', { body: envelope(policy('dualAuthDelete', {})) }, field('policy_data.enabled')],
    [
      'attributes',
      { body: envelope(policy('dualAuthDelete', { enabled: false, attributes: {} })) },
      'BAD_BODY_ERR',
    ],
    ['the same twice', { body: envelope(dualAuth, dualAuth) }, 'BAD_BODY_ERR'],
    [
      'a key’s form without `enabled`',
      { body: envelope({ dualAuthDelete: {} }) },
      field('dualAuthDelete.enabled'),
    ],
  ]);
  refuses('PUT /api/v2/instance/policies?policy=dualAuthDelete', [
    ['two resources', { body: envelope(dualAuth, dualAuth) }, 'NUM_COLLECTION_RESOURCE_ERR'],
    [
      'another policy than the query’s',
      { body: envelope(policy('metrics', {})) },
      'BODY_QUERY_PARAM_MISMATCH_ERR',
    ],
  ]);
  refuses('PUT /api/v2/instance/policies?policy=rotation', [
    [
      'another policy than the query’s rotation',
      { body: envelope(dualAuth) },
      'BODY_QUERY_PARAM_MISMATCH_ERR',
    ],
    ['no `enabled`', { body: envelope(policy('rotation', {})) }, field('policy_data.enabled')],
    [
      'no interval',
      { body: envelope(policy('rotation', { enabled: true })) },
      'INVALID_FIELD_ERR field interval_month',
    ],
    [
      'too many months',
      { body: envelope(policy('rotation', { enabled: true, attributes: { interval_month: 13 } })) },
      field('policy_data.attributes.interval_month'),
    ],
  ]);
  refuses('GET /api/v2/instance/policies?policy=x', [
    ['an unknown policy', {}, 'INVALID_QUERY_PARAM_ERR query_param policy'],
  ]);
});

describe('Countersign’s own routes', () => {
  refuses('POST /countersign/v1/keys/target/authorization/deny', [
    ['a round that is none', { body: { round: 0 } }, field('round')],
    ['a round that is text', { body: { round: '1' } }, field('round')],
    ['a round with a fraction', { body: { round: 1.5 } }, field('round')],
    ['an empty note', { body: { note: '' } }, field('note')],
    ['a note of 501 characters', { body: { note: 'n'.repeat(501) } }, field('note')],
    ['an unknown field', { body: { reason: 'x' } }, 'BAD_BODY_ERR'],
  ]);
  refuses('POST /countersign/v1/keys/target/authorization/reauthorize', [
    ['a round that is too high', { body: { round: 9 } }, field('round')],
    ['no JSON', { body: 'x' }, 'BAD_BODY_ERR'],
  ]);
  for (const query of ['limit=0', 'limit=1001', 'after=', `after=${'x'.repeat(2_001)}`]) {
    const [name] = query.split('=');
    refuses(`GET /countersign/v1/keys/target/history?${query}`, [
      [query.slice(0, 20), {}, `INVALID_QUERY_PARAM_ERR query_param ${name}`],
    ]);
  }
  refuses('GET /countersign/v1/keys/target/history?after=forged', [
    ['a cursor that the store never made', {}, 'INVALID_QUERY_PARAM_ERR query_param after'],
  ]);
  refuses('POST /countersign/v1/people', [
    ['no body', {}, 'NO_BODY_ERR'],
    ['no address', { body: { roles: ['Reader'] } }, field('email')],
    ['what is no address', { body: { email: 'carol', roles: ['Reader'] } }, field('email')],
    ['an address with U+0000', { body: { email: 'a\0b@example.com', roles: ['Reader'] } }, field('email')],
    [
      'an address with half a surrogate pair',
      { body: { email: 'a\ud800@example.com', roles: ['Reader'] } },
      field('email'),
    ],
    [
      'an address in which something is not seen',
      { body: { email: 'alice\u200b@example.com', roles: ['Manager'] } },
      field('email'),
    ],
    ['no roles', { body: { email: 'carol@example.com' } }, field('roles')],
    ['empty roles', { body: { email: 'carol@example.com', roles: [] } }, field('roles')],
    ['an unknown role', { body: { email: 'carol@example.com', roles: ['Admin'] } }, field('roles')],
    ['a role twice', { body: { email: 'carol@example.com', roles: ['Reader', 'Reader'] } }, field('roles')],
  ]);
});

describe('the instance', () => {
  const header = 'INVALID_FIELD_ERR header bluemix-instance';
  for (const route of ['GET /api/v2/keys', 'DELETE /api/v2/keys/target', 'GET /countersign/v1/people']) {
    refuses(route, [
      ['an empty one', { headers: { 'bluemix-instance': '' } }, header],
      ['no UUID', { headers: { 'bluemix-instance': 'production' } }, header],
      [
        'a UUID and more',
        { headers: { 'bluemix-instance': `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}, x` } },
        header,
      ],
    ]);
  }

  test('is named in any case', async () => {
    const headers = { 'bluemix-instance': server.story.instanceId.toUpperCase() };
    expect((await server.call('alice', 'GET /api/v2/keys', { headers })).status).toBe(200);
  });

  test('that is missing is a 400; one that is not there, or not one’s own, a 401 alike', async () => {
    const authorization = `Bearer ${server.story.apiKeys.alice}`;
    const missing = await server.call(undefined, 'GET /api/v2/keys', { headers: { authorization } });
    expect([missing.status, missing.reason]).toEqual([400, header]);
    const other = await openServer();
    try {
      const unknown = { 'bluemix-instance': '00000000-0000-4000-8000-000000000000' };
      const foreign = { authorization: `Bearer ${other.story.apiKeys.alice}` };
      const answers = [
        await server.call('alice', 'GET /api/v2/keys', { headers: unknown }),
        await server.call('alice', 'GET /api/v2/keys', { headers: foreign }),
      ];
      for (const { status, json } of answers) {
        expect(status).toBe(401);
        expect(json).toEqual({
          metadata: { collectionType: 'application/vnd.ibm.kms.error+json', collectionTotal: 1 },
          resources: [{ errorMsg: 'Unauthorized: The user does not have access to the specified resource' }],
        });
      }
    } finally {
      await other.close();
    }
  });
});
