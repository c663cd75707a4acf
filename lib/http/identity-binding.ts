import { ONESELF } from '../operations/credentials.ts';
import { unbindIdentity } from '../operations/identities.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT } from './endpoint.ts';

/** Who an OIDC issuer says that somebody is. It is bound through a mailed link, in a browser, and by no call. */
export const IDENTITY_BINDING: readonly Endpoint[] = [
  endpoint({
    method: 'DELETE',
    path: '/countersign/v1/people/:person/identity',
    operation: 'manageApiKeys',
    failure: 'Sign-in could not be ended',
    id: 'unbindIdentity',
    summary: `End that somebody signs in at the OIDC issuer, with every session that began so; API keys stay (\`${ONESELF}\`, or by address, name or id)`,
    tag: 'People',
    refusals: ['person-not-found', 'identity-not-bound'],
    answers: { 204: { what: 'Their account at the issuer opens nothing here any more' } },
    handle: async ({ context, caller, request }) =>
      answer(await unbindIdentity(context, caller, request.param('person') ?? ''), () => NO_CONTENT),
  }),
];
