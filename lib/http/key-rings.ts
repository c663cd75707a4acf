import * as z from 'zod';
import { isKeyRingId, KEY_RING_FORM, KEY_RING_RULE } from '../domain/key-ring.ts';
import { iamIdOf } from '../domain/person.ts';
import type { Decision } from '../domain/refusal.ts';
import { toDate } from '../domain/time.ts';
import { createKeyRing, deleteKeyRing, type ListedKeyRing, listKeyRings } from '../operations/key-rings.ts';
import { moveKey } from '../operations/move-key.ts';
import { KEY } from './answer-schemas.ts';
import { invalidField } from './bad-request.ts';
import { fields } from './body.ts';
import { collection, KEY_TYPE } from './collection.ts';
import { EMPTY_BODY, objectBody } from './describe.ts';
import { type Answer, answer, type Call, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { flag, integer, type Query } from './query.ts';
import { fullKey } from './representations.ts';

const KEY_RING_TYPE = 'application/vnd.ibm.kms.key_ring+json';

const KEY_RING = z
  .object({
    id: z.string(),
    creationDate: z.iso.datetime().optional().meta({ description: 'Of every ring but the default one' }),
    createdBy: z.string().optional(),
  })
  .meta({ id: 'KeyRing' });

const LIST_QUERY = {
  limit: integer({ least: 1, most: 5_000, fallback: 100 }),
  offset: integer({ least: 0, most: 1_000_000_000, fallback: 0 }),
  totalCount: flag(),
};

const keyRingID = z
  .string(KEY_RING_RULE)
  .refine(isKeyRingId, KEY_RING_RULE)
  .meta({ pattern: KEY_RING_FORM.source, examples: ['payroll'] });
const MOVE = fields({ keyRingID });

/** Groups of keys, and a key's way from one to another. */
export const KEY_RINGS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/api/v2/key_rings',
    operation: 'listKeyRings',
    failure: 'Key rings could not be retrieved',
    summary: 'List key rings, the default one first',
    id: 'listKeyRings',
    tag: 'Aliases and key rings',
    query: LIST_QUERY,
    answers: { 200: { what: 'The key rings', schema: KEY_RING, collection: KEY_RING_TYPE } },
    handle: list,
  }),
  endpoint({
    method: 'POST',
    path: '/api/v2/key_rings/:ring',
    operation: 'createKeyRing',
    failure: 'Key ring could not be created',
    summary: 'Create a key ring',
    id: 'createKeyRing',
    tag: 'Aliases and key rings',
    body: EMPTY_BODY,
    refusals: ['key-ring-exists', 'key-ring-reserved', 'too-many-key-rings'],
    answers: { 201: { what: 'Created; without a body' } },
    handle: async (call) =>
      answer(await createKeyRing(call.context, call.caller, ringOf(call)), () => ({ status: 201 })),
  }),
  endpoint({
    method: 'DELETE',
    path: '/api/v2/key_rings/:ring',
    operation: 'deleteKeyRing',
    failure: 'Key ring could not be deleted',
    summary:
      'Delete a key ring that has no keys; with `force` its destroyed keys go to the default ring before',
    id: 'deleteKeyRing',
    tag: 'Aliases and key rings',
    query: { force: flag() },
    refusals: ['key-ring-not-found', 'key-ring-not-empty', 'key-ring-reserved'],
    answers: { 204: { what: 'Deleted' } },
    handle: async (call) => {
      const request = { id: ringOf(call), force: call.query.force ?? false };
      return answer(await deleteKeyRing(call.context, call.caller, request), () => NO_CONTENT);
    },
  }),
  endpoint({
    method: 'PATCH',
    path: '/api/v2/keys/:id',
    operation: 'moveKey',
    failure: 'Key could not be updated',
    summary: 'Move a key to another key ring',
    id: 'patchKey',
    tag: 'Keys',
    headers: ['x-kms-key-ring'],
    body: objectBody(MOVE),
    refusals: ['key-ring-not-found', 'key-not-active'],
    answers: { 200: { what: 'The key', schema: KEY, collection: KEY_TYPE } },
    handle: async (call) => {
      const { context, caller, request, body } = call;
      const moved = await moveKey(context, caller, {
        idOrAlias: keyOf(request),
        keyRingId: body.keyRingID,
      });
      return answer(moved, (key) => ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))])));
    },
  }),
];

async function list(call: Call & { readonly query: Query<typeof LIST_QUERY> }): Promise<Decision<Answer>> {
  const { limit, offset, totalCount } = call.query;
  return answer(await listKeyRings(call.context, call.caller), (rings) => {
    const shown = rings.slice(offset, offset + limit).map(ringJson);
    const { metadata, resources } = collection(KEY_RING_TYPE, shown);
    return ok({ metadata: { ...metadata, ...(totalCount && { totalCount: rings.length }) }, resources });
  });
}

function ringOf({ request }: Pick<Call, 'request'>): string {
  const ring = request.param('ring') ?? '';
  if (!isKeyRingId(ring)) throw invalidField('key_ring_id', KEY_RING_RULE);
  return ring;
}

const ringJson = ({ id, createdAt, createdBy }: ListedKeyRing): object => ({
  id,
  creationDate: createdAt === undefined ? undefined : toDate(createdAt),
  createdBy: createdBy === undefined ? undefined : iamIdOf(createdBy),
});
