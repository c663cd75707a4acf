import type { Decision } from '../domain/refusal.ts';
import { createKey, type KeyWithPayload, type NewKey } from '../operations/create-key.ts';
import { deleteKey } from '../operations/delete-key.ts';
import { getKey, getKeyMetadata } from '../operations/read-keys.ts';
import { KEY } from './answer-schemas.ts';
import { badBody } from './bad-request.ts';
import { collection, KEY_TYPE } from './collection.ts';
import { collectionBody } from './describe.ts';
import { type Answer, answer, type Call, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { manifestDigestOf, prefersRepresentation } from './headers.ts';
import { NEW_KEY, NEW_KEY_WITH_POLICIES, newKeyOf } from './key-body.ts';
import { count, LIST_QUERY, list } from './key-list.ts';
import { keyOf } from './key-path.ts';
import { IMPORT_REFUSALS } from './material-fields.ts';
import { flag } from './query.ts';
import { fullKey, shortKey, type View } from './representations.ts';

const RETRIEVE = 'Key could not be retrieved';

const KEYS_ANSWERED = { schema: KEY, collection: KEY_TYPE };

const CREATION_REFUSALS = [
  'alias-in-use',
  'key-ring-not-found',
  'import-not-root',
  'key-access',
  ...IMPORT_REFUSALS,
] as const;

/** Key Protect's keys: create, list, count, read, delete. */
export const KEYS: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v2/keys',
    operation: 'createKey',
    failure: 'Key could not be created',
    id: 'createKey',
    summary: 'Create a key, which takes on the policies of the instance',
    tag: 'Keys',
    headers: ['prefer', 'x-kms-key-ring'],
    body: collectionBody(NEW_KEY),
    refusals: CREATION_REFUSALS,
    answers: { 201: { what: 'The key', ...KEYS_ANSWERED } },
    handle: async (call) => create(call, newKeyOf(onlyOne(call.body), call.context.clock.now())),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v2/keys_with_policy_overrides',
    operation: 'createKey',
    failure: 'Key could not be created',
    id: 'createKeyWithPoliciesOverrides',
    summary: 'Create a key with policies of its own in the place of the instance’s',
    tag: 'Keys',
    headers: ['prefer', 'x-kms-key-ring'],
    body: collectionBody(NEW_KEY_WITH_POLICIES),
    refusals: CREATION_REFUSALS,
    answers: { 201: { what: 'The key', ...KEYS_ANSWERED } },
    handle: async (call) => {
      const given = onlyOne(call.body);
      // No override is one as well: the instance's policies do not count here.
      const dualAuthDelete = given.dualAuthDelete?.enabled ?? false;
      const rotation = given.rotation ?? 'none';
      return create(call, { ...newKeyOf(given, call.context.clock.now()), dualAuthDelete, rotation });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/keys',
    operation: 'listKeys',
    failure: RETRIEVE,
    summary: 'List keys',
    head: {
      id: 'getKeyCollectionMetadata',
      summary: 'Count keys; the header `Key-Total` of the answer holds how many',
    },
    tag: 'Keys',
    headers: ['x-kms-key-ring'],
    query: LIST_QUERY,
    refusals: ['search-too-broad'],
    answers: { 200: { what: 'The keys', ...KEYS_ANSWERED } },
    // The router hands a HEAD to the GET of its path.
    handle: (call) =>
      call.request.method === 'HEAD' ? count(call, call.query) : list(call, call.query, viewOf(call)),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/keys/:id',
    operation: 'readKey',
    failure: RETRIEVE,
    id: 'getKey',
    summary: 'Read a key, with its material if it is a standard key',
    tag: 'Keys',
    answers: { 200: { what: 'The key', ...KEYS_ANSWERED } },
    handle: async (call) => {
      const found = await getKey(call.context, call.caller, keyOf(call.request));
      return answer(found, (value) => ok(collection(KEY_TYPE, [withPayload(value, viewOf(call))])));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/keys/:id/metadata',
    operation: 'readKeyMetadata',
    failure: RETRIEVE,
    id: 'getKeyMetadata',
    summary: 'Read a key without its material',
    tag: 'Keys',
    answers: { 200: { what: 'The key', ...KEYS_ANSWERED } },
    handle: async (call) => {
      const found = await getKeyMetadata(call.context, call.caller, keyOf(call.request));
      return answer(found, (key) => ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))])));
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/api/v2/keys/:id',
    operation: 'deleteKey',
    failure: 'Key could not be deleted',
    id: 'deleteKey',
    summary: 'Delete a key; as the second person, where its policy asks for two',
    refusals: [
      'key-destroyed',
      'nothing-pending',
      'deletion-under-way',
      'stopped-meanwhile',
      'requests-frozen',
      'window-closed',
      'window-unusable',
      'own-request',
      'grant-too-young',
      'service-identity',
      'requester-gone',
      'other-round',
      'already-decided',
      'loss-changed',
      'manifest-mismatch',
      'manifest-needed',
      'retention-found',
      'resources-protected',
      'not-carried-out',
      'provider-unknown',
      'provider-refused',
    ],
    tag: 'Keys',
    headers: ['prefer', 'x-countersign-manifest'],
    query: { force: flag() },
    answers: {
      200: { what: 'The key, with `prefer: return=representation`', ...KEYS_ANSWERED },
      204: { what: 'The key is destroyed' },
    },
    handle: remove,
  }),
];

export const viewOf = ({ context: { clock, settings } }: Pick<Call, 'context'>): View => ({
  now: clock.now(),
  settings,
});

function onlyOne<T>([first, ...others]: readonly T[]): T {
  if (first === undefined || others.length > 0) {
    throw badBody('Only creation of one key per request is supported');
  }
  return first;
}

async function create(call: Call, request: NewKey): Promise<Decision<Answer>> {
  const created = await createKey(call.context, call.caller, request);
  return answer(created, (value) => {
    const view = viewOf(call);
    const key = prefersRepresentation(call.request) ? withPayload(value, view) : shortKey(value.key, view);
    return { status: 201, body: collection(KEY_TYPE, [key]) };
  });
}

const withPayload = ({ key, payload }: KeyWithPayload, view: View): object => ({
  ...fullKey(key, view),
  ...(payload !== undefined && { payload: Buffer.from(payload).toString('base64') }),
});

async function remove(
  call: Call & { readonly query: { readonly force: boolean | undefined } },
): Promise<Decision<Answer>> {
  const { request, query } = call;
  const manifestDigest = manifestDigestOf(request);
  const deleted = await deleteKey(call.context, call.caller, keyOf(request), {
    ...(manifestDigest !== undefined && { manifestDigest }),
    ...(query.force === true && { force: true }),
  });
  return answer(deleted, (key) =>
    prefersRepresentation(request) ? ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))])) : NO_CONTENT,
  );
}
