import * as z from 'zod';
import { CHANGE_STATUSES } from '../domain/change-request.ts';
import { CursorError } from '../domain/errors.ts';
import { listChangeRequests, readChangeRequest } from '../operations/change-requests.ts';
import { approveChange, denyChange, withdrawChange } from '../operations/decide-change.ts';
import { invalidQuery } from './bad-request.ts';
import { fields } from './body.ts';
import { CHANGE_REQUEST, changeJson, changeViewJson } from './change-request.ts';
import { objectBody, optionalBody } from './describe.ts';
import { answer, type Call, type Endpoint, endpoint, ok } from './endpoint.ts';
import { choice, freeText, integer } from './query.ts';
import { text } from './text.ts';

/** Opaque; the store's are of a few hundred characters. */
const LONGEST_CURSOR = 2_000;

// Whether it is the one is the rule's to say.
const DIGEST_RULE = 'the digest of the change request, 64 hexadecimal digits';

const note = text(1, 500).optional();
const APPROVAL = fields({ digest: z.string(DIGEST_RULE).min(1, DIGEST_RULE).max(64, DIGEST_RULE), note });
const STOP = fields({ note });
const DENIAL = fields({
  note,
  unexpected: z
    .boolean('true or false')
    .meta({ description: 'Nobody should have asked: stops what else the requester asked for as well' })
    .optional(),
});

const ENDED = { 200: { what: 'The change request, as it ended', schema: CHANGE_REQUEST } };

/** Changes of the guard rails that wait for a second Manager, or have. */
export const CHANGE_REQUESTS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/change_requests',
    operation: 'readChangeRequests',
    failure: 'Change requests could not be retrieved',
    id: 'listChangeRequests',
    summary: 'List the changes of the guard rails that were asked for, the newest first',
    tag: 'Change requests',
    query: {
      status: choice(CHANGE_STATUSES),
      limit: integer({ least: 1, most: 1_000, fallback: 100 }),
      after: freeText(LONGEST_CURSOR).meta({ description: 'The `cursor` of the page before' }),
    },
    answers: {
      200: {
        what: 'The change requests; those that are pending on one page',
        schema: z.object({ changeRequests: z.array(CHANGE_REQUEST), cursor: z.string().optional() }),
      },
    },
    handle: async ({ context, caller, query }) => {
      const listed = await listChangeRequests(context, caller, query).catch((error: unknown) => {
        if (!(error instanceof CursorError)) throw error;
        throw invalidQuery('after', 'the `cursor` of the page before');
      });
      return answer(listed, ({ changeRequests, cursor }) =>
        ok({
          changeRequests: changeRequests.map(changeViewJson),
          ...(cursor !== undefined && { cursor }),
        }),
      );
    },
  }),
  endpoint({
    method: 'GET',
    path: '/countersign/v1/change_requests/:request',
    operation: 'readChangeRequests',
    failure: 'Change request could not be retrieved',
    id: 'getChangeRequest',
    summary: 'Read a change request, and whether you could approve it',
    tag: 'Change requests',
    refusals: ['change-not-found'],
    answers: { 200: { what: 'The change request', schema: CHANGE_REQUEST } },
    handle: async (call) =>
      answer(await readChangeRequest(call.context, call.caller, idOf(call)), (view) =>
        ok(changeViewJson(view)),
      ),
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/change_requests/:request/approve',
    operation: 'decideChangeRequests',
    failure: 'Change could not be approved',
    id: 'approveChangeRequest',
    summary: 'Approve a change as the second Manager; it is done in the same write',
    tag: 'Change requests',
    body: objectBody(APPROVAL),
    refusals: [
      'change-not-found',
      'change-decided',
      'change-drifted',
      'change-mismatch',
      'window-closed',
      'own-request',
      'own-gain',
      'grant-too-young',
      'service-identity',
      'requester-gone',
      'requests-frozen',
      'person-exists',
      'last-managers',
      'too-many-managers',
      'too-many-grants',
      'window-unusable',
    ],
    answers: ENDED,
    handle: async (call) => {
      const decision = await approveChange(call.context, call.caller, { id: idOf(call), ...call.body });
      return answer(decision, (request) => ok(changeJson(request)));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/change_requests/:request/deny',
    operation: 'decideChangeRequests',
    failure: 'Change could not be denied',
    id: 'denyChangeRequest',
    summary: 'Deny a change that was asked for; any one Manager can',
    tag: 'Change requests',
    body: optionalBody(DENIAL),
    refusals: ['change-not-found', 'change-decided', 'window-closed'],
    answers: ENDED,
    handle: async (call) => {
      const decision = await denyChange(call.context, call.caller, { id: idOf(call), ...call.body });
      return answer(decision, (request) => ok(changeJson(request)));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/change_requests/:request/withdraw',
    operation: 'decideChangeRequests',
    failure: 'Change request could not be withdrawn',
    id: 'withdrawChangeRequest',
    summary: 'Take back a change that was asked for',
    tag: 'Change requests',
    body: optionalBody(STOP),
    refusals: ['change-not-found', 'change-decided', 'window-closed'],
    answers: ENDED,
    handle: async (call) => {
      const decision = await withdrawChange(call.context, call.caller, { id: idOf(call), ...call.body });
      return answer(decision, (request) => ok(changeJson(request)));
    },
  }),
];

const idOf = ({ request }: Pick<Call, 'request'>): string => request.param('request') ?? '';
