import type { HonoRequest } from 'hono';
import * as z from 'zod';
import { invalidQuery } from './bad-request.ts';

/** What a route reads of its query: each parameter by its name. Parameters that are not named are ignored. */
export type QueryShape = { readonly [name: string]: z.ZodType };

/** What came of it. */
export type Query<S extends QueryShape> = { readonly [name in keyof S]: z.output<S[name]> };

/** The query's parameters as their schemas have them. @throws RequestProblem that names the first that is not. */
export function readQuery<S extends QueryShape>(request: HonoRequest, shape: S): Query<S> {
  const read = Object.entries(shape).map(([name, schema]) => {
    const result = schema.safeParse(request.query(name));
    if (!result.success) throw invalidQuery(name, result.error.issues[0]?.message ?? 'valid');
    return [name, result.data];
  });
  return Object.fromEntries(read) as Query<S>;
}

/** A whole number in decimal digits. */
export function integer({ least, most, fallback }: Range) {
  const rule = `a whole number from ${least} to ${most}`;
  const schema = z.int(rule).min(least, rule).max(most, rule);
  return z.preprocess(numberOf, schema).default(fallback);
}

const numberOf = (text: unknown): number =>
  typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;

/** One of a few words. */
export const choice = <const T extends string>(choices: readonly [T, ...T[]]) =>
  z.enum(choices, `one of ${choices.join(', ')}`).optional();

/** `true` or `false`. */
export const flag = () =>
  z.preprocess((text) => FLAGS.get(text) ?? text, z.boolean('one of true, false')).optional();

const FLAGS: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** A few words, separated by commas. An empty text is a list of one empty word, which is none of them. */
export const choices = <const T extends string>(words: readonly [T, ...T[]], rule: string) =>
  z.preprocess(
    (text) => (typeof text === 'string' ? text.split(',') : text),
    z.array(z.enum(words, rule), rule),
  );

/** Any text, at most so long. */
export const freeText = (most: number) => {
  const rule = `at most ${most} characters`;
  return z.string(rule).max(most, rule).optional();
};

const TIME_RULE = 'a time in ISO 8601 with its zone, like 2026-01-31T00:00:00Z';

/** A moment, as `Date.parse` takes it. */
export const time = () =>
  z.iso
    .datetime({ offset: true, error: TIME_RULE })
    .refine((text) => !Number.isNaN(Date.parse(text)), TIME_RULE)
    .optional();

interface Range {
  readonly least: number;
  readonly most: number;
  /** What it is when the request does not say. */
  readonly fallback: number;
}
