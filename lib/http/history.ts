import { CursorError } from '../domain/errors.ts';
import type { Decision } from '../domain/refusal.ts';
import { type KeyHistory, keyHistory } from '../operations/history.ts';
import { HISTORY as HISTORY_ANSWER } from './answer-schemas.ts';
import { authorizationJson, isoTime, mailJson } from './authorization.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Call, type Endpoint, endpoint, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { freeText, integer } from './query.ts';
import { fullKey, type View } from './representations.ts';

/** Opaque; the store's are of a few hundred characters. */
const LONGEST_CURSOR = 2_000;

/** Who did what with a key and when, and what its executions went through. */
export const HISTORY: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/keys/:id/history',
    operation: 'readHistory',
    failure: 'History could not be retrieved',
    id: 'getKeyHistory',
    summary: 'Read who did what with a key and when',
    tag: 'Authorizations',
    query: {
      limit: integer({ least: 1, most: 1_000, fallback: 100 }),
      after: freeText(LONGEST_CURSOR).meta({ description: 'The `cursor` of the page before' }),
    },
    answers: {
      200: { what: 'Events with the oldest first, authorizations with the newest', schema: HISTORY_ANSWER },
    },
    handle: async (call) => {
      const history = await readPage(call, call.query);
      return answer(history, (found) => ok(historyJson(found, viewOf(call))));
    },
  }),
];

/** @throws RequestProblem for a cursor that no page ended with. */
async function readPage(
  { context, caller, request }: Call,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<Decision<KeyHistory>> {
  const key = keyOf(request);
  if (after === undefined) return keyHistory(context, caller, key, { limit });
  const foreign = invalidQuery('after', 'the `cursor` of the page before');
  if (after === '') throw foreign;
  try {
    return await keyHistory(context, caller, key, { limit, after });
  } catch (error) {
    throw error instanceof CursorError ? foreign : error;
  }
}

/** Times in ISO 8601, to the millisecond: an event's hash can be recomputed from what is answered. */
const historyJson = (
  { key, authorizations, events, mails, openings, ...others }: KeyHistory,
  view: View,
): object => ({
  key: fullKey(key, view),
  ...(key.purgedAt !== undefined && { purgedAt: isoTime(key.purgedAt) }),
  authorizations: authorizations.map(authorizationJson),
  events: events.map((event) => ({ ...event, at: isoTime(event.at) })),
  mails: mails.map(mailJson),
  openings: openings.map(({ firstAt, lastAt, ...opening }) => ({
    ...opening,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
  })),
  ...others,
});
