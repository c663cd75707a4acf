import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PERMANENT_ERROR } from '../../../lib/domain/errors.ts';
import type {
  Attributes,
  CommitResult,
  Condition,
  Item,
  ItemKey,
  Query,
  Store,
  Value,
  Write,
} from '../../../lib/ports/store.ts';
import { eventually, freshPartition, type Subject, sortsOf } from './fixture.ts';

type Answer = CommitResult | 'refused';

// In the order of their UTF-8 bytes: the model compares texts by their place in this list.
const TEXTS = ['', 'B', 'a', 'ab', 'é', 'ﬁ', '\u{1F600}'] as const;
const SORTS = ['0', '1', '2', 'é'] as const;

/** The store as a map: what the port's sentences say, in the fewest lines. */
function modelStore(): { commit(writes: readonly Write[]): Answer; items(): readonly Item[] } {
  let items: Readonly<Record<string, Item>> = {};
  return {
    items: () => Object.values(items).toSorted((a, b) => (a.sort < b.sort ? -1 : 1)),
    commit: (writes) => {
      const next = { ...items };
      const failed: number[] = [];
      let refused = false;
      writes.forEach((write, position) => {
        const key =
          'put' in write
            ? write.put
            : 'update' in write
              ? write.update
              : 'delete' in write
                ? write.delete
                : write.check;
        const before = items[key.sort];
        if (!write.when.every((condition) => holds(condition, before))) failed.push(position);
        else if ('put' in write) next[key.sort] = write.put;
        else if ('delete' in write) delete next[key.sort];
        else if ('update' in write) {
          refused ||= Object.keys(write.add ?? {}).some(
            (name) => !['number', 'undefined'].includes(typeof before?.attributes[name]),
          );
          next[key.sort] = after(write, before);
        }
      });
      if (refused) return 'refused';
      if (failed.length > 0) return { committed: false, failed };
      items = next;
      return { committed: true };
    },
  };
}

function after(write: Extract<Write, { update: ItemKey }>, before: Item | undefined): Item {
  const added = Object.entries(write.add ?? {}).map(([name, by]) => [
    name,
    Number(before?.attributes[name] ?? 0) + by,
  ]);
  const all = { ...before?.attributes, ...write.set, ...Object.fromEntries(added) };
  const kept = Object.entries(all).filter(([name]) => !write.remove?.includes(name));
  const entries = Object.entries({ ...before?.indexes, ...write.indexes }).filter(
    ([, entry]) => entry !== null,
  );
  const item = { ...write.update, attributes: Object.fromEntries(kept) as Attributes };
  return entries.length > 0 ? { ...item, indexes: Object.fromEntries(entries) } : item;
}

function holds(condition: Condition, item: Item | undefined): boolean {
  if ('item' in condition) return (item ? 'present' : 'absent') === condition.item;
  const found = item?.attributes[condition.attribute];
  if ('values' in condition) return condition.values.some((value) => Object.is(value, found));
  if (!('value' in condition)) return (found === undefined ? 'absent' : 'present') === condition.is;
  if (condition.is === 'equal') return Object.is(found, condition.value);
  const [a, b] = [rank(found), rank(condition.value)];
  if (typeof found !== typeof condition.value) return false;
  return { less: a < b, lessOrEqual: a <= b, greater: a > b, greaterOrEqual: a >= b }[condition.is];
}

const rank = (value: Value | undefined): number =>
  typeof value === 'string' ? TEXTS.indexOf(value as (typeof TEXTS)[number]) : Number(value);

const name = fc.constantFrom('a', 'b');
const text = fc.constantFrom(...TEXTS);
const number = fc.integer({ min: -2, max: 2 });
const scalar = fc.oneof(text, number, fc.boolean());
const value = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 2 }),
);
const attributes = fc.dictionary(name, value, { maxKeys: 2 });
const presence = fc.constantFrom('absent' as const, 'present' as const);
const order = fc.constantFrom(
  'less' as const,
  'lessOrEqual' as const,
  'greater' as const,
  'greaterOrEqual' as const,
);

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ item: presence }),
  fc.record({ attribute: name, is: presence }),
  fc.record({ attribute: name, is: fc.constant('equal' as const), value: scalar }),
  fc.record({ attribute: name, is: order, value: fc.oneof(text, number) }),
  fc.record({
    attribute: name,
    is: fc.constant('oneOf' as const),
    values: fc.array(fc.oneof(text, number), { maxLength: 3 }),
  }),
);

/** A change of one attribute at most once, as the port wants it. */
const change = fc
  .record({
    a: fc.constantFrom('set', 'add', 'remove', 'keep'),
    b: fc.constantFrom('set', 'add', 'remove', 'keep'),
    to: value,
    by: number,
  })
  .map(({ a, b, to, by }) => {
    const named = (verb: string) =>
      Object.entries({ a, b }).flatMap(([one, does]) => (does === verb ? [one] : []));
    return {
      set: Object.fromEntries(named('set').map((one) => [one, to])),
      add: Object.fromEntries(named('add').map((one) => [one, by])),
      remove: named('remove'),
    };
  });

/** Transactions of a few writes on a few items of one partition, which is also that of their index entries. */
const histories = (partition: string): fc.Arbitrary<readonly (readonly Write[])[]> => {
  const entry = fc.record({ partition: fc.constant(partition), sort: fc.constantFrom('x', 'y') });
  const when = fc.array(condition, { maxLength: 2 });
  const write = (sort: string): fc.Arbitrary<Write> => {
    const key: ItemKey = { table: 'main', partition, sort };
    const indexes = fc.option(fc.record({ list: entry }), { nil: undefined });
    const moves = fc.record({ list: fc.option(entry) }, { requiredKeys: [] });
    return fc.oneof(
      fc.record({ put: fc.record({ attributes, indexes }).map((rest) => itemOf(key, rest)), when }),
      fc
        .record({ update: fc.constant(key), when, indexes: moves, change })
        .map(({ change: changed, ...rest }) => ({ ...rest, ...changed })),
      fc.record({ delete: fc.constant(key), when }),
      fc.record({ check: fc.constant(key), when }),
    );
  };
  const transaction = fc
    .shuffledSubarray([...SORTS], { minLength: 1, maxLength: 3 })
    .chain((sorts) => fc.tuple(...sorts.map(write)));
  return fc.array(transaction, { minLength: 2, maxLength: 8 });
};

const itemOf = (key: ItemKey, { attributes: held, indexes }: Pick<Item, 'attributes' | 'indexes'>): Item =>
  indexes ? { ...key, attributes: held, indexes } : { ...key, attributes: held };

const answer = (store: Store, writes: readonly Write[]): Promise<Answer> =>
  store.commit(writes).catch((error: Error) => {
    if (error.name === PERMANENT_ERROR) return 'refused';
    throw error;
  });

// Histories are made in a partition of this name; each run moves its own to a fresh one.
const SOMEWHERE = 'somewhere';
const moved = <T>(writes: T, partition: string): T =>
  JSON.parse(JSON.stringify(writes).replaceAll(`"${SOMEWHERE}"`, `"${partition}"`)) as T;

export function describeModel(subject: Subject): void {
  test('any history of transactions has the answers and leaves the items that the port promises', async () => {
    const property = fc.asyncProperty(histories(SOMEWHERE), async (history) => {
      const partition = freshPartition();
      const model = modelStore();
      for (const writes of moved(history, partition)) {
        expect(await answer(subject(), writes)).toEqual(model.commit(writes));
      }
      const { items } = await subject().query({ table: 'main', partition, limit: 10 });
      expect(items).toEqual(model.items());
      const query: Query = { table: 'main', index: 'list', partition, limit: 10 };
      const listed = async () => sortsOf([await subject().query(query)]).toSorted();
      const expected = model.items().flatMap(({ sort, indexes }) => (indexes ? [sort] : []));
      await eventually(listed).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 150 });
  });
}
