import { afterAll, describe, expect, it } from 'vitest';
import { type Operations, operationsOn } from '../../support/operations.ts';
import { openDynamodbStore } from '../../support/stores.ts';
import { BEGINNINGS, dynamodbRacesOf } from './entries.ts';
import { everyOrder } from './race.ts';
import { begin } from './situations.ts';

const opened = await openDynamodbStore();
afterAll(() => opened?.close());

const beginnings = BEGINNINGS.map((beginning) => ({ beginning, races: dynamodbRacesOf(beginning) }));

describe.skipIf(opened === undefined)('at once on DynamoDB, in every order of their commits', () => {
  const operations = (): Operations => {
    if (opened === undefined) throw new Error('there is no DynamoDB');
    return operationsOn(opened.store);
  };

  it.each(beginnings.filter(({ races }) => races.length > 0))(
    'while a deletion is $beginning: no rule is broken',
    async ({ beginning, races }) => {
      const situation = await begin(operations(), beginning);
      for (const names of races) {
        const { orders, wrongs } = await everyOrder(situation, { names });
        expect([...wrongs], names.join(' | ')).toEqual([]);
        expect(orders, names.join(' | ')).toBeGreaterThan(0);
      }
    },
    process.env.RACES === 'everywhere' ? 3_600_000 : 240_000,
  );
});
