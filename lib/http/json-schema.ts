import * as z from 'zod';

/** JSON Schema of 2020-12, which is what OpenAPI 3.1 has. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: string | number | boolean;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

export interface JsonSchemas {
  /** One for each of those given, in their order. */
  readonly schemas: readonly JsonSchema[];
  /** Those with an `id` among them and within them, by it. */
  readonly components: { readonly [id: string]: JsonSchema };
}

/**
 * What the schemas ask for as JSON Schema, before any transformation. Objects with an `id` become components, and are
 * referred to.
 */
export function jsonSchemas(schemas: readonly z.ZodType[]): JsonSchemas {
  const all = z.object(Object.fromEntries(schemas.map((schema, index) => [`s${index}`, schema])));
  const { properties = {}, $defs = {} } = z.toJSONSchema(all, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema: { _zod: zod }, jsonSchema }) => {
      // A member that must not be there: as `z.never()` is written.
      if (zod.def.type === 'undefined') jsonSchema.not = {};
      // Left out by zod where the value is read from text; a default is the same in either form here.
      if (zod.def.type === 'default') jsonSchema.default = (zod.def as z.core.$ZodDefaultDef).defaultValue;
    },
  });
  return {
    schemas: schemas.map((_, index) => tidy(properties[`s${index}`])),
    components: Object.fromEntries(Object.entries($defs).map(([id, schema]) => [id, tidy(schema)])),
  };
}

/** The schema for OpenAPI, without what tells a reader nothing. */
const tidy = (schema: unknown): JsonSchema => JSON.parse(JSON.stringify(schema ?? {}, tidied)) as JsonSchema;

function tidied(key: string, value: unknown): unknown {
  if (key === 'properties') return withoutImpossible(value);
  if (key === '$ref') return String(value).replace('#/$defs/', '#/components/schemas/');
  return isObject(value) ? withoutNoise(value) : value;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members that are refused whatever they are: those that are not named are refused anyway. */
const withoutImpossible = (properties: unknown): unknown =>
  isObject(properties)
    ? Object.fromEntries(
        Object.entries(properties).filter(([, member]) => !(isObject(member) && 'not' in member)),
      )
    : properties;

/** The names of components, the bounds of all integers, and the long patterns of well-known formats. */
function withoutNoise(schema: object): object {
  const { id, minimum, maximum, pattern, ...rest } = schema as JsonSchema;
  return {
    ...rest,
    ...(isObject(id) && { id }),
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(pattern !== undefined && rest.format === undefined && { pattern }),
  };
}
