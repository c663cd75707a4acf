import * as z from 'zod';
import { type ApiKey, createApiKey, listApiKeys, ONESELF, revokeApiKey } from '../operations/credentials.ts';
import { API_KEY } from './answer-schemas.ts';
import { isoTime } from './authorization.ts';
import { EMPTY_BODY } from './describe.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';

const PATH = '/countersign/v1/people/:person/api-keys';
const WHOSE = `\`${ONESELF}\`, or by address, name or id`;

/** The API keys of one person. Everybody looks after their own and those of their services; Managers revoke others'. */
export const API_KEYS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: PATH,
    operation: 'manageApiKeys',
    failure: 'API keys could not be retrieved',
    summary: `List a person's API keys, never the keys themselves (${WHOSE})`,
    tag: 'People',
    refusals: ['person-not-found'],
    answers: { 200: { what: 'The keys, oldest first', schema: z.object({ apiKeys: z.array(API_KEY) }) } },
    handle: async ({ context, caller, request }) =>
      answer(await listApiKeys(context, caller, request.param('person') ?? ''), (keys) =>
        ok({ apiKeys: keys.map(apiKeyJson) }),
      ),
  }),
  endpoint({
    method: 'POST',
    path: PATH,
    operation: 'manageApiKeys',
    failure: 'API key could not be created',
    summary: `Make another API key, for oneself or a service of one's own (${WHOSE})`,
    tag: 'People',
    body: EMPTY_BODY,
    refusals: ['person-not-found', 'too-many-api-keys'],
    answers: {
      201: { what: 'The API key, shown this once', schema: API_KEY.extend({ apiKey: z.string() }) },
    },
    handle: async ({ context, caller, request }) =>
      answer(await createApiKey(context, caller, request.param('person') ?? ''), ({ apiKey, ...key }) => ({
        status: 201,
        body: { ...apiKeyJson(key), apiKey },
      })),
  }),
  endpoint({
    method: 'DELETE',
    path: `${PATH}/:apiKey`,
    operation: 'manageApiKeys',
    failure: 'API key could not be revoked',
    summary: `Revoke an API key, with every token that was made from it (${WHOSE})`,
    tag: 'People',
    refusals: ['person-not-found', 'api-key-not-found'],
    answers: { 204: { what: 'It opens nothing any more' } },
    handle: async ({ context, caller, request }) => {
      const asked = { person: request.param('person') ?? '', id: request.param('apiKey') ?? '' };
      return answer(await revokeApiKey(context, caller, asked), () => NO_CONTENT);
    },
  }),
];

const apiKeyJson = (key: ApiKey): object => ({ ...key, createdAt: isoTime(key.createdAt) });
