import { liftRequestsFreeze } from '../operations/unexpected.ts';
import { EMPTY_BODY } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT } from './endpoint.ts';

/** The end of what "I did not expect this" stops: asked of a Manager, never of whoever is stopped. */
export const FROZEN_REQUESTS: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/countersign/v1/people/:person/unfreeze-requests',
    operation: 'managePeople',
    failure: 'Requests could not be unfrozen',
    summary:
      'Let somebody ask for deletions again after a Manager did not expect one; nothing old counts again',
    tag: 'People',
    body: EMPTY_BODY,
    refusals: ['person-not-found', 'own-freeze'],
    answers: { 204: { what: 'They may ask anew' } },
    handle: async ({ context, caller, request }) =>
      answer(await liftRequestsFreeze(context, caller, request.param('person') ?? ''), () => NO_CONTENT),
  }),
];
