import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operations, openOperations } from '../../support/operations.ts';
import { ACTOR_NAMES } from './actors.ts';
import { BEGINNINGS, pairsOf } from './entries.ts';
import { everyOrder, nothingFound } from './race.ts';
import { begin, type Situation } from './situations.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

const found = nothingFound();

describe.each(BEGINNINGS)('while a deletion is %s, in every order', (beginning) => {
  let situation: Situation;
  beforeAll(async () => {
    situation = await begin(operations, beginning);
  });

  it.each(pairsOf(beginning))('%s and %s: no rule is broken', async (...names) => {
    const { orders, wrongs, yes, statuses } = await everyOrder(situation, { names, preempted: true });
    expect([...wrongs]).toEqual([]);
    expect(orders).toBeGreaterThan(8);
    for (const name of yes) found.yes.add(name);
    for (const status of statuses) found.statuses.add(status);
  });
});

it('everybody gets their way in some of them, and they come to every end', () => {
  expect([...found.yes].sort()).toEqual([...ACTOR_NAMES].sort());
  const ends = ['consumed', 'denied', 'expired', 'superseded', 'void', 'withdrawn'];
  expect([...found.statuses].sort()).toEqual([...ends, 'drifted', 'lapsed', 'pending'].sort());
});
