import type { Decision } from '../domain/refusal.ts';
import {
  listKeyRegistrations,
  listRegistrations,
  type RegistrationListing,
  type Registrations,
} from '../operations/read-registrations.ts';
import { registerResource, unregisterResource, updateRegistration } from '../operations/registrations.ts';
import { badBody } from './bad-request.ts';
import { collection } from './collection.ts';
import { crnOf, crnPatternOf } from './crn.ts';
import { collectionBody } from './describe.ts';
import { type Answer, answer, type Call, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { flag, freeText, integer, type Query } from './query.ts';
import {
  inputOf,
  REGISTRATION_ANSWER,
  REGISTRATION_INPUT,
  REGISTRATION_TYPE,
  registrationJson,
} from './registration-form.ts';

const LISTED = { schema: REGISTRATION_ANSWER, collection: REGISTRATION_TYPE };
const RETRIEVE = 'Registrations could not be retrieved';

/** A CRN, each of whose characters may have been encoded a few times. */
const LONGEST_QUERY = 8_192;

const LIST_QUERY = {
  limit: integer({ least: 1, most: 5_000, fallback: 200 }),
  offset: integer({ least: 0, most: 1_000_000_000, fallback: 0 }),
  totalCount: flag(),
  preventKeyDeletion: flag(),
  urlEncodedResourceCRNQuery: freeText(LONGEST_QUERY),
};

/** The rest of the path: a CRN has slashes, and API Gateway hands them over decoded. */
const ONE = '/api/v2/keys/:id/registrations/:crn{.+}';

/** Why nothing is written about any resource of the key. */
const WRITING = ['service-only', 'registration-not-root', 'registration-key-state'] as const;

/** Which cloud resources use which keys. Read by everybody, written by services. */
export const REGISTRATIONS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    // Before the keys' own routes: this is no key that is called `registrations`.
    path: '/api/v2/keys/registrations',
    operation: 'listRegistrations',
    failure: RETRIEVE,
    id: 'getRegistrationsAllKeys',
    summary: 'List the resources that are registered with any key',
    tag: 'Registrations',
    query: LIST_QUERY,
    answers: { 200: { what: 'The registrations', ...LISTED } },
    handle: async (call) =>
      listed(
        call,
        await listRegistrations(call.context, call.caller, listingOf(call.query, { wide: false })),
      ),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/keys/:id/registrations',
    operation: 'listRegistrations',
    failure: RETRIEVE,
    id: 'getRegistrations',
    summary: 'List the resources that are registered with a key',
    tag: 'Registrations',
    query: LIST_QUERY,
    answers: { 200: { what: 'The registrations', ...LISTED } },
    handle: async (call) => {
      const { context, caller, request, query } = call;
      const listing = listingOf(query, { wide: true });
      return listed(call, await listKeyRegistrations(context, caller, keyOf(request), listing));
    },
  }),
  endpoint({
    method: 'POST',
    path: ONE,
    operation: 'writeRegistrations',
    failure: 'Registration could not be created',
    id: 'createRegistration',
    summary:
      'Register a resource with the key that encrypts it, or tell everything about it anew; for services',
    refusals: [...WRITING, 'key-version-unknown', 'too-many-registrations'],
    tag: 'Registrations',
    body: collectionBody(REGISTRATION_INPUT),
    answers: {
      200: { what: 'It was registered already', ...LISTED },
      201: { what: 'The registration', ...LISTED },
    },
    handle: async (call) => {
      const { context, caller, body } = call;
      const done = await registerResource(context, caller, nameOf(call), inputOf(onlyOne(body)));
      return answer(done, ({ registration, created }) => ({
        status: created ? 201 : 200,
        body: collection(REGISTRATION_TYPE, [registrationJson(registration, caller.person)]),
      }));
    },
  }),
  endpoint({
    method: 'PATCH',
    path: ONE,
    operation: 'writeRegistrations',
    failure: 'Registration could not be updated',
    id: 'updateRegistration',
    summary: 'Tell something about a registered resource; for services',
    refusals: [...WRITING, 'registration-not-found', 'key-version-unknown'],
    tag: 'Registrations',
    body: collectionBody(REGISTRATION_INPUT),
    answers: { 200: { what: 'The registration', ...LISTED } },
    handle: async (call) => {
      const { context, caller, body } = call;
      const done = await updateRegistration(context, caller, nameOf(call), inputOf(onlyOne(body)));
      return answer(done, (registration) =>
        ok(collection(REGISTRATION_TYPE, [registrationJson(registration, caller.person)])),
      );
    },
  }),
  endpoint({
    method: 'DELETE',
    path: ONE,
    operation: 'writeRegistrations',
    failure: 'Registration could not be deleted',
    id: 'deleteRegistration',
    summary: 'The resource does not use the key any more; for services',
    refusals: [...WRITING, 'registration-not-found'],
    tag: 'Registrations',
    answers: { 204: { what: 'It is registered no more' } },
    handle: async (call) =>
      answer(await unregisterResource(call.context, call.caller, nameOf(call)), () => NO_CONTENT),
  }),
];

const nameOf = ({ request }: Pick<Call, 'request'>) => ({
  idOrAlias: keyOf(request),
  resourceCrn: crnOf(request),
});

function onlyOne<T>([first, ...others]: readonly T[]): T {
  if (first === undefined || others.length > 0) throw badBody('one registration per request is supported');
  return first;
}

function listingOf(query: Query<typeof LIST_QUERY>, among: { readonly wide: boolean }): RegistrationListing {
  const { limit, offset, totalCount: count = false, preventKeyDeletion } = query;
  const crn = crnPatternOf(query.urlEncodedResourceCRNQuery, among);
  return {
    limit,
    offset,
    count,
    ...(preventKeyDeletion !== undefined && { preventKeyDeletion }),
    ...(crn !== undefined && { crn }),
  };
}

const listed = ({ caller }: Pick<Call, 'caller'>, found: Decision<Registrations>): Decision<Answer> =>
  answer(found, ({ registrations, total }) => {
    const shown = registrations.map((registration) => registrationJson(registration, caller.person));
    const { metadata, resources } = collection(REGISTRATION_TYPE, shown);
    return ok({ metadata: { ...metadata, ...(total !== undefined && { totalCount: total }) }, resources });
  });
