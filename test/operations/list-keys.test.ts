import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Key } from '../../lib/domain/key.ts';
import { meets, parseFilter } from '../../lib/domain/key-filter.ts';
import { type KeySearch, matches, parseSearch } from '../../lib/domain/key-search.ts';
import { compareKeys, parseSort } from '../../lib/domain/key-sort.ts';
import { asOf } from '../../lib/domain/key-state.ts';
import { DAY } from '../../lib/domain/time.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import { countKeys, type KeyListing, listKeys } from '../../lib/operations/list-keys.ts';
import { aliasItem, keyItem, keyList } from '../../lib/operations/records/key.ts';
import { storedKeys } from '../../lib/operations/records/key-list.ts';
import type { Store } from '../../lib/ports/store.ts';
import { key } from '../domain/samples.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

const MOST_WRITES = 100;

async function store(keys: readonly Key[]): Promise<void> {
  const writes = keys.flatMap((one) => [
    { put: keyItem(one), when: [] },
    ...one.aliases.map((alias) => ({ put: aliasItem(one, alias), when: [] })),
  ]);
  for (let at = 0; at < writes.length; at += MOST_WRITES) {
    await operations.context.store.commit(writes.slice(at, at + MOST_WRITES));
  }
}

/** Keys of every state, ring and kind, some of which share each date, and some of which have run out unnoticed. */
function assorted({ instanceId }: Desk): readonly Key[] {
  const day = (n: number) => operations.now + (n - 3) * DAY;
  return Array.from({ length: 60 }, (_, n) =>
    key({
      id: randomUUID(),
      instanceId,
      name: `key ${n % 7}`,
      aliases: n % 5 === 0 ? [`alias-${n}`] : [],
      keyRingId: n % 5 < 3 ? 'blue' : 'default',
      state: ([1, 2, 3, 5] as const)[n % 4] ?? 1,
      extractable: n % 3 === 0,
      imported: n % 6 === 0,
      createdAt: day(n % 5),
      updatedAt: day(n % 3),
      ...(n % 2 === 0 && { expiresAt: day(n % 8) }),
      ...(n % 4 === 3 && { deletedAt: day(n % 6) }),
    }),
  );
}

const listing = (other: Partial<KeyListing>): KeyListing => ({
  states: [1, 2, 3],
  filter: [],
  sort: [],
  limit: 5_000,
  offset: 0,
  ...other,
});

describe('a list', () => {
  let caller: Caller;
  let all: readonly Key[];

  beforeAll(async () => {
    const desk = await operations.newDesk();
    all = assorted(desk);
    await store(all);
    caller = { ...(await desk.as('alice')), keyRingId: 'blue' };
  });

  const FILTERS = [
    '',
    'state=1,5',
    'extractable=true',
    'creationDate=gte:"2026-01-01T00:00:00Z"',
    'deletionDate=none',
    'expirationDate=lt:"2026-01-02T00:00:00Z" state=1,2,3',
  ];
  const SORTS = [
    '',
    '-id',
    'state',
    '-state,creationDate',
    'expirationDate,-imported',
    '-deletionDate',
    'extractable,-id',
  ];
  const SEARCHES = [undefined, 'key 3', 'not:alias:alias', 'exact:name:key 0'];

  /** What the caller is to get, worked out on a plain array. */
  function expected(query: KeyListing, { keyRingId }: Caller): readonly string[] {
    return all
      .map((one) => asOf(one, operations.now))
      .filter((one) => query.states.includes(one.state) && query.filter.every((each) => meets(one, each)))
      .filter((one) => keyRingId === undefined || one.keyRingId === keyRingId)
      .filter((one) => query.search === undefined || matches(one, query.search))
      .sort(compareKeys(query.sort))
      .map(({ id }) => id);
  }

  test('is, page by page, what a plain filter and sort would give, and is counted right', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([0, 1, 2, 3, 4, 5]),
        fc.constantFrom(...FILTERS),
        fc.constantFrom(...SORTS),
        fc.constantFrom(...SEARCHES),
        fc.integer({ min: 1, max: 25 }),
        async (states, filter, sort, search, limit) => {
          const parsed: KeySearch | undefined = search === undefined ? undefined : parseSearch(search);
          const query = listing({
            states,
            filter: parseFilter(filter) ?? [],
            sort: parseSort(sort) ?? [],
            search: parsed,
            limit,
          });
          const paged: string[] = [];
          for (let offset = 0; offset <= paged.length; offset += limit) {
            const { keys } = expectOk(await listKeys(operations.context, caller, { ...query, offset }));
            paged.push(...keys.map(({ id }) => id));
          }
          expect(paged).toEqual(expected(query, caller));
          if (search !== undefined) return;
          expect(expectOk(await countKeys(operations.context, caller, query))).toBe(paged.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('holds a key once that goes from one state to another while it is read', async () => {
    const instanceId = caller.instance.id;
    const { store: real } = operations.context;
    const lagging: Store = {
      ...real,
      query: (query) => real.query({ ...query, partition: keyList(instanceId, 1) }),
    };
    const ids: string[] = [];
    const lists = ([1, 2] as const).map((state) => ({ instanceId, state }));
    for await (const { id } of storedKeys(lagging, lists, { descending: false, atOnce: 100 })) ids.push(id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('leaves out what was purged', async () => {
    const desk = await operations.newDesk();
    const purged = key({ id: randomUUID(), instanceId: desk.instanceId, state: 5, purgedAt: 1 });
    await store([purged]);
    const alice = await desk.as('alice');
    const { keys } = expectOk(await listKeys(operations.context, alice, listing({ states: [1, 2, 3, 5] })));
    expect(keys.map(({ id }) => id)).toEqual([desk.keyId]);
  });
});

describe('a search among more than 5,000 keys', () => {
  let alice: Caller;
  let named: Key;

  beforeAll(async () => {
    const desk = await operations.newDesk();
    const { instanceId } = desk;
    named = key({ id: randomUUID(), instanceId, name: 'needle', aliases: ['needle'], extractable: true });
    const others = Array.from({ length: 5_000 }, () =>
      key({ id: randomUUID(), instanceId, name: 'needle', aliases: [] }),
    );
    await store([named, ...others]);
    alice = await desk.as('alice');
  });

  const search = (text: string, other: Partial<KeyListing> = {}) =>
    listKeys(operations.context, alice, listing({ search: parseSearch(text), limit: 2, ...other }));

  test('is refused', async () => {
    expect(refusalOf(await search('needl'))).toBe('search-too-broad');
    expect(refusalOf(await search('name:needle'))).toBe('search-too-broad');
    expect(refusalOf(await search('not:needle'))).toBe('search-too-broad');
  });

  test('finds the one key that is named by its id or an alias, and says that it looked for no other', async () => {
    for (const text of [named.id, 'needle', 'alias:needle']) {
      expect(expectOk(await search(text))).toMatchObject({
        keys: [{ id: named.id }],
        incompleteSearch: true,
      });
    }
    expect(expectOk(await search('needle', { offset: 1 }))).toEqual({ keys: [], incompleteSearch: true });
  });

  test('is made where something else narrows it', async () => {
    const found = expectOk(await search('needl', { extractable: true }));
    expect([found.keys.map(({ id }) => id), found.incompleteSearch]).toEqual([[named.id], undefined]);
  });
});
