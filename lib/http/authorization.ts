import * as z from 'zod';
import type { Authorization } from '../domain/authorization.ts';
import { MOST_ROUNDS } from '../domain/authorization.ts';
import { denyDeletion } from '../operations/deny-deletion.ts';
import type { MailRecord } from '../operations/mail-records.ts';
import { readAuthorization } from '../operations/read-authorization.ts';
import { reauthorizeDeletion } from '../operations/reauthorize-deletion.ts';
import { AUTHORIZATION as AUTHORIZATION_ANSWER } from './answer-schemas.ts';
import { fields } from './body.ts';
import { optionalBody } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { RequestProblem } from './problem.ts';
import { fullKey } from './representations.ts';
import { text } from './text.ts';

const ROUND_RULE = `a round, 1 to ${MOST_ROUNDS}`;
const round = z.int(ROUND_RULE).min(1, ROUND_RULE).max(MOST_ROUNDS, ROUND_RULE).optional();

const DENIAL = fields({
  round,
  note: text(1, 500).optional(),
  unexpected: z
    .boolean('true or false')
    .meta({ description: 'Nobody should have asked: stops the requester’s other requests as well' })
    .optional(),
});
const REAUTHORIZATION = fields({ round });

/** What Key Protect's API does not show of a pending deletion, and what it cannot say: no. */
export const AUTHORIZATION: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/keys/:id/authorization',
    operation: 'readHistory',
    failure: 'Authorization could not be retrieved',
    id: 'getAuthorization',
    summary: 'Read the newest authorization of a key’s deletion, with its manifest and digests',
    tag: 'Authorizations',
    answers: { 200: { what: 'The authorization', schema: AUTHORIZATION_ANSWER } },
    handle: async (call) => {
      const found = await readAuthorization(call.context, call.caller, keyOf(call.request));
      if (!found.ok && found.refusal.code === 'nothing-pending') throw new RequestProblem(NONE_YET);
      return answer(found, ({ authorization, key, emails, mails }) =>
        ok({
          ...authorizationJson(authorization),
          key: fullKey(key, viewOf(call)),
          emails,
          mails: mails.map(mailJson),
        }),
      );
    },
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/keys/:id/authorization/deny',
    operation: 'denyDeletion',
    failure: 'Deletion could not be denied',
    id: 'denyDeletion',
    summary: 'Deny a pending deletion',
    refusals: ['nothing-pending', 'window-closed', 'other-round', 'already-decided'],
    tag: 'Authorizations',
    body: optionalBody(DENIAL),
    answers: { 204: { what: 'The deletion is denied' } },
    handle: async ({ context, caller, request, body }) =>
      answer(await denyDeletion(context, caller, keyOf(request), body), () => NO_CONTENT),
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/keys/:id/authorization/reauthorize',
    operation: 'reauthorizeDeletion',
    failure: 'Deletion could not be authorized again',
    id: 'reauthorizeDeletion',
    summary: 'Ask again for a deletion whose time ran out, or whose loss changed',
    refusals: [
      'reauthorization-closed',
      'too-many-rounds',
      'other-round',
      'approver-missing',
      'window-unusable',
      'requests-frozen',
      'key-not-active',
      'provider-unknown',
      'provider-refused',
    ],
    tag: 'Authorizations',
    body: optionalBody(REAUTHORIZATION),
    answers: { 200: { what: 'The authorization, in its next round', schema: AUTHORIZATION_ANSWER } },
    handle: async ({ context, caller, request, body }) => {
      const done = await reauthorizeDeletion(context, caller, keyOf(request), body);
      return answer(done, (authorization) => ok(authorizationJson(authorization)));
    },
  }),
];

const NONE_YET = {
  status: 404,
  code: 'AUTHORIZATION_NOT_FOUND_ERR',
  message: 'The deletion of this key was never asked for',
} as const;

const TIMES: ReadonlySet<string> = new Set([
  'requestedAt',
  'windowEndsAt',
  'reauthorizeEndsAt',
  'approvedAt',
  'startedAt',
  'attemptedAt',
  'stalledAt',
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

/** A mail with its time in ISO 8601. */
export const mailJson = ({ sentAt, ...mail }: MailRecord): object => ({
  ...mail,
  ...(sentAt !== undefined && { sentAt: isoTime(sentAt) }),
});

export const isoTime = (at: number): string => new Date(at).toISOString();
