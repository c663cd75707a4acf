import * as z from 'zod';
import { CursorError } from '../domain/errors.ts';
import type { Decision } from '../domain/refusal.ts';
import { accept } from '../domain/refusal.ts';
import { type EvidencePart, evidenceKeys, exportEvidence } from '../operations/export-evidence.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Call, type Endpoint, endpoint, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { freeText, time } from './query.ts';

/** Opaque; they hold a cursor of the store's. */
const LONGEST_CURSOR = 4_000;

const QUERY = {
  authorization: z
    .guid('the id of an authorization')
    .optional()
    .meta({ description: 'This authorization alone, with the whole chain of its key' }),
  from: time().meta({ description: 'Events from this time on' }),
  to: time().meta({ description: 'Events before this time' }),
  after: freeText(LONGEST_CURSOR).meta({
    description: 'The `cursor` of the part before; all else as before',
  }),
};

type ReadQuery = { readonly [name in keyof typeof QUERY]: string | undefined };

const PART = z
  .object({
    lines: z.array(z.string()).meta({ description: 'Lines of the file, the last one a seal' }),
    cursor: z.string().optional().meta({ description: 'There when more parts follow' }),
  })
  .meta({ id: 'EvidencePart' });

const KEYS = z
  .object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), purpose: z.string() })) })
  .meta({ id: 'EvidenceKeys' });

const described = {
  method: 'GET',
  operation: 'exportEvidence',
  failure: 'Evidence could not be exported',
  tag: 'Authorizations',
  query: QUERY,
  answers: { 200: { what: 'A part of the file of evidence (JSON lines)', schema: PART } },
} as const;

/** What auditors take away: everything that happened, with what they need to verify it without this server. */
export const EVIDENCE: readonly Endpoint[] = [
  endpoint({
    ...described,
    path: '/countersign/v1/evidence',
    id: 'exportEvidence',
    summary: 'Export the evidence of an instance, part by part',
    refusals: ['key-not-found'],
    handle: (call) => part(call, undefined, call.query),
  }),
  endpoint({
    ...described,
    path: '/countersign/v1/keys/:id/evidence',
    id: 'exportKeyEvidence',
    summary: 'Export the evidence of one key, part by part',
    handle: (call) => part(call, keyOf(call.request), call.query),
  }),
  endpoint({
    method: 'GET',
    path: '/countersign/v1/evidence/keys',
    operation: 'exportEvidence',
    failure: 'Public keys could not be retrieved',
    id: 'listEvidenceKeys',
    summary: 'Read the public keys that evidence is verified with',
    tag: 'Authorizations',
    answers: { 200: { what: 'The keys as a JWK set; `purpose` is what each signs', schema: KEYS } },
    handle: async ({ context, caller }) => {
      const keys = await evidenceKeys(context, caller.instance.id);
      return accept(ok({ keys: keys.map(({ use, jwk }) => ({ ...jwk, purpose: use })) }));
    },
  }),
];

/** @throws RequestProblem for a cursor that no part ended with. */
async function part(call: Pick<Call, 'context' | 'caller'>, key: string | undefined, query: ReadQuery) {
  const { authorization, from, to, after } = query;
  const read = exportEvidence(call.context, call.caller, {
    ...(key !== undefined && { key }),
    ...(authorization !== undefined && { authorization: authorization.toLowerCase() }),
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
    ...(after !== undefined && { after }),
  });
  const found: Decision<EvidencePart> = await read.catch((error: unknown) => {
    throw error instanceof CursorError ? invalidQuery('after', 'the `cursor` of the part before') : error;
  });
  return answer(found, (one) => ok(one));
}
