import * as z from 'zod';
import { isOver } from '../domain/authorization.ts';
import { displayNameOf } from '../domain/person.ts';
import { type ManifestView, readManifest } from '../operations/read-manifest.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { reasonOf } from './key-actions.ts';
import { keyOf } from './key-path.ts';
import { FORBIDDEN, problemOf } from './problem.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const MANIFEST_ANSWER = z
  .object({
    manifest: z.looseObject({ keyId: z.uuid(), name: z.string(), versions: z.array(z.looseObject({})) }),
    manifestDigest: digest,
    lossDigest: digest,
    twoPeople: z.boolean().meta({ description: 'Whether a second person has to approve' }),
    approvers: z.array(z.object({ id: z.string(), email: z.string() })),
    blocks: z
      .array(z.object({ code: z.string(), message: z.string() }))
      .meta({ description: 'What would be refused as things are, with the reason codes that it would have' }),
    pending: z.object({ id: z.string(), status: z.string(), round: z.int() }).optional(),
  })
  .meta({ id: 'ManifestPreview' });

/** The dry run of a request: what it would say, and what would come of it. */
export const MANIFEST: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/keys/:id/manifest',
    operation: 'readManifest',
    failure: 'Manifest could not be made',
    id: 'getManifest',
    summary:
      'See what would be lost with a key, who could approve it, and what would be refused; changes nothing',
    tag: 'Authorizations',
    headers: ['x-countersign-reason', 'x-countersign-ticket'],
    refusals: ['provider-unknown', 'provider-refused'],
    answers: { 200: { what: 'The manifest as it would be recorded now', schema: MANIFEST_ANSWER } },
    handle: async ({ context, caller, request }) => {
      const read = await readManifest(context, caller, keyOf(request), reasonOf(request));
      return answer(read, (view) => ok(manifestJson(view)));
    },
  }),
];

function manifestJson(view: ManifestView): z.infer<typeof MANIFEST_ANSWER> {
  const { manifest, manifestDigest, lossDigest, twoPeople, approvers, blocks, current } = view;
  const waits = current !== undefined && !isOver(current.status);
  return {
    manifest: { ...manifest, versions: [...manifest.versions] },
    manifestDigest,
    lossDigest,
    twoPeople,
    approvers: approvers.map((person) => ({ id: person.id, email: displayNameOf(person) })),
    blocks: blocks.map((refusal) => {
      const problem = refusal.code === 'access-denied' ? FORBIDDEN : problemOf(refusal);
      const { code = refusal.code, message } = problem;
      return { code, message };
    }),
    ...(waits && { pending: { id: current.id, status: current.status, round: current.round } }),
  };
}
