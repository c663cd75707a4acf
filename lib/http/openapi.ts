import type * as z from 'zod';
import { ACCESS } from '../domain/access.ts';
import { type Described, TAGS } from './describe.ts';
import type { Endpoint } from './endpoint.ts';
import { REQUEST_HEADERS } from './headers.ts';
import { type JsonSchema, jsonSchemas } from './json-schema.ts';
import type { OpenRoute } from './open-route.ts';
import { component, headOperationOf, operationOf, pathTemplate, type SchemaOf } from './openapi-operation.ts';
import type { Method, OpenApiDocument, Operation, PathItem } from './openapi-types.ts';
import type { Problem } from './problem.ts';
import { allReasonCodes } from './reason-codes.ts';

/** What the document is made of. */
export interface Documentation {
  /** Asks who calls. */
  readonly endpoints: readonly (Described & Pick<Endpoint, 'operation'>)[];
  readonly openRoutes: readonly OpenRoute[];
  /** What any request at all can be refused for. */
  readonly problems: readonly Problem[];
  /** Where the routes are, without a slash at the end. */
  readonly url: string;
}

const DESCRIPTION = `The API of IBM Key Protect, version 2, and Countersign's own routes beside it. Nobody deletes a
key alone: one person sets it for deletion, a different one deletes it.

Bodies are read as JSON whatever their content type is, names of members in any case; a member that is \`null\` is as
left out, and one that is not described is refused. Query parameters that are not described are ignored.`;

/** The OpenAPI 3.1 document of these routes, made of the schemas by which they read. */
export function openApiDocument(documentation: Documentation): OpenApiDocument {
  const { endpoints, openRoutes, problems, url } = documentation;
  const { schemaOf, components } = schemasOf([...endpoints, ...openRoutes]);
  const items = [
    ...endpoints.flatMap((route) =>
      itemsOf(route, { ...operationOf(route, schemaOf), description: rolesOf(route) }),
    ),
    ...openRoutes.flatMap((route) => itemsOf(route, operationOf(route, schemaOf, route))),
  ];
  const tags = new Set([...endpoints, ...openRoutes].map(({ tag }) => tag));
  return {
    openapi: '3.1.1',
    info: { title: 'Countersign', version: '2.0.0', description: DESCRIPTION },
    servers: [{ url }],
    security: [{ bearer: [], instance: [] }],
    tags: TAGS.filter((tag) => tags.has(tag)).map((name) => ({ name })),
    paths: pathsOf(items),
    components: {
      schemas: { ...components, ...problemSchemas(allReasonCodes(endpoints, problems)) },
      ...SHARED,
      securitySchemes: SECURITY,
    },
  };
}

const rolesOf = ({ operation }: Pick<Endpoint, 'operation'>): string => `For ${ACCESS[operation].join(', ')}`;

interface Schemas {
  readonly schemaOf: SchemaOf;
  readonly components: OpenApiDocument['components']['schemas'];
}

function schemasOf(routes: readonly (Described & { readonly problem?: z.ZodType })[]): Schemas {
  const used = routes.flatMap(({ query = {}, body, answers, problem }) => [
    ...Object.values(query),
    ...[body?.schema, problem, ...Object.values(answers).map(({ schema }) => schema)].filter(
      (schema) => schema !== undefined,
    ),
  ]);
  const distinct = [...new Set(used)];
  const { schemas, components } = jsonSchemas(distinct);
  const bySchema = new Map(distinct.map((schema, index) => [schema, schemas[index] ?? {}]));
  return { schemaOf: (schema) => bySchema.get(schema) ?? {}, components };
}

type Item = readonly [path: string, method: Method, operation: Operation];

function itemsOf(route: Described, operation: Operation): readonly Item[] {
  const path = pathTemplate(route.path);
  const method = METHODS[route.method];
  if (route.head === undefined) return [[path, method, operation]];
  return [
    [path, method, operation],
    [path, 'head', headOperationOf(operation, route)],
  ];
}

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

function pathsOf(items: readonly Item[]): OpenApiDocument['paths'] {
  const paths: { [path: string]: PathItem } = {};
  for (const [path, method, operation] of items) paths[path] = { ...paths[path], [method]: operation };
  return paths;
}

/** Key Protect's error envelope. */
const problemSchemas = (codes: readonly string[]): { readonly [name: string]: JsonSchema } => ({
  ReasonCode: { type: 'string', enum: codes },
  Problem: {
    type: 'object',
    properties: {
      metadata: {
        type: 'object',
        properties: {
          collectionType: { const: 'application/vnd.ibm.kms.error+json' },
          collectionTotal: { const: 1 },
        },
        required: ['collectionType', 'collectionTotal'],
      },
      resources: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: {
          type: 'object',
          properties: {
            errorMsg: {
              type: 'string',
              description: 'For people: what could not be done, why, and the code',
            },
            reasons: { type: 'array', items: REASON },
          },
          required: ['errorMsg'],
        },
      },
    },
    required: ['metadata', 'resources'],
  },
});

const REASON = {
  type: 'object',
  properties: {
    code: component('schemas', 'ReasonCode'),
    message: { type: 'string' },
    status: { type: 'integer' },
    moreInfo: { type: 'string' },
    target: {
      type: 'object',
      description: 'What was wrong with the request',
      properties: { type: { enum: ['field', 'query_param', 'header'] }, name: { type: 'string' } },
      required: ['type', 'name'],
    },
  },
  required: ['code', 'message', 'status', 'moreInfo'],
};

const problemContent = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };

const SHARED = {
  headers: {
    CorrelationId: {
      description:
        'Names the request: as it was sent, if it was at most 36 letters, digits, `.`, `-` and `_`',
      schema: { type: 'string' },
    },
  },
  parameters: {
    'correlation-id': {
      name: 'correlation-id',
      in: 'header',
      description: 'Comes back with the answer, and stands in the log',
      schema: { type: 'string' },
    },
    ...Object.fromEntries(
      Object.entries(REQUEST_HEADERS).map(([name, described]) => [
        name,
        { name, in: 'header' as const, ...described },
      ]),
    ),
  },
  responses: {
    NoAccess: {
      description:
        'No credential that is known, or no role that may do this; without reasons, as Key Protect answers it',
      content: problemContent,
    },
    Failure: {
      description: 'Any other problem: `BODY_TOO_LARGE_ERR` with 413; with 5xx, repeating may help',
      content: problemContent,
    },
  },
} as const;

const SECURITY = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or an access token that one was exchanged for at `/identity/token`',
  },
  instance: {
    type: 'apiKey',
    in: 'header',
    name: 'bluemix-instance',
    description: 'The UUID of the instance that the request is about',
  },
};
