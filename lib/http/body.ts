import type { HonoRequest } from 'hono';
import * as z from 'zod';
import { badBody, invalidField, noBody } from './bad-request.ts';

/**
 * The request's JSON, whatever its content type says (Key Protect's clients send none, or others).
 * @returns undefined for an empty body and for `null`, which mean the same.
 * @throws RequestProblem `BAD_BODY_ERR` for what is not JSON.
 */
export async function readJson(request: HonoRequest): Promise<unknown> {
  const text = await request.text();
  if (text.trim() === '') return undefined;
  return parsed(text) ?? undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badBody('it is not JSON');
  }
}

/**
 * An object with these members and no others. Names match in any case, as in Key Protect (a Go server; its own Go
 * client sends `Tags`), and a member that is `null` counts as left out.
 */
export const fields = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess(canonicalNames(Object.keys(shape)), z.strictObject(shape, 'a JSON object'));

const canonicalNames = (names: readonly string[]) => {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return (input: unknown): unknown => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
    const members = Object.entries(input).filter(([, value]) => value !== null);
    return Object.fromEntries(members.map(([name, value]) => [known.get(name.toLowerCase()) ?? name, value]));
  };
};

/** @throws RequestProblem that names the first field that is not as the schema wants it. */
export function validated<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') throw badBody(`unknown field ${shortened(issue.keys[0])}`);
  const name = (issue?.path ?? []).filter((part) => typeof part === 'string').join('.');
  throw name === '' ? badBody(`it must be ${issue?.message}`) : invalidField(name, issue?.message ?? 'valid');
}

const MOST_SHOWN = 64;
const shortened = (name = ''): string => JSON.stringify(name.slice(0, MOST_SHOWN));

/** A body that must be there. @throws RequestProblem */
export async function readBody<T>(request: HonoRequest, schema: z.ZodType<T>): Promise<T> {
  const body = await readJson(request);
  if (body === undefined) throw noBody();
  return validated(schema, body);
}

/** A body that may be left out: then it is as `{}`. @throws RequestProblem */
export const readOptionalBody = async <T>(request: HonoRequest, schema: z.ZodType<T>): Promise<T> =>
  validated(schema, (await readJson(request)) ?? {});
