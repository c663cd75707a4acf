import * as z from 'zod';
import { readEvents } from '../operations/fed-events.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { type Problem, RequestProblem } from './problem.ts';
import { integer } from './query.ts';

/** Of what is written in ten digits. */
const LAST_POSITION = 9_999_999_999;
const MOST_EVENTS = 1_000;
const USUAL_EVENTS = 100;

const NO_FEED: Problem = {
  status: 404,
  code: 'NO_EVENT_FEED_ERR',
  message: 'This installation keeps no feed of events: it publishes them to Amazon EventBridge',
};

const NOT_AFTER_THE_NEWEST =
  'the `next` of a page before. There is no event as late as that, which is so after a backup was restored: read on from an earlier one, and drop what you have seen by its `id`';

const PAGE = z
  .object({
    events: z
      .array(
        z.looseObject({ id: z.string(), action: z.string(), eventTime: z.string(), outcome: z.string() }),
      )
      .meta({ description: 'CADF events, in the order in which they were committed' }),
    next: z.int().meta({ description: 'The `after` of the next page' }),
    more: z.boolean().meta({ description: 'Whether there was more when this was read' }),
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
      after: integer({ least: 0, most: LAST_POSITION, fallback: 0 }).meta({
        description: 'The `next` of the page before; 0 is the beginning',
      }),
      limit: integer({ least: 1, most: MOST_EVENTS, fallback: USUAL_EVENTS }),
    },
    answers: { 200: { what: 'A page of events', schema: PAGE } },
    refusals: ['access-denied'],
    handle: async ({ context, caller, query }) => {
      const read = await readEvents(context, caller, query);
      if (read === 'no feed') throw new RequestProblem(NO_FEED);
      if (read === 'after the newest') throw invalidQuery('after', NOT_AFTER_THE_NEWEST);
      return answer(read, (page) => ok(page));
    },
  }),
];
