import type { HonoRequest } from 'hono';
import { mayCall, type Operation } from '../domain/access.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { checkKeyRing } from './headers.ts';

/** One request of somebody who is known. */
export interface Call {
  readonly context: Context;
  readonly caller: Caller;
  readonly request: HonoRequest;
}

/** JSON, or nothing but a status. */
export type Answer =
  | { readonly status: 200 | 201; readonly body: object; readonly headers?: undefined }
  | {
      readonly status: 200 | 204;
      readonly body?: undefined;
      readonly headers?: { readonly [name: string]: string };
    };

/**
 * One route. Resources are lists of these and never see the app, so that no route can be written without saying
 * which operation it is; the app authenticates, and lets through only who may call that operation.
 */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/api/v2/${string}` | `/countersign/v1/${string}`;
  readonly operation: Operation;
  /** What errors say could not be done, in Key Protect's words. */
  readonly failure: string;
  /** @throws RequestProblem when the request cannot be read. */
  readonly handle: (call: Call) => Promise<Decision<Answer>>;
}

/** Carries a call out where the caller may, and where it is about keys that there can be. @throws RequestProblem */
export async function perform(
  endpoint: Pick<Endpoint, 'operation' | 'handle'>,
  call: Call,
): Promise<Decision<Answer>> {
  if (!mayCall(call.caller.person, endpoint.operation)) return refuse('access-denied');
  checkKeyRing(call.request);
  return endpoint.handle(call);
}

/** The answer to an accepted command; a refusal stays what it is. */
export const answer = <T>(decision: Decision<T>, shape: (value: T) => Answer): Decision<Answer> =>
  decision.ok ? accept(shape(decision.value)) : decision;

export const ok = (body: object): Answer => ({ status: 200, body });
export const NO_CONTENT: Answer = { status: 204 };
