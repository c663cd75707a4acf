import { toDate } from '../domain/time.ts';
import { listKeyVersions } from '../operations/read-versions.ts';
import { KEY_VERSION } from './answer-schemas.ts';
import { collection, VERSION_TYPE } from './collection.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { flag, integer } from './query.ts';

/** A key's versions. */
export const VERSIONS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/api/v2/keys/:id/versions',
    operation: 'listKeyVersions',
    failure: 'Key versions could not be retrieved',
    id: 'getKeyVersions',
    summary: 'List the versions of a key, newest first',
    tag: 'Keys',
    query: {
      limit: integer({ least: 1, most: 5_000, fallback: 200 }),
      offset: integer({ least: 0, most: 1_000_000_000, fallback: 0 }),
      totalCount: flag(),
      allKeyStates: flag(),
    },
    refusals: ['key-not-active'],
    answers: { 200: { what: 'The versions', schema: KEY_VERSION, collection: VERSION_TYPE } },
    handle: async ({ context, caller, request, query }) => {
      const { limit, offset, totalCount, allKeyStates = false } = query;
      const listing = { limit, offset, allKeyStates };
      const page = await listKeyVersions(context, caller, keyOf(request), listing);
      return answer(page, ({ versions, total }) => {
        const shown = versions.map(({ id, createdAt }) => ({ id, creationDate: toDate(createdAt) }));
        const { metadata, resources } = collection(VERSION_TYPE, shown);
        return ok({ metadata: { ...metadata, ...(totalCount && { totalCount: total }) }, resources });
      });
    },
  }),
];
