import type { Key } from './key.ts';

export type SearchScope = 'name' | 'alias';

/** What a search looks for, as the answer repeats it (Key Protect: `searchQuery`). */
export interface KeySearch {
  readonly query: string;
  readonly scopes: readonly SearchScope[];
  /** Those that do not match. */
  readonly not?: true;
  /** The whole of a name or alias, not a part of it. */
  readonly exact?: true;
}

/** In characters; a name and an alias have at most 90. */
const LONGEST_SEARCH = 256;

export const SEARCH_RULE = `text of 1 to ${LONGEST_SEARCH} characters, with any of \`not:\`, \`exact:\`, \`name:\`, \`alias:\` and, at last, \`escape:\` before it`;

/**
 * Key Protect's `search`: options and scopes in any order, then the text; after `escape:` everything is text. One
 * comma at the end is taken off, which its Go client always adds.
 * @returns undefined when there is no text to look for.
 */
export function parseSearch(given: string): KeySearch | undefined {
  if (given.length > LONGEST_SEARCH) return undefined;
  const words = new Set<string>();
  let rest = given.endsWith(',') ? given.slice(0, -1) : given;
  for (let word = prefixOf(rest); word !== undefined; word = prefixOf(rest)) {
    rest = rest.slice(word.length + 1);
    if (word === 'escape') break;
    words.add(word);
  }
  if (rest === '') return undefined;
  const scopes = SCOPES.filter((scope) => words.has(scope));
  return {
    query: rest,
    scopes: scopes.length === 0 ? SCOPES : scopes,
    ...(words.has('not') && { not: true }),
    ...(words.has('exact') && { exact: true }),
  };
}

const SCOPES = ['name', 'alias'] as const;

const prefixOf = (text: string): string | undefined => /^(not|exact|escape|name|alias):/.exec(text)?.[1];

/** Whether a key is among what is searched for: in one of the scopes, whatever the case of the letters. */
export function matches({ name, aliases }: Key, search: KeySearch): boolean {
  const texts = [
    ...(search.scopes.includes('name') ? [name] : []),
    ...(search.scopes.includes('alias') ? aliases : []),
  ];
  const query = search.query.toLowerCase();
  const found = texts
    .map((text) => text.toLowerCase())
    .some((text) => (search.exact ? text === query : text.includes(query)));
  return found !== (search.not ?? false);
}
