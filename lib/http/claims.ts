import { sendClaim } from '../operations/claims.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT } from './endpoint.ts';

/** Links by which people get their API keys. */
export const CLAIMS: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/countersign/v1/people/:person/claim',
    operation: 'managePeople',
    failure: 'Link could not be sent',
    id: 'sendClaim',
    summary:
      'Mail somebody a new link to an API key; the link before ends, their API keys end when it is used',
    tag: 'People',
    refusals: ['person-not-found', 'claim-not-possible'],
    answers: { 204: { what: 'The mail is on its way' } },
    handle: async ({ context, caller, request }) =>
      answer(await sendClaim(context, caller, request.param('person') ?? ''), () => NO_CONTENT),
  }),
];
