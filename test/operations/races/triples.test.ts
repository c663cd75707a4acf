import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operations, openOperations } from '../../support/operations.ts';
import { BEGINNINGS, CAN_HAPPEN, triplesOf } from './entries.ts';
import { everyOrder } from './race.ts';
import { begin } from './situations.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

const races = BEGINNINGS.flatMap((beginning) =>
  CAN_HAPPEN[beginning].map((first) => ({
    beginning,
    first,
    triples: triplesOf(beginning).filter((names) => names[0] === first),
  })),
).filter(({ triples }) => triples.length > 0);

describe('any three at once, in every order of their commits', () => {
  it.each(races)(
    'while a deletion is $beginning, $first and any two others: no rule is broken',
    async ({ beginning, triples }) => {
      const situation = await begin(operations, beginning);
      for (const names of triples) {
        const { orders, wrongs } = await everyOrder(situation, { names });
        expect([...wrongs], names.join(' | ')).toEqual([]);
        expect(orders, names.join(' | ')).toBeGreaterThan(0);
      }
    },
    120_000,
  );
});
