import * as z from 'zod';
import { ACTIVE, DEACTIVATED, DESTROYED, SUSPENDED } from '../domain/key.ts';
import { FILTER_RULE, parseFilter } from '../domain/key-filter.ts';
import { parseSearch, SEARCH_RULE } from '../domain/key-search.ts';
import { parseSort, SORT_RULE } from '../domain/key-sort.ts';
import type { Decision } from '../domain/refusal.ts';
import { countKeys, type KeySelection, listKeys } from '../operations/list-keys.ts';
import { invalidQuery } from './bad-request.ts';
import { collection, KEY_TYPE } from './collection.ts';
import { type Answer, answer, type Call, ok } from './endpoint.ts';
import { choices, flag, integer, type Query } from './query.ts';
import { fullKey, type View } from './representations.ts';

/** A text that means something: what `parse` makes of it, which is undefined for what means nothing. */
const written = <T>(parse: (text: string) => T | undefined, rule: string) =>
  z.string(rule).transform((text, issues): T => {
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    issues.addIssue(rule);
    return z.NEVER;
  });

export const LIST_QUERY = {
  limit: integer({ least: 1, most: 5_000, fallback: 200 }),
  offset: integer({ least: 0, most: 1_000_000_000, fallback: 0 }),
  state: choices(['0', '1', '2', '3', '4', '5'], 'numbers from 0 to 5, separated by commas').optional(),
  extractable: flag(),
  filter: written(parseFilter, FILTER_RULE).optional(),
  sort: written(parseSort, SORT_RULE).optional(),
  search: written(parseSearch, SEARCH_RULE).optional(),
};

type ListQuery = Query<typeof LIST_QUERY>;

/** The page of keys that is asked for; a search is repeated as it was understood. @throws RequestProblem */
export async function list(call: Call, query: ListQuery, view: View): Promise<Decision<Answer>> {
  const { limit, offset, sort = [], search } = query;
  const listing = { ...selectionOf(query), sort, search, limit, offset };
  const listed = await listKeys(call.context, call.caller, listing);
  return answer(listed, ({ keys, incompleteSearch }) => {
    const found = collection(
      KEY_TYPE,
      keys.map((key) => fullKey(key, view)),
    );
    return ok({ ...found, metadata: { ...found.metadata, incompleteSearch, searchQuery: search } });
  });
}

/** How many keys there are, in the header `Key-Total`. @throws RequestProblem */
export async function count(call: Call, query: ListQuery): Promise<Decision<Answer>> {
  // Key Protect counts by everything but a search; a number that left it out of account would mislead.
  if (query.search !== undefined)
    throw invalidQuery('search', 'left out; keys that are searched for are not counted');
  const total = await countKeys(call.context, call.caller, selectionOf(query));
  return answer(total, (number) => ({ status: 200, headers: { 'key-total': String(number) } }));
}

/** Destroyed keys are listed only when they are asked for, by `state` or in the filter, but not in both. */
function selectionOf({ state, extractable, filter = [] }: ListQuery): KeySelection {
  const inFilter = (name: string) => filter.some(({ property }) => property === name);
  for (const [name, given] of Object.entries({ state, extractable })) {
    if (given !== undefined && inFilter(name)) {
      throw invalidQuery('filter', `without \`${name}\`, which is a query_param of its own here`);
    }
  }
  const everyState = [ACTIVE, SUSPENDED, DEACTIVATED, DESTROYED];
  const fallback = inFilter('state') ? everyState : [ACTIVE, SUSPENDED, DEACTIVATED];
  return { states: state?.map(Number) ?? fallback, extractable, filter };
}
