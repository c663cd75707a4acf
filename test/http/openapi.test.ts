import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenApiDocument, Operation } from '../../lib/http/openapi-types.ts';
import { placesOf } from './requests.ts';
import { openServer, type Server } from './server.ts';

let server: Server;
let document: OpenApiDocument;
let operations: readonly { readonly route: string; readonly operation: Operation }[];
beforeAll(async () => {
  server = await openServer();
  const { json } = await server.call(undefined, 'GET /openapi.json');
  document = json as unknown as OpenApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
});
afterAll(() => server.close());

describe('the OpenAPI document', () => {
  test('is valid by the meta-schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate({ ...structuredClone(document) });
    expect(result.errors).toBeUndefined();
    expect([result.valid, validator.version]).toEqual([true, '3.1']);
  });

  test('refers only to what is in it', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)];
    const missing = references.filter(([, kind = '', name = '']) => {
      const components: { readonly [kind: string]: object } = document.components;
      return !Object.hasOwn(components[kind] ?? {}, name);
    });
    expect(references.length).toBeGreaterThan(50);
    expect(missing.map(([reference]) => reference)).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  test('describes every route that the program serves, and no other', () => {
    const served = server.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !/^\/(decide|claim|drill)\//.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{.*?\})?/g, '{$1}')}`);
    const described = operations.map(({ route }) => route).filter((route) => !route.startsWith('HEAD '));
    expect([...described].sort()).toEqual([...new Set(served)].sort());
  });

  test('names every operation once, in one line, and says what comes of it', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const without = operations.filter(
      ({ operation: { summary, responses } }) =>
        summary === '' || !Object.keys(responses).some((s) => s < '300'),
    );
    expect(without.map(({ route }) => route)).toEqual([]);
  });

  test('says of parameters and fields what their schemas ask for', () => {
    const { get, post } = document.paths['/api/v2/keys'] ?? {};
    const parameters = [
      ...(get?.parameters ?? []),
      ...(document.paths['/api/v2/keys/{id}']?.post?.parameters ?? []),
    ];
    const named = (name: string) => parameters.find((given) => 'name' in given && given.name === name);
    expect(named('limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 5_000, default: 200 },
    });
    expect(named('state')).toMatchObject({ style: 'form', explode: false, schema: { type: 'array' } });
    expect(named('action')).toMatchObject({ required: true });
    const { resources } = post?.requestBody?.content['application/json']?.schema.properties ?? {};
    expect(resources?.items).toMatchObject({
      required: ['name'],
      properties: { name: { minLength: 2, maxLength: 90 }, payload: { contentEncoding: 'base64' } },
    });
  });

  test('says of every object that is sent that it has no other members', () => {
    const open = operations.flatMap(({ route, operation }) => {
      const schema = operation.requestBody?.content['application/json']?.schema ?? {};
      return placesOf(schema, document.components.schemas)
        .filter(([, { type, additionalProperties }]) => type === 'object' && additionalProperties !== false)
        .map(([path]) => `${route} ${path.join('.')}`);
    });
    // Of Key Protect's envelope more is there than is looked at.
    expect(open.filter((place) => !/ (metadata)?$/.test(place))).toEqual([]);
  });
});
