import type { Key } from './key.ts';
import { isKeyDate, KEY_DATES, type KeyDate, secondOf } from './key-facts.ts';

const PLAIN = {
  id: ({ id }: Key) => id,
  state: ({ state }: Key) => state,
  extractable: ({ extractable }: Key) => Number(extractable),
  imported: ({ imported }: Key) => Number(imported),
} as const;

/** One property to sort by. Those that come first count first. */
export interface SortTerm {
  readonly property: keyof typeof PLAIN | KeyDate;
  readonly descending: boolean;
}

export const SORT_RULE = `a list, with commas, of ${[...Object.keys(PLAIN), ...Object.keys(KEY_DATES)].join(', ')}, each with a \`-\` before it to sort the other way round`;

/** The terms of Key Protect's `sort`; undefined for a text that is none. An empty text sorts by nothing but the id. */
export function parseSort(text: string): readonly SortTerm[] | undefined {
  const terms: SortTerm[] = [];
  for (const word of text === '' ? [] : text.split(',')) {
    const descending = word.startsWith('-');
    const property = descending ? word.slice(1) : word;
    if (!isPlain(property) && !isKeyDate(property)) return undefined;
    terms.push({ property, descending });
  }
  return terms;
}

const isPlain = (name: string): name is keyof typeof PLAIN => Object.hasOwn(PLAIN, name);

/** Compares keys by the terms and then by their ids, so that no two are alike. Without a date is after every date. */
export function compareKeys(terms: readonly SortTerm[]): (a: Key, b: Key) => number {
  return (a, b) => {
    for (const { property, descending } of [...terms, BY_ID]) {
      const order = compare(sortValue(a, property), sortValue(b, property));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

const BY_ID: SortTerm = { property: 'id', descending: false };

/** By the ids, one way or the other: the order in which they are stored. */
export function idOrder(terms: readonly SortTerm[]): 'ascending' | 'descending' | undefined {
  const [first = BY_ID] = terms;
  if (first.property !== 'id') return undefined;
  return first.descending ? 'descending' : 'ascending';
}

function sortValue(key: Key, property: SortTerm['property']): string | number {
  if (isPlain(property)) return PLAIN[property](key);
  const date = KEY_DATES[property](key);
  return date === undefined ? Number.POSITIVE_INFINITY : secondOf(date);
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
