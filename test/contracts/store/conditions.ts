import { expect, test } from 'vitest';
import type { Attributes, Condition, Value } from '../../../lib/ports/store.ts';
import { freshKey, given, type Subject } from './fixture.ts';

type Clause = Presence | OneOf | readonly [Comparison, string | number | boolean];
type Presence = readonly ['absent' | 'present'];
type Comparison = 'equal' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';
type OneOf = readonly ['oneOf', readonly (string | number)[]];

// What the attribute `a` holds (undefined: nothing), and the clauses about it that hold and that do not.
const CASES: readonly { a: Value | undefined; hold: readonly Clause[]; not: readonly Clause[] }[] = [
  {
    a: undefined,
    hold: [['absent']],
    not: [
      ['present'],
      ['equal', 0],
      ['equal', ''],
      ['equal', false],
      ['less', 1],
      ['lessOrEqual', 1],
      ['greater', -1],
      ['greaterOrEqual', ''],
      ['oneOf', [0, '']],
      ['oneOf', []],
    ],
  },
  {
    a: 5,
    hold: [
      ['present'],
      ['equal', 5],
      ['less', 6],
      ['lessOrEqual', 5],
      ['greater', 4.999999],
      ['greaterOrEqual', 5],
      ['greater', -1000],
      ['oneOf', ['x', 7, 5]],
    ],
    not: [
      ['absent'],
      ['equal', 4],
      ['less', 5],
      ['lessOrEqual', 4],
      ['greater', 5],
      ['greaterOrEqual', 6],
      ['less', 10e-3],
      ['oneOf', [4, 6]],
      ['oneOf', []],
      ['equal', '5'],
      ['oneOf', ['5']],
      ['less', '6'],
      ['lessOrEqual', '5'],
      ['greater', '4'],
      ['greaterOrEqual', ''],
      ['equal', true],
    ],
  },
  {
    a: 0,
    hold: [['present'], ['equal', 0], ['equal', -0]],
    not: [['absent'], ['equal', false], ['equal', '']],
  },
  {
    a: -2,
    hold: [
      ['less', -1],
      ['greater', -10],
    ],
    not: [
      ['less', -2],
      ['greater', 0],
    ],
  },
  {
    a: Number.MAX_SAFE_INTEGER,
    hold: [
      ['equal', 2 ** 53 - 1],
      ['greater', 2 ** 53 - 2],
    ],
    not: [
      ['equal', 2 ** 53 - 2],
      ['lessOrEqual', 2 ** 53 - 2],
    ],
  },
  { a: 0.30000000000000004, hold: [['greater', 0.3]], not: [['equal', 0.3]] },
  {
    a: 'pending',
    hold: [
      ['present'],
      ['equal', 'pending'],
      ['greater', 'Pending'],
      ['greater', 'pendin'],
      ['less', 'pending '],
      ['lessOrEqual', 'pending'],
      ['greaterOrEqual', 'pending'],
      ['oneOf', [1, 'pending']],
    ],
    not: [
      ['absent'],
      ['equal', 'Pending'],
      ['less', 'pending'],
      ['greater', 'pending'],
      ['oneOf', ['approved', 'Pending', '']],
    ],
  },
  {
    a: '10',
    hold: [['less', '9']],
    not: [
      ['greater', '9'],
      ['equal', 10],
      ['oneOf', [10]],
    ],
  },
  { a: '', hold: [['present'], ['equal', ''], ['less', 'a']], not: [['absent'], ['equal', 0], ['less', '']] },
  // By UTF-8 bytes the emoji comes after the ligature; by UTF-16 units before it.
  {
    a: '\u{1F600}',
    hold: [
      ['greater', '\uFB01'],
      ['less', '\u{1F601}'],
    ],
    not: [['less', '\uFB01']],
  },
  {
    a: 'é',
    hold: [
      ['greater', 'z'],
      ['equal', '\u00e9'],
    ],
    not: [
      ['equal', 'e\u0301'],
      ['lessOrEqual', 'z'],
    ],
  },
  {
    a: 'a\u0000b',
    hold: [
      ['equal', 'a\u0000b'],
      ['greater', 'a'],
    ],
    not: [
      ['equal', 'a'],
      ['equal', 'a\u0000c'],
    ],
  },
  {
    a: true,
    hold: [['present'], ['equal', true]],
    not: [['absent'], ['equal', false], ['equal', 1], ['equal', 'true']],
  },
  { a: false, hold: [['present'], ['equal', false]], not: [['absent'], ['equal', 0], ['equal', '']] },
  {
    a: ['x', 1],
    hold: [['present']],
    not: [['absent'], ['equal', 'x'], ['less', 'z'], ['greater', 0], ['oneOf', ['x', 1, 'x,1']]],
  },
  {
    a: { x: 1 },
    hold: [['present']],
    not: [['absent'], ['equal', 1], ['greaterOrEqual', 1], ['oneOf', [1]]],
  },
];

const isPresence = (clause: Clause): clause is Presence => clause.length === 1;
const isOneOf = (clause: Clause): clause is OneOf => clause[0] === 'oneOf';

function toCondition(clause: Clause): Condition {
  if (isPresence(clause)) return { attribute: 'a', is: clause[0] };
  if (isOneOf(clause)) return { attribute: 'a', is: clause[0], values: clause[1] };
  return { attribute: 'a', is: clause[0], value: clause[1] };
}

export function describeConditions(subject: Subject): void {
  const answers = async (attributes: Attributes, clauses: readonly Clause[]) => {
    const check = await given(subject(), attributes);
    return Promise.all(
      clauses.map(async (clause) => {
        const { committed } = await subject().commit([{ check, when: [toCondition(clause)] }]);
        return [...clause, committed];
      }),
    );
  };

  for (const { a, hold, not } of CASES) {
    test(`of ${a === undefined ? 'an absent attribute' : JSON.stringify(a)} the right conditions hold`, async () => {
      expect(await answers({ a, other: 1 }, hold)).toEqual(hold.map((clause) => [...clause, true]));
      expect(await answers({ a, other: 1 }, not)).toEqual(not.map((clause) => [...clause, false]));
    });
  }

  test('of an item that is not there every attribute is absent, and nothing compares', async () => {
    const conditions: readonly (readonly [Condition, boolean])[] = [
      [{ item: 'absent' }, true],
      [{ item: 'present' }, false],
      [{ attribute: 'a', is: 'absent' }, true],
      [{ attribute: 'a', is: 'present' }, false],
      [{ attribute: 'a', is: 'lessOrEqual', value: 0 }, false],
      [{ attribute: 'a', is: 'oneOf', values: [0] }, false],
    ];
    for (const [condition, committed] of conditions) {
      const result = await subject().commit([{ check: freshKey(), when: [condition] }]);
      expect([condition, result.committed]).toEqual([condition, committed]);
    }
  });

  test('an item without attributes is present', async () => {
    const check = await given(subject(), {});
    expect(await subject().commit([{ check, when: [{ item: 'present' }] }])).toEqual({ committed: true });
    expect((await subject().commit([{ check, when: [{ item: 'absent' }] }])).committed).toBe(false);
  });

  test('all conditions of a write must hold, several on one attribute too', async () => {
    const check = await given(subject(), { a: 5, b: 'x' });
    const bounds = (low: number, high: number, b: string): Condition[] => [
      { item: 'present' },
      { attribute: 'a', is: 'greaterOrEqual', value: low },
      { attribute: 'a', is: 'less', value: high },
      { attribute: 'a', is: 'oneOf', values: [4, 5] },
      { attribute: 'b', is: 'equal', value: b },
    ];
    const tried = [bounds(5, 6, 'x'), bounds(6, 7, 'x'), bounds(4, 5, 'x'), bounds(5, 6, 'y')];
    const results = await Promise.all(tried.map((when) => subject().commit([{ check, when }])));
    expect(results.map(({ committed }) => committed)).toEqual([true, false, false, false]);
  });

  test('conditions look at the item before the write that carries them', async () => {
    const update = await given(subject(), { a: 1 });
    const when: Condition[] = [{ attribute: 'a', is: 'equal', value: 1 }];
    const raise = () => subject().commit([{ update, when, add: { a: 1 } }]);
    expect([await raise(), await raise()]).toEqual([{ committed: true }, { committed: false, failed: [0] }]);
  });

  test('every kind of write is conditional', async () => {
    const key = await given(subject(), { a: 1 });
    const when: Condition[] = [{ attribute: 'a', is: 'equal', value: 2 }];
    const writes = [
      { put: { ...key, attributes: {} }, when },
      { update: key, when, set: { a: 3 } },
      { delete: key, when },
      { check: key, when },
    ];
    for (const write of writes) {
      expect(await subject().commit([write])).toEqual({ committed: false, failed: [0] });
    }
    expect(await subject().get(key)).toEqual({ ...key, attributes: { a: 1 } });
  });

  test('attributes may have any name: reserved words, spaces, alike but for a sign', async () => {
    const names = ['status', 'a b', 'a-b', 'a.b', 'ä', '#a', ':a', '1', 'x'.repeat(300)];
    const key = await given(subject(), Object.fromEntries(names.map((name, i) => [name, i])));
    const when = names.map((attribute, value): Condition => ({ attribute, is: 'equal', value }));
    const set = Object.fromEntries(names.map((name) => [name, name]));
    expect(await subject().commit([{ update: key, when, set }])).toEqual({ committed: true });
    expect((await subject().get(key))?.attributes).toEqual(set);
  });
}
