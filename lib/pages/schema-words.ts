import type { JsonSchema } from '../http/json-schema.ts';

/** The schemas that others refer to, by their names. */
export type Components = { readonly [name: string]: JsonSchema };

/** One value that is sent or answered, for people. */
export interface Field {
  /** With the names that it stands under: `metadata.collectionTotal`; of a list's items with `[]`. */
  readonly name: string;
  readonly words: string;
  readonly required: boolean;
  readonly description?: string;
}

/** Members that stand deeper than this are not told one by one. */
const DEEPEST = 3;

/** The schema itself, or the component that it is a reference to. */
export function resolved(schema: JsonSchema, components: Components): JsonSchema {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  return name === undefined ? schema : { ...components[name], ...schema };
}

/** What a value has to be: `text, 2 to 90 characters`. */
export function wordsOf(given: JsonSchema, components: Components): string {
  const schema = resolved(given, components);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(', ')}`;
  const words = typeWords(schema, components);
  return schema.default === undefined ? words : `${words}; otherwise ${String(schema.default)}`;
}

function typeWords(schema: JsonSchema, components: Components): string {
  switch (schema.type) {
    case 'string':
      return stringWords(schema);
    case 'integer':
    case 'number':
      return `whole number${rangeOf(schema.minimum, schema.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `list${rangeOf(schema.minItems, schema.maxItems)} of: ${wordsOf(schema.items ?? {}, components)}`;
    case 'object':
      return 'object';
    default:
      return 'anything';
  }
}

const FORMATS: { readonly [format: string]: string } = {
  'date-time': 'date and time (RFC 3339)',
  uuid: 'UUID',
};

function stringWords({ format, contentEncoding, minLength, maxLength }: JsonSchema): string {
  if (contentEncoding === 'base64') return 'base64';
  const range = rangeOf(minLength, maxLength);
  return FORMATS[format ?? ''] ?? (range === '' ? 'text' : `text${range} characters`);
}

function rangeOf(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return `, at most ${most}`;
  return most === undefined ? `, at least ${least}` : `, ${least} to ${most}`;
}

/** Every member of an object, and those of the objects in it. */
export function fieldsOf(given: JsonSchema, components: Components, under = ''): readonly Field[] {
  const { properties = {}, required = [] } = resolved(given, components);
  if (under.split('.').length > DEEPEST) return [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const member = resolved(value, components);
    const { description } = member;
    const field: Field = {
      name: `${under}${name}`,
      words: wordsOf(member, components),
      required: required.includes(name),
      ...(description !== undefined && { description }),
    };
    return [field, ...inner(member, components, field.name)];
  });
}

function inner(member: JsonSchema, components: Components, name: string): readonly Field[] {
  const items = resolved(member.items ?? {}, components);
  if (member.type === 'array') {
    return items.type === 'object' ? fieldsOf(items, components, `${name}[].`) : [];
  }
  return fieldsOf(member, components, `${name}.`);
}
