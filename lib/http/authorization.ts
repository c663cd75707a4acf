import type { HonoRequest } from 'hono';
import * as z from 'zod';
import type { Authorization } from '../domain/authorization.ts';
import { MOST_ROUNDS } from '../domain/authorization.ts';
import { denyDeletion } from '../operations/deny-deletion.ts';
import { readAuthorization } from '../operations/read-authorization.ts';
import { reauthorizeDeletion } from '../operations/reauthorize-deletion.ts';
import { fields, readOptionalBody } from './body.ts';
import { answer, type Endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { RequestProblem } from './problem.ts';
import { fullKey } from './representations.ts';
import { text } from './text.ts';

const ROUND_RULE = `a round, 1 to ${MOST_ROUNDS}`;
const round = z.int(ROUND_RULE).min(1, ROUND_RULE).max(MOST_ROUNDS, ROUND_RULE).optional();

const DENIAL = fields({ round, note: text(1, 500).optional() });
const REAUTHORIZATION = fields({ round });

/** What Key Protect's API does not show of a pending deletion, and what it cannot say: no. */
export const AUTHORIZATION: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/countersign/v1/keys/:id/authorization',
    operation: 'readHistory',
    failure: 'Authorization could not be retrieved',
    handle: async (call) => {
      const found = await readAuthorization(call.context, call.caller, keyOf(call.request));
      if (!found.ok && found.refusal.code === 'nothing-pending') throw new RequestProblem(NONE_YET);
      return answer(found, ({ authorization, key, emails }) =>
        ok({ ...authorizationJson(authorization), key: fullKey(key, viewOf(call)), emails }),
      );
    },
  },
  {
    method: 'POST',
    path: '/countersign/v1/keys/:id/authorization/deny',
    operation: 'denyDeletion',
    failure: 'Deletion could not be denied',
    handle: async ({ context, caller, request }) => {
      const denial = await given(request, DENIAL);
      return answer(await denyDeletion(context, caller, keyOf(request), denial), () => NO_CONTENT);
    },
  },
  {
    method: 'POST',
    path: '/countersign/v1/keys/:id/authorization/reauthorize',
    operation: 'reauthorizeDeletion',
    failure: 'Deletion could not be authorized again',
    handle: async ({ context, caller, request }) => {
      const asked = await given(request, REAUTHORIZATION);
      const done = await reauthorizeDeletion(context, caller, keyOf(request), asked);
      return answer(done, (authorization) => ok(authorizationJson(authorization)));
    },
  },
];

const NONE_YET = {
  status: 404,
  code: 'AUTHORIZATION_NOT_FOUND_ERR',
  message: 'The deletion of this key was never asked for',
} as const;

const given = <T>(request: HonoRequest, schema: z.ZodType<T>): Promise<T> =>
  readOptionalBody(request, schema);

const TIMES: ReadonlySet<string> = new Set([
  'requestedAt',
  'windowEndsAt',
  'reauthorizeEndsAt',
  'approvedAt',
  'closedAt',
  'endedAt',
] satisfies readonly TimeOf<Authorization>[]);

/** The members that are points in time, in any state. */
type TimeOf<A> = A extends unknown ? Extract<keyof A, `${string}At`> : never;

/** The authorization with its times in ISO 8601, to the millisecond. */
export const authorizationJson = (authorization: Authorization): object =>
  Object.fromEntries(
    Object.entries(authorization).map(([name, value]) => [name, TIMES.has(name) ? isoTime(value) : value]),
  );

export const isoTime = (at: number): string => new Date(at).toISOString();
