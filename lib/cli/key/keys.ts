import * as z from 'zod';
import { CliError } from '../problem.ts';
import { table } from '../terminal.ts';

const KEY = z.looseObject({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  aliases: z.array(z.string()).default([]),
  state: z.number(),
  extractable: z.boolean(),
  creationDate: z.string().optional(),
  deletionDate: z.string().optional(),
  external: z.looseObject({ provider: z.string(), reference: z.string() }).optional(),
  dualAuthDelete: z
    .object({
      enabled: z.boolean(),
      keySetForDeletion: z.boolean().default(false),
      authExpiration: z.string().optional(),
    })
    .optional(),
});

/** A key as the server shows it: what these commands look at of it. */
export type ShownKey = z.infer<typeof KEY>;

/** The keys of a collection. @throws CliError when the answer is not one. */
export function keysOf(answer: unknown): readonly ShownKey[] {
  const parsed = z.object({ resources: z.array(KEY) }).safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no list of keys');
  return parsed.data.resources;
}

/** The one key of an answer. @throws CliError */
export function keyOf(answer: unknown): ShownKey {
  const [key] = keysOf(answer);
  if (key === undefined) throw new CliError('the server sent an answer without a key');
  return key;
}

/** A key's path by its id or alias. */
export const keyPath = (name: string): string => `api/v2/keys/${encodeURIComponent(name)}`;

/** The path of Countersign's own routes for it. */
export const ownPath = (name: string): string => `countersign/v1/keys/${encodeURIComponent(name)}`;

const STATES: { readonly [state: number]: string } = {
  1: 'active',
  2: 'suspended',
  3: 'deactivated',
  5: 'destroyed',
};

export const stateOf = ({ state }: ShownKey): string => STATES[state] ?? `state ${state}`;

/** What the key's dual-authorization policy says of its deletion. */
export function deletionOf({ state, dualAuthDelete, deletionDate }: ShownKey): string {
  if (state === 5) return `destroyed ${deletionDate ?? ''}`.trim();
  if (dualAuthDelete?.enabled !== true) return 'by one Manager alone';
  if (!dualAuthDelete.keySetForDeletion) return 'by two people, not authorized';
  return `by two people, authorized until ${dualAuthDelete.authExpiration ?? 'unknown'}`;
}

/** One key, a line a fact. */
export const keyFacts = (key: ShownKey): string =>
  table([
    ['key', key.name],
    ['id', key.id],
    ['aliases', key.aliases.join(', ') || 'none'],
    ['kind', key.extractable ? 'standard key' : 'root key'],
    ['state', stateOf(key)],
    ['created', key.creationDate ?? 'unknown'],
    ['deletion', deletionOf(key)],
    ...(key.external === undefined
      ? []
      : [['lives at', `${key.external.provider}: ${key.external.reference}`]]),
    ...(key.description === undefined ? [] : [['description', key.description]]),
  ]);
