import * as z from 'zod';
import { visible } from '../terminal.ts';

/** A key that lives elsewhere as its provider has it: what these commands look at of it. */
export const SHOWN_EXTERNAL = z.looseObject({
  providerName: z.string(),
  reference: z.string(),
  state: z.string(),
  aliases: z.array(z.string()),
  users: z.looseObject({ total: z.number(), listed: z.array(z.string()), retained: z.number().optional() }),
  replicas: z.array(z.string()).optional(),
  lastUse: z.looseObject({
    known: z.string(),
    at: z.string().optional(),
    operation: z.string().optional(),
    since: z.string().optional(),
  }),
  pendingWindowDays: z.number().optional(),
});
export type ShownExternal = z.infer<typeof SHOWN_EXTERNAL>;

const MOST_LISTED = 20;

/** What would be lost where it lives, a line each. */
export function externalLines(external: ShownExternal): readonly string[] {
  const {
    providerName,
    reference,
    state,
    aliases,
    users,
    replicas = [],
    lastUse,
    pendingWindowDays,
  } = external;
  const more = users.total - Math.min(users.listed.length, MOST_LISTED);
  return [
    `  lives at ${visible(providerName)}: ${visible(reference)}, ${visible(state)}`,
    ...(aliases.length > 0 ? [`  aliases there ${aliases.map(visible).join(', ')}`] : []),
    ...users.listed.slice(0, MOST_LISTED).map((user) => `  used there by ${visible(user)}`),
    ...(more > 0 ? [`  used there by ${more} more`] : []),
    ...(users.retained === undefined ? [] : [`  ${users.retained} of them with a retention policy`]),
    ...replicas.map((replica) => `  replica ${visible(replica)}`),
    `  last used: ${visible(lastUseText(lastUse))}`,
    ...(pendingWindowDays === undefined
      ? []
      : [`  deleted there ${pendingWindowDays} days after the approval`]),
  ];
}

function lastUseText({ known, at, operation, since }: ShownExternal['lastUse']): string {
  if (at !== undefined) return operation === undefined ? at : `${at} (${operation})`;
  return since === undefined ? known : `not since ${since}; what was before is not known`;
}
