import { CursorError } from '../domain/errors.ts';
import type { Decision } from '../domain/refusal.ts';
import { type KeyHistory, keyHistory } from '../operations/history.ts';
import { authorizationJson, isoTime } from './authorization.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Call, type Endpoint, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { integerOf } from './query.ts';
import { fullKey, type View } from './representations.ts';

/** Opaque; the store's are of a few hundred characters. */
const LONGEST_CURSOR = 2_000;

/** Who did what with a key and when, and what its executions went through. */
export const HISTORY: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/countersign/v1/keys/:id/history',
    operation: 'readHistory',
    failure: 'History could not be retrieved',
    handle: async (call) => {
      const limit = integerOf(call.request, 'limit', { least: 1, most: 1_000, fallback: 100 });
      const history = await readPage(call, limit);
      return answer(history, (found) => ok(historyJson(found, viewOf(call))));
    },
  },
];

/** @throws RequestProblem for a cursor that no page ended with. */
async function readPage({ context, caller, request }: Call, limit: number): Promise<Decision<KeyHistory>> {
  const key = keyOf(request);
  const after = request.query('after');
  if (after === undefined) return keyHistory(context, caller, key, { limit });
  const foreign = invalidQuery('after', 'the `cursor` of the page before');
  if (after === '' || after.length > LONGEST_CURSOR) throw foreign;
  try {
    return await keyHistory(context, caller, key, { limit, after });
  } catch (error) {
    throw error instanceof CursorError ? foreign : error;
  }
}

/** Times in ISO 8601, to the millisecond: an event's hash can be recomputed from what is answered. */
const historyJson = ({ key, authorizations, events, mails, ...others }: KeyHistory, view: View): object => ({
  key: fullKey(key, view),
  authorizations: authorizations.map(authorizationJson),
  events: events.map((event) => ({ ...event, at: isoTime(event.at) })),
  mails: mails.map(({ sentAt, ...mail }) => ({
    ...mail,
    ...(sentAt !== undefined && { sentAt: isoTime(sentAt) }),
  })),
  ...others,
});
