import type { Engine } from '../api.ts';
import { type Input, type Member, type Members, readMembers } from './members.ts';
import type { PageTokens, Question } from './page-token.ts';

/** What an operation has at hand besides its request. */
export interface Call {
  readonly engine: Engine;
  readonly pageTokens: PageTokens;
}

/** Answers one request: a body that is JSON, with what it is answered. */
export type Operation = (body: unknown, call: Call) => Promise<object>;

/** An operation by the members of its request and what it does with them. */
export const operation =
  <S extends Members>(members: S, run: (input: Input<S>, call: Call) => Promise<object>): Operation =>
  async (body, call) =>
    run(readMembers(body, members), call);

/** Lengths from the Step Functions API reference. */
export const ARN_MEMBER = { type: 'string', least: 1, most: 256 } as const satisfies Member;
export const DATA_MEMBER = {
  type: 'string',
  most: 262_144,
  bytes: true,
  secret: true,
} as const satisfies Member;
export const ERROR_MEMBER = { type: 'string', most: 256, secret: true } as const satisfies Member;
export const CAUSE_MEMBER = { type: 'string', most: 32_768, secret: true } as const satisfies Member;
export const INCLUDED_MEMBER = {
  type: 'string',
  values: ['ALL_DATA', 'METADATA_ONLY'],
} as const satisfies Member;

export const PAGE_MEMBERS = {
  maxResults: { type: 'integer', least: 0, most: 1_000 },
  nextToken: { type: 'string', least: 1, most: 3_096 },
} as const satisfies Members;

const DEFAULT_RESULTS = 100;

interface Page {
  readonly limit: number;
  readonly after?: string;
}

/**
 * The page that is asked for, as the engine takes it.
 * @throws WireException InvalidToken
 */
export function pageOf(
  { maxResults, nextToken }: Input<typeof PAGE_MEMBERS>,
  question: Question,
  { pageTokens }: Call,
): Page {
  // "A value of 0 uses the default."
  const limit = maxResults || DEFAULT_RESULTS;
  return nextToken === undefined ? { limit } : { limit, after: pageTokens.cursorIn(nextToken, question) };
}

/** The token of the next page, where there is one, as a member of the answer. */
export const nextTokenOf = (
  cursor: string | undefined,
  question: Question,
  { pageTokens }: Call,
): { readonly nextToken?: string } =>
  cursor === undefined ? {} : { nextToken: pageTokens.issue(question, cursor) };

/** What a JSON text says; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
