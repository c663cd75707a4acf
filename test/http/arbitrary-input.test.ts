import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import type { Context } from '../../lib/operations/context.ts';
import { envelope, openServer, type Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await openServer();
  await server.story.newKey({ aliases: ['target'] });
  await server.call('wendy', 'POST /api/v2/keys/target/actions/setKeyForDeletion');
});
afterAll(() => server.close());

const FIELDS = [
  'type',
  'name',
  'description',
  'tags',
  'aliases',
  'extractable',
  'expirationDate',
  'payload',
  'encryptedNonce',
  'dualAuthDelete',
  'rotation',
  'enabled',
  'policy_type',
  'policy_data',
  'plaintext',
  'ciphertext',
  'aad',
  'round',
  'note',
  'email',
  'roles',
  'metadata',
  'resources',
  'collectionTotal',
  '__proto__',
  'constructor',
  'toString',
] as const;

/** Values that are nearly right come further than those that are nowhere near. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    'target',
    'Reader',
    ['Reader'],
    'carol@example.com',
    'dualAuthDelete',
    'AAAA',
    true,
    1,
    8,
  ),
  fc.constantFrom<unknown>(
    { enabled: false },
    '2036-01-01T00:00:00Z',
    'QUFBQUFBQUFBQUFBQUFBQQ==',
    ['ab'],
    null,
  ),
);
const object = fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 });
const body = fc.oneof(
  fc.string(),
  fc.json(),
  object.map((members) => JSON.stringify(members)),
  fc.array(object, { maxLength: 3 }).map((items) => JSON.stringify(envelope(...items))),
  object.map((members) => JSON.stringify(envelope({ name: 'named', ...members }))),
  fc.constant('['.repeat(10_000)),
  fc.constant(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
);

/** What a header can carry: any byte that is no control. */
const headerText = fc
  .array(
    fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f),
    { maxLength: 50 },
  )
  .map((codes) => String.fromCharCode(...codes));
const headers = fc.dictionary(
  fc.constantFrom(
    'prefer',
    'correlation-id',
    'x-kms-key-ring',
    'x-countersign-reason',
    'x-countersign-ticket',
    'x-countersign-note',
    'x-countersign-manifest',
    'content-type',
    'accept',
  ),
  fc.oneof(
    headerText,
    headerText.map((text) => `UTF-8''${text}`),
    fc.constant('return=representation'),
  ),
  { maxKeys: 4 },
);
const identity = fc.dictionary(
  fc.constantFrom('authorization', 'bluemix-instance'),
  fc.oneof(
    headerText,
    headerText.map((text) => `Bearer ${text}`),
  ),
  { maxKeys: 1 },
);
const query = fc.dictionary(
  fc.constantFrom('limit', 'offset', 'state', 'sort', 'policy', 'action', 'force', 'after', 'search'),
  fc.oneof(
    fc.string(),
    fc.constantFrom('1', 'setKeyForDeletion', 'unsetKeyForDeletion', 'wrap', 'dualAuthDelete'),
  ),
  { maxKeys: 3 },
);
const segment = fc.oneof(
  fc.constant('target'),
  fc.string({ minLength: 1, unit: 'grapheme' }).map(encodeURIComponent),
  fc.constantFrom('%', '%00', '%E0%A4', '..%2f', '__proto__', 'registrations'),
);

// The routes are known once there is an app; making one asks nothing of its context.
const routes = createApp({} as Context)
  .routes.filter(({ method }) => method !== 'ALL')
  .map(({ method, path }) => ({ method, path }));

describe('whatever is sent, the answer is no 5xx', () => {
  test.each(routes)('$method $path', async ({ method, path }) => {
    const hasBody = method !== 'GET' && method !== 'OPTIONS';
    const input = fc.record({ body, headers, identity, query, segment });
    await fc.assert(
      fc.asyncProperty(input, async (sent) => {
        const search = new URLSearchParams(sent.query).toString();
        const concrete = path.replaceAll(/:\w+/g, sent.segment);
        const { status, headers: answered } = await server.call('alice', `${method} ${concrete}?${search}`, {
          headers: { ...sent.headers, ...sent.identity },
          ...(hasBody && { body: sent.body }),
        });
        expect(status).toBeLessThan(500);
        expect(answered.get('correlation-id')).toBeTruthy();
      }),
      // A token that is made takes an RSA key.
      { numRuns: path.endsWith('/import_token') ? 6 : 60 },
    );
  });
});
