import type { Handler, Context as HonoContext } from 'hono';
import { isReachableFrom } from '../domain/instance-policies.ts';
import type { Refusal } from '../domain/refusal.ts';
import { enter } from '../operations/caller.ts';
import { type Context, onBehalfOf } from '../operations/context.ts';
import { authentication } from './authentication.ts';
import { hasBody } from './body-limit.ts';
import { type Endpoint, perform } from './endpoint.ts';
import { instanceIdOf } from './headers.ts';
import { ADDRESS_NOT_ALLOWED } from './instance-refusals.ts';
import { errorEnvelope, FORBIDDEN, NO_ACCESS, type Problem, problemOf, REFUSALS } from './problem.ts';

/**
 * How an endpoint is served: who calls, in which instance, whether they may, and only then what they ask. Whoever
 * may not learns nothing of what else is wrong.
 */
export function serveEndpoint(context: Context): (endpoint: Endpoint) => Handler {
  const authenticate = authentication(context);
  return (endpoint) => async (c) => {
    c.set('failure', endpoint.failure);
    // The whole body first: one that is sent slowly must not outlive its sender's API key, or their role.
    if (hasBody(c.req)) await c.req.text();
    const personId = await authenticate(c.req.header('authorization'), {
      instanceId: () => instanceIdOf(c.req),
      wrongGuess: c.get('wrongGuess'),
    });
    const entered = await enter(context, instanceIdOf(c.req), personId);
    if (!entered.ok) return problemResponse(c, refusalOf(entered.refusal, endpoint));
    const source = c.get('source');
    if (!isReachableFrom(entered.value.instance, source)) {
      context.log.info('an address is not among those that the instance allows', {
        correlationId: c.get('correlationId'),
      });
      return problemResponse(c, isOurs(endpoint) ? ADDRESS_NOT_ALLOWED : NO_ACCESS);
    }
    const caller = { source, ...entered.value };
    const asked = onBehalfOf(context, c.get('correlationId'));
    const decision = await perform(endpoint, { context: asked, caller, request: c.req });
    if (!decision.ok) return problemResponse(c, refusalOf(decision.refusal, endpoint));
    const { value } = decision;
    return value.body === undefined
      ? c.body(null, value.status, value.headers)
      : c.json(value.body, value.status);
  };
}

/** Countersign's own routes say what Key Protect's do not. */
const isOurs = ({ path }: Endpoint): boolean => path.startsWith('/countersign/');

function refusalOf(refusal: Refusal, endpoint: Endpoint): Problem {
  const { method } = endpoint;
  if (refusal.code === 'access-denied' && isOurs(endpoint)) return FORBIDDEN;
  // Only to a deletion a destroyed key is "gone"; to everything else it is in the wrong state (Key Protect, §2.2).
  if (refusal.code === 'key-destroyed' && method !== 'DELETE') return REFUSALS['key-not-active'];
  return problemOf(refusal);
}

/** A problem in Key Protect's envelope. */
export function problemResponse(c: HonoContext, problem: Problem): Response {
  for (const [name, value] of Object.entries(problem.headers ?? {})) c.header(name, value);
  return c.json(errorEnvelope(problem, c.get('failure')), problem.status);
}
