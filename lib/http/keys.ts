import type { HonoRequest } from 'hono';
import { ACTIVE, DEACTIVATED, DESTROYED, type KeyState, SUSPENDED } from '../domain/key.ts';
import type { Decision } from '../domain/refusal.ts';
import { createKey, type KeyWithPayload, type NewKey } from '../operations/create-key.ts';
import { deleteKey } from '../operations/delete-key.ts';
import { countKeys, getKey, getKeyMetadata, listKeys } from '../operations/read-keys.ts';
import { badBody, invalidQuery } from './bad-request.ts';
import { collection, KEY_TYPE, readCollection } from './collection.ts';
import { type Answer, answer, type Call, type Endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { manifestDigestOf, prefersRepresentation } from './headers.ts';
import { NEW_KEY, NEW_KEY_WITH_POLICIES, newKeyOf } from './key-body.ts';
import { keyOf } from './key-path.ts';
import { choiceOf, integerOf, refuseQuery } from './query.ts';
import { fullKey, shortKey, type View } from './representations.ts';

const RETRIEVE = 'Key could not be retrieved';

/** Key Protect's keys: create, list, count, read, delete. */
export const KEYS: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/v2/keys',
    operation: 'createKey',
    failure: 'Key could not be created',
    handle: async (call) => create(call, newKeyOf(await onlyOne(call, NEW_KEY), call.context.clock.now())),
  },
  {
    method: 'POST',
    path: '/api/v2/keys_with_policy_overrides',
    operation: 'createKey',
    failure: 'Key could not be created',
    handle: async (call) => {
      const given = await onlyOne(call, NEW_KEY_WITH_POLICIES);
      // No override is one as well: the instance's policy does not count here.
      const dualAuthDelete = given.dualAuthDelete?.enabled ?? false;
      return create(call, { ...newKeyOf(given, call.context.clock.now()), dualAuthDelete });
    },
  },
  {
    method: 'GET',
    path: '/api/v2/keys',
    operation: 'listKeys',
    failure: RETRIEVE,
    // The router hands a HEAD to the GET of its path.
    handle: (call) => (call.request.method === 'HEAD' ? count(call) : list(call)),
  },
  {
    method: 'GET',
    path: '/api/v2/keys/:id',
    operation: 'readKey',
    failure: RETRIEVE,
    handle: async (call) => {
      const found = await getKey(call.context, call.caller, keyOf(call.request));
      return answer(found, (value) => ok(collection(KEY_TYPE, [withPayload(value, viewOf(call))])));
    },
  },
  {
    method: 'GET',
    path: '/api/v2/keys/:id/metadata',
    operation: 'readKeyMetadata',
    failure: RETRIEVE,
    handle: async (call) => {
      const found = await getKeyMetadata(call.context, call.caller, keyOf(call.request));
      return answer(found, (key) => ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))])));
    },
  },
  {
    method: 'DELETE',
    path: '/api/v2/keys/:id',
    operation: 'deleteKey',
    failure: 'Key could not be deleted',
    handle: remove,
  },
];

export const viewOf = ({ context: { clock, settings } }: Pick<Call, 'context'>): View => ({
  now: clock.now(),
  settings,
});

async function onlyOne<T>({ request }: Call, schema: Parameters<typeof readCollection<T>>[1]): Promise<T> {
  const [first, ...others] = await readCollection(request, schema);
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

/** Key Protect's, that this service does not have. */
const UNSUPPORTED_FILTERS = ['search', 'filter', 'extractable'] as const;

async function list(call: Call): Promise<Decision<Answer>> {
  const { request } = call;
  refuseQuery(request, UNSUPPORTED_FILTERS);
  choiceOf(request, 'sort', ['id']);
  const limit = integerOf(request, 'limit', { least: 1, most: 5_000, fallback: 200 });
  const offset = integerOf(request, 'offset', { least: 0, most: 1_000_000_000, fallback: 0 });
  const keys = await listKeys(call.context, call.caller, { states: statesOf(request), limit, offset });
  return answer(keys, (found) => {
    const view = viewOf(call);
    const shown = found.map((key) => fullKey(key, view));
    return ok(collection(KEY_TYPE, shown));
  });
}

async function count(call: Call): Promise<Decision<Answer>> {
  refuseQuery(call.request, UNSUPPORTED_FILTERS);
  const total = await countKeys(call.context, call.caller, { states: statesOf(call.request) });
  return answer(total, (number) => ({ status: 200, headers: { 'key-total': String(number) } }));
}

/** By the numbers of Key Protect; no key is ever in state 0 or 4. */
const STATES: { readonly [number: string]: readonly KeyState[] } = {
  0: [],
  1: [ACTIVE],
  2: [SUSPENDED],
  3: [DEACTIVATED],
  4: [],
  5: [DESTROYED],
};

/** Destroyed keys are listed only when they are asked for. */
function statesOf(request: HonoRequest): readonly KeyState[] {
  const text = request.query('state');
  if (text === undefined) return [ACTIVE, SUSPENDED, DEACTIVATED];
  return text.split(',').flatMap((number) => {
    if (!Object.hasOwn(STATES, number))
      throw invalidQuery('state', 'numbers from 0 to 5, separated by commas');
    return STATES[number] ?? [];
  });
}

async function remove(call: Call): Promise<Decision<Answer>> {
  const { request } = call;
  choiceOf(request, 'force', ['true', 'false']);
  const manifestDigest = manifestDigestOf(request);
  const deletion = manifestDigest === undefined ? {} : { manifestDigest };
  const deleted = await deleteKey(call.context, call.caller, keyOf(request), deletion);
  return answer(deleted, (key) =>
    prefersRepresentation(request) ? ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))])) : NO_CONTENT,
  );
}
