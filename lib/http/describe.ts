import type { HonoRequest } from 'hono';
import type * as z from 'zod';
import type { RefusalCode } from '../domain/refusal.ts';
import { readBody, readJson, readOptionalBody } from './body.ts';
import { readCollection } from './collection.ts';
import type { RequestHeader } from './headers.ts';
import type { Problem } from './problem.ts';
import type { QueryShape } from './query.ts';

/**
 * A body that a route reads: how it is sent and the schema of it, with the function that reads it by that schema, so
 * that what is described is what validates.
 */
export interface Body<T> {
  /** `collection`: Key Protect's envelope, whose every item is as the schema has it. `empty`: JSON that says nothing. */
  readonly sent: 'object' | 'optionalObject' | 'collection' | 'empty' | 'any' | 'form';
  readonly schema?: z.ZodType;
  /** @throws RequestProblem */
  readonly read: (request: HonoRequest) => Promise<T>;
}

/** A JSON object that must be there. */
export const objectBody = <T>(schema: z.ZodType<T>): Body<T> => ({
  sent: 'object',
  schema,
  read: (request) => readBody(request, schema),
});

/** A JSON object that may be left out. */
export const optionalBody = <T>(schema: z.ZodType<T>): Body<T> => ({
  sent: 'optionalObject',
  schema,
  read: (request) => readOptionalBody(request, schema),
});

/** Key Protect's envelope of such items, at least one. */
export const collectionBody = <T>(schema: z.ZodType<T>): Body<readonly T[]> => ({
  sent: 'collection',
  schema,
  read: (request) => readCollection(request, schema),
});

/** A form (`application/x-www-form-urlencoded`), whose reading is the route's own. */
export const formBody = (schema: z.ZodType): Body<undefined> => ({
  sent: 'form',
  schema,
  read: async () => undefined,
});

/** Nothing is asked of the body but that it is JSON, if it is there: clients send `null`, `{}` or nothing. */
export const EMPTY_BODY: Body<void> = {
  sent: 'empty',
  read: async (request) => void (await readJson(request)),
};

/** What another route reads, which this one stands for. */
export const ANY_BODY: Body<undefined> = { sent: 'any', read: async () => undefined };

/** What an answer holds: a line for people and, where there is JSON, its schema. */
export interface AnswerDescription {
  readonly what: string;
  /** Of the answer, or with `collection` of each item in Key Protect's envelope. */
  readonly schema?: z.ZodType;
  readonly collection?: string;
  /** Where it is not JSON. */
  readonly mediaType?: string;
}

/** What routes are about, in the order in which they are told of. */
export const TAGS = [
  'Keys',
  'Key actions',
  'Authorizations',
  'Policies',
  'Registrations',
  'Aliases and key rings',
  'Import tokens',
  'People',
  'Change requests',
  'Drills',
  'Tokens',
  'Service',
] as const;

export type Tag = (typeof TAGS)[number];

/** What a route's documentation says, beside what it is checked against. */
export interface Description {
  /** One line, without a full stop. */
  readonly summary: string;
  readonly tag: Tag;
  /** What client generators call it: Key Protect's name where it has one. Else it is named after method and path. */
  readonly id?: string;
  /** Why it can be refused, beside what everything can be refused for. */
  readonly refusals?: readonly (RefusalCode | Problem)[];
  /** The special request headers that it reads. */
  readonly headers?: readonly RequestHeader[];
  /** By status, of success. Errors have one form. */
  readonly answers: { readonly [status in 200 | 201 | 202 | 204]?: AnswerDescription };
}

/** A route as its documentation needs it. */
export interface Described extends Description {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** What HEAD is for, of a GET whose HEAD says more than that there would be an answer. */
  readonly head?: Pick<Description, 'id' | 'summary'>;
  /** A GET of Key Protect's that uses something up: HEAD, which must be safe (RFC 9110, section 9.2.1), is refused. */
  readonly unsafe?: true;
  readonly query?: QueryShape;
  readonly body?: Body<unknown>;
}
