import type { HonoRequest } from 'hono';
import { couldCall, mayCall, NARROW, type Operation } from '../domain/access.ts';
import { canNameKey } from '../domain/alias.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { permittedKey } from '../operations/read-keys.ts';
import type { Body, Described } from './describe.ts';
import { keyRingOf } from './headers.ts';
import { type Query, type QueryShape, readQuery } from './query.ts';

/** One request of somebody who is known. */
export interface Call {
  readonly context: Context;
  readonly caller: Caller;
  readonly request: HonoRequest;
}

/** JSON, or nothing but a status. */
export type Answer =
  | { readonly status: 200 | 201 | 202; readonly body: object; readonly headers?: undefined }
  | {
      readonly status: 200 | 201 | 204;
      readonly body?: undefined;
      readonly headers?: { readonly [name: string]: string };
    };

/**
 * One route. Resources are lists of these and never see the app, so that no route can be written without saying
 * which operation it is; the app authenticates, and lets through only who may call that operation.
 */
export interface Endpoint extends Described {
  readonly path: `/api/v2/${string}` | `/countersign/v1/${string}`;
  readonly operation: Operation;
  /** What errors say could not be done, in Key Protect's words. */
  readonly failure: string;
  /** @throws RequestProblem when the request cannot be read. */
  readonly handle: (call: Call) => Promise<Decision<Answer>>;
}

/** A route that says what it reads, and is handed just that. */
export interface ReadingEndpoint<Q extends QueryShape, B>
  extends Omit<Endpoint, 'query' | 'body' | 'handle'> {
  readonly query?: Q;
  readonly body?: Body<B>;
  readonly handle: (call: Call & { readonly query: Query<Q>; readonly body: B }) => Promise<Decision<Answer>>;
}

/**
 * Makes an endpoint of what it reads and does: query and body come to `handle` as their schemas have them, once it is
 * known that the caller may call, so that the schemas that are described are those that validate.
 */
export function endpoint<const Q extends QueryShape = Record<never, never>, B = undefined>(
  described: ReadingEndpoint<Q, B>,
): Endpoint {
  const { query, body, handle } = described;
  return {
    ...described,
    handle: async ({ context, caller, request }) =>
      handle({
        context,
        caller,
        request,
        query: readQuery(request, query ?? ({} as Q)),
        body: (await body?.read(request)) as B,
      }),
  };
}

/** Carries a call out where the caller may, within the key ring that it names, if any. @throws RequestProblem */
export async function perform(
  endpoint: Pick<Endpoint, 'operation' | 'handle'>,
  call: Call,
): Promise<Decision<Answer>> {
  const { person } = call.caller;
  const { operation } = endpoint;
  if (!couldCall(person, operation)) return refuse('access-denied');
  // Before anything is read of the request: a grant on a part of the instance says nothing about another key.
  if (!mayCall(person, operation) && NARROW[operation] === 'key') {
    const idOrAlias = call.request.param('id') ?? '';
    if (!canNameKey(idOrAlias)) return refuse('access-denied');
    const found = await permittedKey(call.context, call.caller, { operation, idOrAlias });
    if (!found.ok && found.refusal.code === 'access-denied') return found;
  }
  const caller = { ...call.caller, keyRingId: keyRingOf(call.request) };
  return endpoint.handle({ ...call, caller });
}

/** The answer to an accepted command; a refusal stays what it is. */
export const answer = <T>(decision: Decision<T>, shape: (value: T) => Answer): Decision<Answer> =>
  decision.ok ? accept(shape(decision.value)) : decision;

export const ok = (body: object): Answer => ({ status: 200, body });
export const NO_CONTENT: Answer = { status: 204 };
