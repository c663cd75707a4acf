import fc from 'fast-check';
import type { JsonSchema } from '../../lib/http/json-schema.ts';
import type { OpenApiDocument, Operation, Parameter } from '../../lib/http/openapi-types.ts';
import { type Components, resolved } from '../../lib/pages/schema-words.ts';

/** Requests made of what the OpenAPI document says: right ones, and ones that are wrong in one place. */

export interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export interface Request {
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The reason code that it must be refused with, where only one is right. */
  readonly code?: string;
}

export const operationsOf = (document: OpenApiDocument): readonly Described[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** A value that the schema takes. All of an object's members are there, so that each can be made wrong. */
export function valid(given: JsonSchema, components: Components): fc.Arbitrary<unknown> {
  const schema = resolved(given, components);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, member]) => [name, valid(member, components)]),
        ),
      );
    case 'array':
      return fc.array(valid(schema.items ?? {}, components), { minLength: 1, maxLength: 1 });
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 1, max: schema.maximum ?? 9 });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return validText(schema);
    default:
      return fc.constant('anything');
  }
}

function validText({ format, contentEncoding, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (contentEncoding === 'base64') return fc.constant(Buffer.alloc(16, 7).toString('base64'));
  if (format === 'date-time') return fc.constant('2036-01-01T00:00:00Z');
  if (format === 'email') return fc.constant('carol@example.com');
  const min = minLength ?? 2;
  return fc
    .stringMatching(/^[a-z]+$/, { maxLength: Math.min(maxLength ?? 20, min + 10) })
    .filter((text) => text.length >= min);
}

/** What is put where something else should be, as JSON text: members can be named `__proto__`, or twice. */
type Wrong = string;

/** Values that the schema does not take; none for one that takes everything. */
export function wrongValues(given: JsonSchema, components: Components): readonly Wrong[] {
  const schema = resolved(given, components);
  const { type } = schema;
  const kinds: { readonly [type: string]: Wrong } = {
    object: '{"__proto__":{"enabled":true},"toString":1}',
    array: '[[[]]]',
    integer: '-9007199254740993',
    number: '1e308',
    string: '"\\u0000\\ud800\\u202e"',
    boolean: 'true',
  };
  if (type === undefined) return [];
  const others = Object.entries(kinds).flatMap(([kind, value]) =>
    kind === type || (kind === 'number' && type === 'integer') ? [] : [value],
  );
  return [...others, ...wrongOfType(schema)];
}

function wrongOfType(schema: JsonSchema): readonly Wrong[] {
  const { type, minimum, maximum, minLength, maxLength, maxItems, minItems, pattern } = schema;
  const wrong: unknown[] = [];
  if (minimum !== undefined) wrong.push(minimum - 1, -0.5);
  if (maximum !== undefined) wrong.push(maximum + 1, Number.MAX_VALUE);
  if (type === 'integer') wrong.push(1.5);
  if ((minLength ?? 0) > 0) wrong.push('');
  if (maxLength !== undefined) wrong.push('x'.repeat(maxLength + 1), '字'.repeat(maxLength * 9));
  if ((minItems ?? 0) > 0) wrong.push([]);
  if (maxItems !== undefined) wrong.push(Array.from({ length: maxItems + 1 }, () => 'xy'));
  if (schema.enum !== undefined) wrong.push('__proto__', 'constructor', '');
  if (schema.format === 'date-time') wrong.push('2036-13-01T00:00:00Z', 'tomorrow', '', '\u0000');
  if (schema.contentEncoding === 'base64') wrong.push('%', 'AA', '\u0000', '字');
  if (pattern !== undefined) {
    const matches = new RegExp(pattern, 'u');
    wrong.push(...['a\u0000b', 'ab\u202ecd', 'a\nb', ' ', '\u2028'].filter((text) => !matches.test(text)));
  }
  const missing = schema.required === undefined ? [] : ['{}'];
  return [...wrong.map((value) => JSON.stringify(value)), ...missing];
}

/** Names of members that nothing has, as JSON text. */
export const UNKNOWN_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'unknown',
  '',
  '\\u0000',
  'e\\u0301',
].map((name) => `"${name}"`);

/** Where in a body which schema is, from the outside in. */
export type Place = readonly [path: readonly (string | number)[], schema: JsonSchema];

export function placesOf(given: JsonSchema, components: Components, path: Place[0] = []): readonly Place[] {
  const schema = resolved(given, components);
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    placesOf(member, components, [...path, name]),
  );
  const items = schema.items === undefined ? [] : placesOf(schema.items, components, [...path, 0]);
  return [[path, schema], ...members, ...items];
}

/** The JSON text of a value with something else at one place. */
export function replaced(value: unknown, [step, ...others]: Place[0], by: Wrong): string {
  if (step === undefined) return by;
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => (index === step ? replaced(item, others, by) : JSON.stringify(item))).join()}]`;
  }
  const members = Object.entries(Object(value) as object).map(
    ([name, member]) =>
      `${JSON.stringify(name)}:${name === step ? replaced(member, others, by) : JSON.stringify(member)}`,
  );
  return `{${members.join()}}`;
}

/** The JSON text of a value in which a member is there twice, the second time in capitals and wrong: the last one counts. */
export function doubled(value: unknown, path: Place[0], wrong: Wrong): string {
  const outside = path.slice(0, -1);
  const name = String(path.at(-1)).toUpperCase();
  return replaced(value, outside, `${JSON.stringify(at(value, outside)).slice(0, -1)},"${name}":${wrong}}`);
}

/** The JSON text of a value with a member more, of a name that nobody knows. */
export function added(value: unknown, path: Place[0], name: string): string {
  const object = JSON.stringify(at(value, path));
  const comma = object === '{}' ? '' : ',';
  return replaced(value, path, `${object.slice(0, -1)}${comma}${name}:1}`);
}

const at = (value: unknown, path: Place[0]): unknown =>
  path.reduce<unknown>((inside, step) => (Object(inside) as Record<string, unknown>)[step], value);

/** Texts that are no JSON, or no JSON that anybody asks for. */
export const NO_JSON: readonly string[] = [
  '{',
  '\u0000',
  '{"a":1}}',
  "{'a':1}",
  'undefined',
  '<a/>',
  '\ufeff{',
  '['.repeat(50_000),
  `${'{"a":'.repeat(20_000)}`,
  '{"a":1,"a"}',
];

/** Texts that no such query parameter can be. */
export function wrongTexts({ schema }: Parameter): readonly string[] {
  const { type, minimum, maximum, maxLength } = schema;
  if (type === 'integer') {
    const outside = [(minimum ?? 0) - 1, (maximum ?? 0) + 1].map(String);
    return [...outside, '', 'abc', '1.5', '1e3', ' 1', '٣', '9'.repeat(400), '\u0000', '__proto__'];
  }
  if (type === 'boolean') return ['', 'TRUE', '1', 'maybe', '\u0000', '__proto__'];
  if (type === 'array') return ['', ',', 'nope', '__proto__', '\u0000'];
  if (Array.isArray(schema.enum))
    return ['', 'nope', '__proto__', 'constructor', '\u0000', 'x'.repeat(5_000)];
  return maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
}
