import type { HonoRequest } from 'hono';
import { invalidQuery, NOT_SUPPORTED } from './bad-request.ts';

interface Range {
  readonly least: number;
  readonly most: number;
  /** What it is when the request does not say. */
  readonly fallback: number;
}

/** A whole number of the query. @throws RequestProblem */
export function integerOf(request: HonoRequest, name: string, { least, most, fallback }: Range): number {
  const text = request.query(name);
  if (text === undefined) return fallback;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw invalidQuery(name, `a whole number from ${least} to ${most}`);
}

/** One of a few words of the query, or undefined when the request does not say. @throws RequestProblem */
export function choiceOf<const T extends string>(
  request: HonoRequest,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = request.query(name);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw invalidQuery(name, `one of ${choices.join(', ')}`);
  return found;
}

/** Refuses what Key Protect has and this service does not. @throws RequestProblem */
export function refuseQuery(request: HonoRequest, names: readonly string[]): void {
  for (const name of names) {
    if (request.query(name) !== undefined) throw invalidQuery(name, NOT_SUPPORTED);
  }
}
