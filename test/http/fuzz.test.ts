import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { createApp } from '../../lib/http/app.ts';
import type { OpenApiDocument, Parameter } from '../../lib/http/openapi-types.ts';
import type { Context } from '../../lib/operations/context.ts';
import { exampleOf } from '../../lib/pages/curl-example.ts';
import {
  added,
  type Described,
  doubled,
  NO_JSON,
  operationsOf,
  placesOf,
  type Request,
  replaced,
  UNKNOWN_NAMES,
  valid,
  wrongTexts,
  wrongValues,
} from './requests.ts';
import { type Answered, openServer, type Server } from './server.ts';

/** Wrong requests for each operation; many more with `FUZZ_RUNS=2000`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 15);

// The document is known once there is an app; asking for it needs nothing but an address.
const settings = { publicUrl: 'http://127.0.0.1:8080' };
const quiet = { info: () => {}, error: () => {} };
const alone = createApp({ settings, log: quiet, clock: { now: () => 0 } } as unknown as Context);
const document = (await (await alone.request('/openapi.json')).json()) as OpenApiDocument;
const { schemas } = document.components;
const operations = operationsOf(document).map((described) => ({
  ...described,
  name: `${described.method} ${described.path}`,
}));

let server: Server;
let everything: () => string;
let close: () => void;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-fuzz-'));
  const database = openDatabase(join(folder, 'store.db'));
  server = await openServer({ store: sqliteStore(database, groupCommit(database)) });
  const key = await server.story.newKey({ aliases: ['target'] });
  await server.call('wendy', 'POST /api/v2/keys/target/actions/setKeyForDeletion');
  await server.story.waiting(key.id, 'pending');
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  const all = tables.map((table) => database.prepare(`SELECT * FROM ${String(table)}`).raw());
  everything = () => JSON.stringify(all.map((statement) => statement.all()));
  close = () => {
    database.close();
    rmSync(folder, { recursive: true });
  };
});
afterAll(async () => {
  await server.close();
  close();
});

/** What stands in a path where it is not the path that is wrong. */
const IN_PATH: Readonly<Record<string, string>> = {
  id: 'target',
  alias: 'another',
  ring: 'ring-one',
  crn: encodeURIComponent('crn:v1:bluemix:public:cloud-object-storage:global:a/1:2:bucket:b'),
  person: 'nobody@example.com',
};

const WRONG_IN_PATH = [
  '%00',
  'x'.repeat(300),
  '%F0%9F%94%91',
  'a%20b',
  '%2e%2e%2f',
  '%',
  '%E0%A4',
  'no..body',
];

const WRONG_HEADERS: { readonly [name: string]: readonly string[] } = {
  'bluemix-instance': ['', 'x', '0'.repeat(36), '__proto__', `${'a'.repeat(8_000)}`],
  authorization: ['', 'Bearer', 'Basic YTpi', `Bearer cs_${'A'.repeat(43)}`, 'Bearer a.b.c', 'Bearer \u00ff'],
  'x-kms-key-ring': ['a b', 'x'.repeat(101), '\u00e9', '../x'],
  'x-countersign-reason': ['x'.repeat(501), "UTF-8''%00", "UTF-8''%zz", '\u00e2\u0080\u00ae'],
  'x-countersign-ticket': ['x'.repeat(201), "UTF-8''%E2%80%A8"],
  'x-countersign-note': ['x'.repeat(501), "UTF-8''%0a"],
  'x-countersign-manifest': ['zz', '0'.repeat(63), '__proto__'],
};

const CONTENT_TYPES = ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'nonsense', ''];

const parametersOf = ({ operation }: Described): readonly Parameter[] =>
  operation.parameters.flatMap((given) => {
    const parameter =
      '$ref' in given ? document.components.parameters[given.$ref.split('/').at(-1) ?? ''] : given;
    return parameter === undefined ? [] : [parameter];
  });

const pathOf = ({ path }: Described, wrong: Readonly<Record<string, string>> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => wrong[name] ?? IN_PATH[name] ?? 'nothing-here');

interface Parts {
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** The reason code that it must be refused with, where nothing else can be wrong. */
  readonly code?: string;
}

/** A right request of this operation, but for what is given. */
function requestOf(described: Described, parts: Parts): fc.Arbitrary<Request> {
  const needed = parametersOf(described).filter(
    ({ in: place, required }) => place === 'query' && required === true,
  );
  const query = fc.record(
    Object.fromEntries(needed.map(({ name, schema }) => [name, valid(schema, schemas).map(String)])),
  );
  const [content] = Object.values(described.operation.requestBody?.content ?? {});
  const body = content === undefined ? fc.constant(undefined) : valid(content.schema, schemas).map(asSent);
  return fc.record({ query, body, contentType: fc.constantFrom(...CONTENT_TYPES) }).map((right) => {
    const search = new URLSearchParams({ ...right.query, ...parts.query });
    const sent = 'body' in parts ? parts.body : right.body;
    return {
      route: `${described.method} ${parts.path ?? pathOf(described)}?${search.toString()}`,
      headers: { 'content-type': right.contentType, ...parts.headers },
      ...(sent !== undefined && { body: sent }),
      ...(parts.code !== undefined && { code: parts.code }),
    };
  });
}

/** As JSON; of an envelope, with the right number of resources. */
function asSent(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('metadata' in body)) return JSON.stringify(body);
  return JSON.stringify({ ...body, metadata: { collectionTotal: 1 } });
}

/** Each place at which the operation can be got wrong, with everything wrong that can stand there. */
function wrongRequests(described: Described): readonly fc.Arbitrary<Request>[] {
  const parameters = parametersOf(described);
  const inQuery = parameters.flatMap((parameter) =>
    parameter.in === 'query' && wrongTexts(parameter).length > 0
      ? [
          fc
            .constantFrom(...wrongTexts(parameter))
            .map((text): Parts => ({ query: { [parameter.name]: text } })),
        ]
      : [],
  );
  const inPath = parameters.flatMap(({ name, in: place }) =>
    place === 'path'
      ? [
          fc
            .constantFrom(...WRONG_IN_PATH)
            .map((text): Parts => ({ path: pathOf(described, { [name]: text }) })),
        ]
      : [],
  );
  const isOpen = described.operation.security !== undefined;
  const names = isOpen ? [] : ['bluemix-instance', 'authorization', ...parameters.map(({ name }) => name)];
  const inHeaders = names.flatMap((name) =>
    Object.hasOwn(WRONG_HEADERS, name)
      ? [
          fc
            .constantFrom(...(WRONG_HEADERS[name] ?? []))
            .map((text): Parts => ({ headers: { [name]: text } })),
        ]
      : [],
  );
  return [...inQuery, ...inPath, ...inHeaders, ...wrongBodies(described)].map((wrong) =>
    wrong.chain((parts) => requestOf(described, parts)),
  );
}

function wrongBodies({ operation }: Described): readonly fc.Arbitrary<Parts>[] {
  const [[mediaType, content] = ['', undefined]] = Object.entries(operation.requestBody?.content ?? {});
  if (content === undefined) return [];
  if (mediaType !== 'application/json') {
    const forms = [
      '',
      'grant_type=',
      'grant_type=password',
      '__proto__=1',
      '%',
      'grant_type[]=refresh_token',
    ];
    return [fc.constantFrom(...forms).map((body) => ({ body }))];
  }
  const noJson = fc.constantFrom(...NO_JSON).map((body): Parts => ({ body }));
  const places = placesOf(content.schema, schemas).flatMap(([path, schema]) => {
    const wrong = wrongValues(schema, schemas);
    // A body that is left out, or has no member that is needed, is a right one.
    const some =
      path.length === 0 && !operation.requestBody?.required ? wrong.filter((text) => text !== '{}') : wrong;
    return some.length === 0 ? [] : [{ path, some }];
  });
  const misplaced = places.map(({ path, some }) =>
    fc
      .tuple(valid(content.schema, schemas), fc.constantFrom(...some), fc.boolean())
      .map(([body, wrong, twice]): Parts => {
        const right: unknown = JSON.parse(asSent(body));
        const put = twice && typeof path.at(-1) === 'string' ? doubled : replaced;
        return { body: put(right, path, wrong) };
      }),
  );
  // In a body of what is needed and no more, nothing else can be wrong.
  const least: unknown = JSON.parse(asSent(exampleOf(content.schema, schemas)));
  const outermost = placesOf(content.schema, schemas).find(
    ([, schema]) => schema.additionalProperties === false,
  );
  const more =
    outermost === undefined
      ? []
      : [
          fc
            .constantFrom(...UNKNOWN_NAMES)
            .map((name): Parts => ({ body: added(least, outermost[0], name), code: 'BAD_BODY_ERR' })),
        ];
  return [noJson, ...misplaced, ...more];
}

/** Says what is wrong with an answer to a wrong request; undefined when nothing is. */
function expectRefused({ operation }: Described, request: Request, answered: Answered): void {
  const { status, resources, metadata, errorCode } = { ...answered, ...answered.json } as Answered & {
    readonly metadata?: unknown;
    readonly errorCode?: string;
  };
  const told = `${request.route} ${JSON.stringify(request.headers)} ${request.body?.slice(0, 300)} → ${status} ${answered.text.slice(0, 300)}`;
  expect(status, told).toBeGreaterThanOrEqual(400);
  expect(status, told).toBeLessThan(500);
  expect(answered.headers.get('correlation-id'), told).toMatch(/^[\w.-]{1,36}$/);
  if (request.route.startsWith('HEAD ')) return;
  if (operation.security !== undefined) {
    expect(errorCode, told).toMatch(/^BXNIM/);
    return;
  }
  expect(metadata, told).toEqual({
    collectionType: 'application/vnd.ibm.kms.error+json',
    collectionTotal: 1,
  });
  const [resource, ...others] = resources;
  expect([typeof resource?.errorMsg, others], told).toEqual(['string', []]);
  const [reason] = resource?.reasons ?? [];
  if (status === 401) {
    expect(reason, told).toBeUndefined();
    return;
  }
  if (reason?.code === 'ROUTE_NOT_FOUND_ERR') return;
  if (request.code !== undefined) expect(reason?.code, told).toBe(request.code);
  expect(reason?.status, told).toBe(status);
  const described = operation.responses[status];
  expect(described !== undefined && 'description' in described ? described.description : '', told).toContain(
    `\`${reason?.code}\``,
  );
}

const send = ({ route, headers, body }: Request): Promise<Answered> =>
  server.call('alice', route, { headers, ...(body !== undefined && { body }) });

const fuzzed = operations.map((described) => ({ ...described, wrong: wrongRequests(described) }));

describe('a request that is wrong in one place is refused by name, and changes nothing', () => {
  test.each(fuzzed.filter(({ wrong }) => wrong.length > 0))('$name', async ({ wrong, ...described }) => {
    await server.story.settle();
    const before = everything();
    const changes = server.changes();
    await fc.assert(
      fc.asyncProperty(fc.oneof(...wrong), async (request) => {
        expectRefused(described, request, await send(request));
        expect(server.changes()).toBe(changes);
      }),
      { numRuns: RUNS },
    );
    expect(everything()).toBe(before);
  });
});

describe('a request that is right by the document is not refused as one that cannot be read', () => {
  const UNREADABLE =
    /^(BAD_BODY|NO_BODY|INVALID_QUERY_PARAM|COLLECTION_TOTAL|INVALID_FIELD_ERR (header|query))/;
  // A key that is not there: what is asked for is read first, and nothing comes of it.
  const withInput = operations.filter(
    ({ path, operation }) =>
      // The action in the query has a body of its own.
      operation.operationId !== 'actionOnKey' &&
      path.includes('/keys/{id}') &&
      (operation.requestBody !== undefined || operation.parameters.length > 3),
  );
  test.each(withInput)('$name', async (described) => {
    for (const request of fc.sample(requestOf(described, { path: pathOf(described, { id: 'nobody' }) }), 5)) {
      const { reason, text } = await send(request);
      expect(reason, `${request.route} ${request.body} → ${text}`).not.toMatch(UNREADABLE);
    }
  });
});

describe('a body of more than a megabyte is refused', () => {
  const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined);
  test.each(withBody)('$name', async (described) => {
    const [request] = fc.sample(requestOf(described, { body: `"${'x'.repeat(1024 * 1024)}"` }), 1);
    const { status, reason } = await send(request ?? { route: '', headers: {} });
    expect([status, reason]).toEqual([413, 'BODY_TOO_LARGE_ERR']);
  });
});
