import * as z from 'zod';
import {
  IMPORT_TOKEN_LIFE,
  IMPORT_TOKEN_RETRIEVALS,
  type ImportToken,
  type ImportTokenTerms,
} from '../domain/import-token.ts';
import { toDate } from '../domain/time.ts';
import { createImportToken, getImportToken } from '../operations/import-token.ts';
import { fields } from './body.ts';
import { optionalBody } from './describe.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';

/** A whole number that may be left out. */
function whole({ least, most, fallback }: Readonly<Record<'least' | 'most' | 'fallback', number>>) {
  const rule = `a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule).default(fallback);
}

const TERMS: z.ZodType<ImportTokenTerms> = fields({
  expiration: whole(IMPORT_TOKEN_LIFE),
  maxAllowedRetrievals: whole(IMPORT_TOKEN_RETRIEVALS),
});

const METADATA = {
  creationDate: z.iso.datetime(),
  expirationDate: z.iso.datetime(),
  maxAllowedRetrievals: z.int(),
  remainingRetrievals: z.int(),
};

const IMPORT_TOKEN = z.object(METADATA).meta({ id: 'ImportToken' });

const RETRIEVED = z
  .object({
    ...METADATA,
    payload: z.string().meta({ description: 'The public key: PEM, in base64' }),
    nonce: z.string().meta({ description: 'In base64; sent back encrypted with the key material' }),
  })
  .meta({ id: 'RetrievedImportToken' });

/** What material is encrypted with on its way to the service. Its answers come without an envelope. */
export const IMPORT_TOKEN_ROUTES: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v2/import_token',
    operation: 'useImportToken',
    failure: 'Import Token could not be created',
    summary: 'Create the import token of the instance, in the place of the one before',
    id: 'postImportToken',
    tag: 'Import tokens',
    body: optionalBody(TERMS),
    answers: { 200: { what: 'The token, without its key', schema: IMPORT_TOKEN } },
    handle: async ({ context, caller, body }) =>
      answer(await createImportToken(context, caller, body), (token) => ok(metadataOf(token))),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v2/import_token',
    operation: 'useImportToken',
    failure: 'Import Token could not be retrieved',
    summary: 'Retrieve the import token, as often as its creation allows',
    id: 'getImportToken',
    unsafe: true,
    tag: 'Import tokens',
    refusals: ['import-token-expired'],
    answers: { 200: { what: 'The token with its public key and nonce', schema: RETRIEVED } },
    handle: async ({ context, caller }) =>
      answer(await getImportToken(context, caller), (token) =>
        ok({
          ...metadataOf(token),
          payload: Buffer.from(token.publicKey).toString('base64'),
          nonce: token.nonce,
        }),
      ),
  }),
];

const metadataOf = (token: ImportToken): object => ({
  creationDate: toDate(token.createdAt),
  expirationDate: toDate(token.expiresAt),
  maxAllowedRetrievals: token.maxAllowedRetrievals,
  remainingRetrievals: token.remainingRetrievals,
});
