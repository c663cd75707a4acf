import { couldCall, visibleInLists } from '../domain/access.ts';
import { canNameKey } from '../domain/alias.ts';
import { ACTIVE, DEACTIVATED, DESTROYED, type Key, type KeyState, SUSPENDED } from '../domain/key.ts';
import { type FilterCondition, meets } from '../domain/key-filter.ts';
import { type KeySearch, matches } from '../domain/key-search.ts';
import { compareKeys, idOrder, type SortTerm } from '../domain/key-sort.ts';
import { asOf, storedStates } from '../domain/key-state.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { findKey } from './records/key.ts';
import { storedKeys } from './records/key-list.ts';

export interface KeySelection {
  /** Key Protect's numbers of the states to list. */
  readonly states: readonly number[];
  readonly extractable?: boolean | undefined;
  readonly filter: readonly FilterCondition[];
}

export interface KeyListing extends KeySelection {
  readonly sort: readonly SortTerm[];
  readonly search?: KeySearch | undefined;
  /** At most this many (1 to 5000), after leaving out the first `offset`. */
  readonly limit: number;
  readonly offset: number;
}

export interface ListedKeys {
  readonly keys: readonly Key[];
  /** True: too many to search, so only the key is here that was named by its id or an alias. */
  readonly incompleteSearch?: true;
}

/** A search looks through at most this many keys (Key Protect). */
const MOST_SEARCHED = 5_000;

/**
 * The caller's keys of a selection, in the order that is asked for. A page costs reading everything that comes before
 * it as well, and all of the selection where the order is not that of the ids; it never holds more than twice
 * `offset + limit` keys, or 5,000 for a search.
 */
export async function listKeys(
  context: Context,
  caller: Caller,
  listing: KeyListing,
): Promise<Decision<ListedKeys>> {
  if (!couldCall(caller.person, 'listKeys')) return refuse('access-denied');
  const { search, sort, offset, limit } = listing;
  const now = context.clock.now();
  const list = { caller, selection: listing, now, descending: idOrder(sort) === 'descending' };
  if (search !== undefined) return searchKeys(context, list, { ...listing, search });
  const end = offset + limit;
  const keys = selectedKeys(context, { ...list, atOnce: end });
  const found =
    idOrder(sort) === undefined ? await firstInOrder(keys, sort, end) : await firstKeys(keys, end);
  return accept({ keys: found.slice(offset) });
}

/** How many keys of a selection the caller would be listed. Reads them all, a thousand at a time, and keeps none. */
export async function countKeys(
  context: Context,
  caller: Caller,
  selection: KeySelection,
): Promise<Decision<number>> {
  if (!couldCall(caller.person, 'listKeys')) return refuse('access-denied');
  let count = 0;
  const list = { caller, selection, now: context.clock.now(), atOnce: MOST_SEARCHED };
  for await (const _ of selectedKeys(context, list)) count += 1;
  return accept(count);
}

interface List {
  readonly caller: Caller;
  readonly selection: KeySelection;
  readonly now: EpochMillis;
  readonly descending?: boolean;
}

/**
 * What is found by its id or an alias comes first. Of a selection that is too large to search it is all that comes
 * (Key Protect, API reference: `incompleteSearch`).
 */
async function searchKeys(
  context: Context,
  list: List,
  { search, sort, offset, limit }: KeyListing & { readonly search: KeySearch },
): Promise<Decision<ListedKeys>> {
  const named = await namedKey(context, list, search);
  const searched = await firstKeys(
    selectedKeys(context, { ...list, atOnce: MOST_SEARCHED }),
    MOST_SEARCHED + 1,
  );
  if (searched.length > MOST_SEARCHED) {
    if (named === undefined) return refuse('search-too-broad');
    return accept({ keys: [named].slice(offset, offset + limit), incompleteSearch: true });
  }
  const others = searched
    .filter((key) => key.id !== named?.id && matches(key, search))
    .sort(compareKeys(sort));
  const found = named === undefined ? others : [named, ...others];
  return accept({ keys: found.slice(offset, offset + limit) });
}

async function namedKey(
  { store }: Context,
  { caller, selection, now }: List,
  { query, scopes, not }: KeySearch,
): Promise<Key | undefined> {
  if (not || !canNameKey(query)) return undefined;
  const stored = await findKey(store, caller.instance.id, query);
  if (stored === undefined || !(stored.id === query.toLowerCase() || scopes.includes('alias')))
    return undefined;
  const key = asOf(stored, now);
  return isSelected(key, selection, caller) ? key : undefined;
}

async function* selectedKeys(
  { store }: Context,
  { caller, selection, now, descending = false, atOnce }: List & { readonly atOnce: number },
): AsyncGenerator<Key> {
  const lists = storedStates(wantedStates(selection)).map((state) => ({
    instanceId: caller.instance.id,
    state,
  }));
  for await (const stored of storedKeys(store, lists, { descending, atOnce })) {
    const key = asOf(stored, now);
    if (isSelected(key, selection, caller)) yield key;
  }
}

const isSelected = (key: Key, { states, extractable, filter }: KeySelection, caller: Caller): boolean =>
  key.purgedAt === undefined &&
  states.includes(key.state) &&
  key.extractable === (extractable ?? key.extractable) &&
  key.keyRingId === (caller.keyRingId ?? key.keyRingId) &&
  filter.every((condition) => meets(key, condition)) &&
  visibleInLists(caller.person, key);

const STATES = [ACTIVE, SUSPENDED, DEACTIVATED, DESTROYED] as const;

/** The states that both the selection and its filter ask for. */
const wantedStates = ({ states, filter }: KeySelection): readonly KeyState[] =>
  STATES.filter(
    (state) =>
      states.includes(state) &&
      filter.every((condition) => condition.property !== 'state' || condition.oneOf.includes(state)),
  );

async function firstKeys(keys: AsyncIterable<Key>, most: number): Promise<readonly Key[]> {
  const found: Key[] = [];
  for await (const key of keys) {
    found.push(key);
    if (found.length === most) break;
  }
  return found;
}

/** The first of all of them in another order than they come in. */
async function firstInOrder(
  keys: AsyncIterable<Key>,
  sort: readonly SortTerm[],
  most: number,
): Promise<readonly Key[]> {
  const order = compareKeys(sort);
  let found: Key[] = [];
  for await (const key of keys) {
    found.push(key);
    if (found.length >= 2 * most) found = found.sort(order).slice(0, most);
  }
  return found.sort(order).slice(0, most);
}
