import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import type { JsonSchema } from '../../lib/http/json-schema.ts';
import type { OpenApiDocument, ResponseObject } from '../../lib/http/openapi-types.ts';
import { resolved } from '../../lib/pages/schema-words.ts';
import { envelope, openServer, type Sent, type Server } from './server.ts';

let server: Server;
let document: OpenApiDocument;
beforeAll(async () => {
  server = await openServer();
  document = (await server.call(undefined, 'GET /openapi.json')).json as unknown as OpenApiDocument;
  await server.story.newKey({ name: 'wrapping', aliases: ['wrapping'] });
  const pending = await server.story.newKey({ name: 'pending', aliases: ['pending'], tags: ['a'] });
  await server.call('wendy', 'POST /api/v2/keys/pending/actions/setKeyForDeletion');
  await server.story.waiting(pending.id, 'pending');
});
afterAll(() => server.close());

/** What the document says of the answer of this status to this request. */
function describedAnswer(route: string, status: number): ResponseObject | undefined {
  const [method = '', path = ''] = route.split(' ');
  const found = Object.entries(document.paths).find(([template]) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
  );
  const operation = found?.[1][method.toLowerCase() as 'get'];
  const response = operation?.responses[status];
  return response !== undefined && 'description' in response ? response : undefined;
}

/** The members that the schema does not name, where it names any. */
function undocumented(value: unknown, given: JsonSchema, at = ''): readonly string[] {
  const schema = resolved(given, document.components.schemas);
  if (Array.isArray(value)) return value.flatMap((item) => undocumented(item, schema.items ?? {}, `${at}[]`));
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
  const { properties } = schema;
  return Object.entries(value).flatMap(([name, member]) => {
    if (Object.hasOwn(properties, name)) return undocumented(member, properties[name] ?? {}, `${at}.${name}`);
    return schema.additionalProperties === undefined ? [`${at}.${name}`] : [];
  });
}

/** The schema with what it refers to in it. */
const whole = (schema: JsonSchema): JsonSchema =>
  JSON.parse(
    JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  ) as JsonSchema;

const representation = { prefer: 'return=representation' };

interface Asked extends Sent {
  readonly as?: 'bob';
}

const REQUESTS: readonly (readonly [route: string, sent: Asked])[] = [
  ['POST /api/v2/keys', { body: envelope({ name: 'short', extractable: false }) }],
  [
    'POST /api/v2/keys',
    { body: envelope({ name: 'standard', description: 'long' }), headers: representation },
  ],
  [
    'POST /api/v2/keys_with_policy_overrides',
    { body: envelope({ name: 'other', dualAuthDelete: { enabled: true } }) },
  ],
  ['GET /api/v2/keys?limit=5', {}],
  ['GET /api/v2/keys/pending', {}],
  ['GET /api/v2/keys/pending/metadata', {}],
  ['GET /api/v2/keys/wrapping/versions?totalCount=true', {}],
  ['POST /api/v2/keys/wrapping/actions/wrap', { body: {} }],
  ['GET /api/v2/keys/pending/policies', {}],
  [
    'PUT /api/v2/keys/wrapping/policies',
    { body: envelope({ rotation: { enabled: true, interval_month: 3 } }) },
  ],
  ['GET /api/v2/instance/policies', {}],
  ['GET /api/v2/instance/allowed_ip_port', {}],
  ['GET /countersign/v1/instance', {}],
  ['PATCH /countersign/v1/instance', { body: { serviceApprovals: false } }],
  ['GET /api/v2/keys/pending/registrations?totalCount=true', {}],
  ['GET /api/v2/key_rings', {}],
  ['POST /api/v2/keys/wrapping/aliases/second', {}],
  ['GET /countersign/v1/keys/pending/authorization', {}],
  ['GET /countersign/v1/keys/pending/history', {}],
  ['GET /countersign/v1/keys/wrapping/manifest', {}],
  ['GET /countersign/v1/people', {}],
  ['POST /countersign/v1/people', { body: { email: 'carol@example.com', roles: ['Reader'] } }],
  ['POST /countersign/v1/people', { body: { email: 'dan@example.com', roles: ['Manager', 'Reader'] } }],
  [
    'PATCH /countersign/v1/people/rita@example.com',
    { body: { grant: [{ role: 'Manager' }], reason: 'why' } },
  ],
  ['PATCH /countersign/v1/instance', { body: { serviceApprovals: true } }],
  ['GET /countersign/v1/change_requests', {}],
  ['GET /countersign/v1/change_requests?status=pending', { as: 'bob' }],
  ['GET /countersign/v1/mails', {}],
  ['GET /identity/keys', {}],
  ['GET /healthz', {}],
  ['GET /readyz', {}],
  ['DELETE /api/v2/keys/pending', { headers: representation, as: 'bob' }],
  ['GET /api/v2/keys?state=5', {}],
];

test.each(REQUESTS)('%s answers as the document says', async (route, sent) => {
  const { status, json, text } = await server.call(sent.as ?? 'alice', route, sent);
  expect(status, text).toBeLessThan(300);
  const answer = describedAnswer(route, status);
  expect(answer, `${route} ${status}`).toBeDefined();
  const schema = answer?.content?.['application/json']?.schema;
  if (schema === undefined) return;
  const result = z.fromJSONSchema(whole(schema) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(json);
  expect(result.error?.issues, text).toBeUndefined();
  expect([...new Set(undocumented(json, schema))], text).toEqual([]);
});
