import * as z from 'zod';
import { CliError } from '../problem.ts';
import { table, visible } from '../terminal.ts';
import { externalLines, SHOWN_EXTERNAL } from './external.ts';

const RESOURCES = z.looseObject({
  total: z.number(),
  retained: z.number(),
  listed: z.array(z.looseObject({ resourceCrn: z.string(), preventKeyDeletion: z.boolean() })),
  others: z.looseObject({ count: z.number() }).optional(),
});

/** What would be lost, as the server shows it: what these commands look at of it. */
export const SHOWN_MANIFEST = z.looseObject({
  keyId: z.string(),
  name: z.string(),
  type: z.string(),
  aliases: z.array(z.string()),
  versions: z.array(z.looseObject({ id: z.string(), creationDate: z.string() })),
  registrations: RESOURCES.optional(),
  external: SHOWN_EXTERNAL.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
});

export type ShownManifest = z.infer<typeof SHOWN_MANIFEST>;

/** What a deletion would take away, as the approver must have read it. */
export function lossText(manifest: ShownManifest): string {
  const { name, type, keyId, versions, aliases, registrations, external } = manifest;
  return [
    `The ${type} ${visible(name)} (${keyId}) would be destroyed:`,
    ...versions.map(({ id, creationDate }) => `  version ${id} of ${creationDate}`),
    ...(aliases.length > 0 ? [`  aliases ${aliases.map(visible).join(', ')}`] : []),
    ...(registrations === undefined ? [] : resourceLines(registrations)),
    ...(external === undefined ? [] : externalLines(external)),
    'Whatever it encrypts becomes inaccessible.',
  ].join('\n');
}

function resourceLines({ listed, others }: z.infer<typeof RESOURCES>): readonly string[] {
  return [
    ...listed.map(
      ({ resourceCrn, preventKeyDeletion }) =>
        `  used by ${visible(resourceCrn)}${preventKeyDeletion ? ', which has a retention policy' : ''}`,
    ),
    ...(others === undefined ? [] : [`  used by ${others.count} more resources`]),
  ];
}

const PREVIEW = z.looseObject({
  manifest: SHOWN_MANIFEST,
  manifestDigest: z.string(),
  lossDigest: z.string(),
  twoPeople: z.boolean(),
  approvers: z.array(z.looseObject({ email: z.string() })),
  blocks: z.array(z.looseObject({ code: z.string(), message: z.string() })),
});

/** The dry run of an authorization, for people. @throws CliError when the answer is none. */
export function previewText(answer: unknown): string {
  const parsed = PREVIEW.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no manifest');
  const { manifest, manifestDigest, lossDigest, twoPeople, approvers, blocks } = parsed.data;
  const who = approvers.map(({ email }) => visible(email)).join(', ');
  const facts = table([
    ['could approve', twoPeople ? who || 'nobody' : 'nobody has to: one Manager deletes it alone'],
    ['manifest digest', manifestDigest],
    ['loss digest', lossDigest],
  ]);
  const refused = blocks.map(({ code, message }) => `  ${visible(message)} (${code})`);
  return [
    lossText(manifest),
    '',
    facts,
    '',
    ...(refused.length === 0 ? ['Nothing stands against it.'] : ['What stands against it:', ...refused]),
    'Nothing was changed.',
  ].join('\n');
}
