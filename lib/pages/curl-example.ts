import type { JsonSchema } from '../http/json-schema.ts';
import type { Operation } from '../http/openapi-types.ts';
import { type Components, resolved } from './schema-words.ts';

/** A value that the schema takes: an example of it, or the least that it asks for. */
export function exampleOf(given: JsonSchema, components: Components): unknown {
  const schema = resolved(given, components);
  const known = schema.const ?? schema.examples?.[0] ?? schema.enum?.[0];
  if (known !== undefined) return known;
  switch (schema.type) {
    case 'object':
      return objectExample(schema, components);
    case 'array':
      return (schema.minItems ?? 0) > 0 ? [exampleOf(schema.items ?? {}, components)] : [];
    case 'integer':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return stringExample(schema);
    default:
      return {};
  }
}

const EXAMPLE_BYTES = 'QUFBQUFBQUFBQUFBQUFBQQ==';

function stringExample({ contentEncoding, format }: JsonSchema): string {
  if (contentEncoding === 'base64') return EXAMPLE_BYTES;
  return format === 'date-time' ? '2036-01-01T00:00:00Z' : '…';
}

function objectExample({ properties = {}, required = [] }: JsonSchema, components: Components): object {
  const members = Object.entries(properties).filter(
    ([name, { examples }]) => required.includes(name) || examples !== undefined,
  );
  return Object.fromEntries(members.map(([name, member]) => [name, exampleOf(member, components)]));
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The operation as one command of a shell, with its credential and its instance in variables. */
export function curlExample(
  { url, method, path }: { readonly url: string; readonly method: string; readonly path: string },
  operation: Operation,
  components: Components,
): string {
  const verb = method === 'head' ? ' --head' : method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const shown = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const lines = [`curl${verb} "${url}${shown}${requiredQuery(operation)}"`];
  if (operation.security === undefined) {
    lines.push('-H "Authorization: Bearer $API_KEY"', '-H "Bluemix-Instance: $INSTANCE"');
  }
  return [...lines, ...bodyOptions(operation, components)].join(' \\\n  ');
}

function requiredQuery({ parameters }: Operation): string {
  const required = parameters.flatMap((parameter) =>
    'name' in parameter && parameter.in === 'query' && parameter.required === true
      ? [`${parameter.name}=${String(exampleOf(parameter.schema, {}))}`]
      : [],
  );
  return required.length === 0 ? '' : `?${required.join('&')}`;
}

function bodyOptions({ requestBody }: Operation, components: Components): readonly string[] {
  if (requestBody === undefined) return [];
  return Object.entries(requestBody.content).flatMap(([mediaType, { schema }]) => {
    const example = Object(exampleOf(schema, components)) as object;
    if (mediaType !== 'application/json') {
      return Object.entries(example).map(
        ([name, value]) => `--data-urlencode ${quoted(`${name}=${String(value)}`)}`,
      );
    }
    return requestBody.required || Object.keys(example).length > 0
      ? [`-d ${quoted(JSON.stringify(example))}`]
      : [];
  });
}
