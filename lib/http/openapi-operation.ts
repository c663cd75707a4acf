import type * as z from 'zod';
import type { AnswerDescription, Body, Described } from './describe.ts';
import type { JsonSchema } from './json-schema.ts';
import type {
  Content,
  Operation,
  Parameter,
  Reference,
  RequestBody,
  ResponseObject,
} from './openapi-types.ts';
import { reasonCodesOf } from './reason-codes.ts';

/** How a zod schema looks in the document. */
export type SchemaOf = (schema: z.ZodType) => JsonSchema;

/** Whose routes ask for no credential; their errors have a form of their own, if they have any. */
export interface Open {
  readonly problem?: z.ZodType;
}

export const component = (
  kind: 'headers' | 'parameters' | 'responses' | 'schemas',
  name: string,
): Reference => ({
  $ref: `#/components/${kind}/${name}`,
});

/** `/keys/:id` as OpenAPI writes it; a pattern behind the name (`:crn{.+}`) is the router's affair. */
export const pathTemplate = (path: string): string =>
  path.replaceAll(/:(\w+)(?:\{(?:[^{}]|\{[^}]*\})*\})?/g, '{$1}');

export function operationOf(route: Described, schemaOf: SchemaOf, open?: Open): Operation {
  return {
    operationId: route.id ?? derivedId(route.method, route.path),
    summary: route.summary,
    tags: [route.tag],
    parameters: parametersOf(route, schemaOf, open),
    ...(route.body !== undefined && { requestBody: requestBodyOf(route.body, schemaOf) }),
    responses: open === undefined ? responsesOf(route, schemaOf) : openResponsesOf(route, schemaOf, open),
    ...(open !== undefined && { security: [] }),
  };
}

/** `GET /countersign/v1/people/:person` is `getPeoplePerson`. */
function derivedId(method: string, path: string): string {
  const template = pathTemplate(path);
  const words = template.replace(/^\/(?:api|countersign)\/v\d/, '').split(/\W+|_/);
  const derived = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${method.toLowerCase()}${derived}`;
}

/** By where they stand. */
const PATH_PARAMETERS: { readonly [place: string]: string } = {
  'keys/{id}': 'The id of a key, or an alias of it',
  'registrations/{crn}': 'The CRN of a resource, URL-encoded',
  'aliases/{alias}': 'The alias',
  'key_rings/{ring}': 'The id of a key ring',
  'people/{person}': 'The id of a person, or their e-mail address',
  'change_requests/{request}': 'The id of a change request',
};

function parametersOf(route: Described, schemaOf: SchemaOf, open?: Open): (Parameter | Reference)[] {
  const inPath = [...pathTemplate(route.path).matchAll(/\w+\/\{(\w+)\}/g)].map(
    ([place, name = '']): Parameter => {
      const description = PATH_PARAMETERS[place];
      const schema = { type: 'string' };
      return { name, in: 'path', required: true, ...(description !== undefined && { description }), schema };
    },
  );
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) =>
    queryParameter(name, schema, schemaOf),
  );
  const names = open === undefined ? [...(route.headers ?? []), 'x-kms-key-ring' as const] : [];
  const inHeader = [...new Set(names)].map((name) => component('parameters', name));
  return [...inPath, ...inQuery, ...inHeader, component('parameters', 'correlation-id')];
}

function queryParameter(name: string, schema: z.ZodType, schemaOf: SchemaOf): Parameter {
  const { description, ...rest } = schemaOf(schema);
  return {
    name,
    in: 'query',
    ...(typeof description === 'string' && { description }),
    required: !schema.safeParse(undefined).success,
    // Separated by commas, as Key Protect's clients send them.
    ...(rest.type === 'array' && { style: 'form', explode: false }),
    schema: rest,
  };
}

function requestBodyOf({ sent, schema }: Body<unknown>, schemaOf: SchemaOf): RequestBody {
  const item = schema === undefined ? {} : schemaOf(schema);
  switch (sent) {
    case 'empty':
      return { description: 'Nothing, `null` or `{}`', required: false, content: json({}) };
    case 'any':
      return { description: 'As the action’s', required: false, content: json({}) };
    case 'optionalObject':
      return { required: false, content: json(item) };
    case 'object':
      return { required: true, content: json(item) };
    case 'collection':
      return { required: true, content: json(envelope(item)) };
    case 'form':
      return { required: true, content: { 'application/x-www-form-urlencoded': { schema: item } } };
    default:
      return sent satisfies never;
  }
}

const json = (schema: JsonSchema): Content => ({ 'application/json': { schema } });

/** Key Protect's envelope of such items. Of one that is sent, the type is not looked at. */
export const envelope = (item: JsonSchema, collectionType?: string): JsonSchema => ({
  type: 'object',
  properties: {
    metadata: {
      type: 'object',
      properties: {
        collectionType: collectionType === undefined ? {} : { type: 'string', const: collectionType },
        collectionTotal: { type: 'integer', description: 'How many resources there are here' },
        ...(collectionType !== undefined && ANSWERED_METADATA),
      },
      required: collectionType === undefined ? ['collectionTotal'] : ['collectionType', 'collectionTotal'],
    },
    resources: { type: 'array', items: item, ...(collectionType === undefined && { minItems: 1 }) },
  },
  required: ['metadata', 'resources'],
});

/** What only some lists tell, when they are asked for it. */
const ANSWERED_METADATA = {
  totalCount: { type: 'integer', description: 'How many there are in all, with `totalCount=true`' },
  incompleteSearch: { type: 'boolean', description: 'Of a search: not all keys could be looked through' },
  searchQuery: { type: 'object', description: 'The search as it was understood' },
};

const CORRELATION = { 'correlation-id': component('headers', 'CorrelationId') };

function successesOf(route: Described, schemaOf: SchemaOf): { readonly [status: string]: ResponseObject } {
  const answers = Object.entries(route.answers);
  return Object.fromEntries(answers.map(([status, answer]) => [status, successOf(answer, schemaOf)]));
}

function successOf(answer: AnswerDescription, schemaOf: SchemaOf): ResponseObject {
  const { what, schema, collection, mediaType = 'application/json' } = answer;
  const response = { description: what, headers: CORRELATION };
  if (schema === undefined) return response;
  const shown = collection === undefined ? schemaOf(schema) : envelope(schemaOf(schema), collection);
  return { ...response, content: { [mediaType]: { schema: shown } } };
}

function responsesOf(route: Described, schemaOf: SchemaOf): Operation['responses'] {
  const problems = [...reasonCodesOf(route)].map(([status, codes]) => {
    const description = `\`${[...codes].sort().join('`, `')}\``;
    return [
      status,
      {
        description,
        headers: CORRELATION,
        content: json(component('schemas', 'Problem')),
      },
    ];
  });
  return {
    ...successesOf(route, schemaOf),
    ...(Object.fromEntries(problems) as Operation['responses']),
    401: component('responses', 'NoAccess'),
    default: component('responses', 'Failure'),
  };
}

function openResponsesOf(route: Described, schemaOf: SchemaOf, { problem }: Open): Operation['responses'] {
  const refused = { description: 'Refused', headers: CORRELATION };
  return {
    ...successesOf(route, schemaOf),
    ...(problem !== undefined && { 400: { ...refused, content: json(schemaOf(problem)) } }),
    default: component('responses', 'Failure'),
  };
}

/** What the documented operation of HEAD is, where it has a use of its own. */
export function headOperationOf(operation: Operation, route: Described): Operation {
  const { id = derivedId('HEAD', route.path), summary = operation.summary } = route.head ?? {};
  const ok: ResponseObject = { description: summary, headers: CORRELATION };
  const responses = Object.entries(operation.responses).map(([status, response]) => [
    status,
    '$ref' in response ? response : { description: response.description, headers: CORRELATION },
  ]);
  return {
    ...operation,
    operationId: id,
    summary,
    responses: { ...(Object.fromEntries(responses) as Operation['responses']), 200: ok },
  };
}
