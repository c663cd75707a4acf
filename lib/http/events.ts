import * as z from 'zod';
import { readEvents } from '../operations/fed-events.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { type Problem, RequestProblem } from './problem.ts';
import { freeText, integer } from './query.ts';

const LONGEST_CURSOR = 40;
const MOST_EVENTS = 1_000;
const USUAL_EVENTS = 100;

const NO_FEED: Problem = {
  status: 404,
  code: 'NO_EVENT_FEED_ERR',
  message: 'This installation keeps no feed of events: it publishes them to Amazon EventBridge',
};

const NO_CURSOR = 'the `next` of a page before as it is, or 0 for the beginning';

const PAGE = z
  .object({
    events: z
      .array(
        z.looseObject({ id: z.string(), action: z.string(), eventTime: z.string(), outcome: z.string() }),
      )
      .meta({ description: 'CADF events, in the order in which they were committed' }),
    next: z.string().meta({ description: 'The `after` of the next page' }),
    more: z.boolean().meta({ description: 'Whether there was more when this was read' }),
    restored: z.literal(true).optional().meta({
      description:
        'There when a backup was restored since the cursor was given: what it had seen beyond the backup is not there any more, and the page begins after the last event that still is. Drop what you have seen by its `id`',
    }),
  })
  .meta({ id: 'CadfEvents' });

/** Auditors' own tools read along: every event of the instance, as CADF has it. */
export const EVENTS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/events',
    operation: 'exportEvidence',
    failure: 'Events could not be retrieved',
    id: 'listEvents',
    summary: 'Read the events of an instance in the order in which they happened, as CADF events',
    tag: 'Authorizations',
    query: {
      after: freeText(LONGEST_CURSOR).meta({
        description: 'The `next` of the page before; 0, or nothing, is the beginning',
      }),
      limit: integer({ least: 1, most: MOST_EVENTS, fallback: USUAL_EVENTS }),
    },
    answers: { 200: { what: 'A page of events', schema: PAGE } },
    refusals: ['access-denied'],
    handle: async ({ context, caller, query }) => {
      const read = await readEvents(context, caller, query);
      if (read === 'no feed') throw new RequestProblem(NO_FEED);
      if (read === 'no cursor') throw invalidQuery('after', NO_CURSOR);
      return answer(read, (page) => ok(page));
    },
  }),
];
