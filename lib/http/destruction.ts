import { purgeKey } from '../operations/purge-key.ts';
import { restoreKey } from '../operations/restore-key.ts';
import { KEY } from './answer-schemas.ts';
import { collection, KEY_TYPE } from './collection.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { prefersRepresentation } from './headers.ts';
import { keyOf } from './key-path.ts';
import { viewOf } from './keys.ts';
import { fullKey } from './representations.ts';

const KEY_ANSWERED = { schema: KEY, collection: KEY_TYPE };

/** What is sent with it is not looked at: older clients send the material that they had imported. */
export const RESTORE: Endpoint = endpoint({
  method: 'POST',
  path: '/api/v2/keys/:id/restore',
  operation: 'restoreKey',
  failure: 'Key could not be restored',
  id: 'restoreKey',
  summary: 'Restore a destroyed key, from 30 seconds after its deletion to the end of the restore window',
  tag: 'Keys',
  refusals: [
    'key-not-active',
    'key-expired',
    'restore-expired',
    'too-early',
    'provider-unknown',
    'provider-refused',
  ],
  answers: { 201: { what: 'The key', ...KEY_ANSWERED } },
  handle: async (call) => {
    const restored = await restoreKey(call.context, call.caller, keyOf(call.request));
    return answer(restored, (key) => ({
      status: 201,
      body: collection(KEY_TYPE, [fullKey(key, viewOf(call))]),
    }));
  },
});

/** What becomes of a destroyed key: it is restored, or what is left of it goes. */
export const DESTRUCTION: readonly Endpoint[] = [
  RESTORE,
  endpoint({
    method: 'DELETE',
    path: '/api/v2/keys/:id/purge',
    operation: 'purgeKey',
    failure: 'Key could not be purged',
    id: 'purgeKey',
    summary: 'Shred the material of a destroyed key and remove its metadata, from 4 hours after its deletion',
    tag: 'Keys',
    headers: ['prefer'],
    refusals: ['key-not-active', 'too-early'],
    answers: {
      200: { what: 'The key as it was, with `prefer: return=representation`', ...KEY_ANSWERED },
      204: { what: 'The key is purged' },
    },
    handle: async (call) => {
      const purged = await purgeKey(call.context, call.caller, keyOf(call.request));
      return answer(purged, (key) =>
        prefersRepresentation(call.request)
          ? ok(collection(KEY_TYPE, [fullKey(key, viewOf(call))]))
          : NO_CONTENT,
      );
    },
  }),
];
