import type { Handler, Context as HonoContext } from 'hono';
import type { Refusal } from '../domain/refusal.ts';
import { enter } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { authentication } from './authentication.ts';
import { type Endpoint, perform } from './endpoint.ts';
import { instanceIdOf } from './headers.ts';
import { errorEnvelope, FORBIDDEN, type Problem, problemOf, REFUSALS } from './problem.ts';

/**
 * How an endpoint is served: who calls, in which instance, whether they may, and only then what they ask. Whoever
 * may not learns nothing of what else is wrong.
 */
export function serveEndpoint(context: Context): (endpoint: Endpoint) => Handler {
  const authenticate = authentication(context);
  return (endpoint) => async (c) => {
    c.set('failure', endpoint.failure);
    const personId = await authenticate(c.req.header('authorization'));
    const entered = await enter(context, instanceIdOf(c.req), personId);
    if (!entered.ok) return problemResponse(c, refusalOf(entered.refusal, endpoint));
    const decision = await perform(endpoint, { context, caller: entered.value, request: c.req });
    if (!decision.ok) return problemResponse(c, refusalOf(decision.refusal, endpoint));
    const { value } = decision;
    return value.body === undefined
      ? c.body(null, value.status, value.headers)
      : c.json(value.body, value.status);
  };
}

function refusalOf(refusal: Refusal, { method, path }: Endpoint): Problem {
  if (refusal.code === 'access-denied' && path.startsWith('/countersign/')) return FORBIDDEN;
  // Only to a deletion a destroyed key is "gone"; to everything else it is in the wrong state (Key Protect, §2.2).
  if (refusal.code === 'key-destroyed' && method !== 'DELETE') return REFUSALS['key-not-active'];
  return problemOf(refusal);
}

/** A problem in Key Protect's envelope. */
export function problemResponse(c: HonoContext, problem: Problem): Response {
  for (const [name, value] of Object.entries(problem.headers ?? {})) c.header(name, value);
  return c.json(errorEnvelope(problem, c.get('failure')), problem.status);
}
