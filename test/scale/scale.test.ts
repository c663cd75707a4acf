import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOST_ROUNDS } from '../../lib/domain/authorization.ts';
import { LONGEST_WINDOW } from '../../lib/domain/instance.ts';
import type { Context } from '../../lib/operations/context.ts';
import { loadAuthorization, nextLook, type Reference } from '../../lib/operations/records/authorization.ts';
import { awaitApproval } from '../../lib/operations/steps/await-decision.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { notifyOutcome } from '../../lib/operations/steps/notify-outcome.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';
import { meteredStore, type Units } from './metered-store.ts';

const PAGE = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8');
const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;
const MILLION = 1_000_000;

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeAll(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
});
afterAll(() => operations.close());

/** When the sweeper looks at an authorization that waits for the whole of its window. */
async function looksInAWeek(): Promise<number> {
  const authorization = await loadAuthorization(operations.context.store, reference);
  if (authorization === undefined) throw new Error('there is none');
  let looks = 0;
  for (let now = authorization.requestedAt; ; looks += 1) {
    now = nextLook(authorization, now);
    if (now >= authorization.windowEndsAt) return looks;
  }
}

test('a million waiting executions are looked at 17 times a second', async () => {
  const looks = await looksInAWeek();
  const aSecond = Math.ceil((looks * MILLION) / (WEEK / 1_000));
  expect([looks, aSecond]).toEqual([10, 17]);
  expect(PAGE).toContain('10 looks in a week');
  expect(PAGE).toContain('17 DescribeExecution a second');
});

describe('one deletion, from asking to its last mail', () => {
  const total: Units = { read: 0, write: 0 };

  beforeAll(async () => {
    const metered = meteredStore(operations.context.store);
    const context: Context = operations.through(metered.store);
    const asked = await operations.newDesk();
    const authorization = await ask(context, asked);
    const token = { taskToken: 'token', enteredAt: '2026-01-01T00:00:00.000Z', retryCount: 0 };
    await awaitApproval(context, { ...authorization, incarnation: 1, ...token });
    await approveAsAlice(context, asked, authorization);
    await deleteKeyStep(context, authorization);
    await notifyOutcome(context, authorization);
    Object.assign(total, metered.units);
  });

  test('costs at most the request units that the page says, and not half of them', () => {
    const [, write, read] = /one deletion: (\d+) write and (\d+) read request units/.exec(PAGE) ?? [];
    expect(total.write).toBeLessThanOrEqual(Number(write));
    expect(total.read).toBeLessThanOrEqual(Number(read));
    expect(total.write).toBeGreaterThan(Number(write) / 2);
    expect(total.read).toBeGreaterThan(Number(read) / 2);
  });
});

test('what a sweep deals with of one kind is 1,600 a minute, and the page says how long a million take', async () => {
  // Ten at once of each shard would do: what is asked for is how many are read.
  const limits: number[] = [];
  const { store } = operations.context;
  await sweep({
    ...operations.context,
    store: {
      ...store,
      query: (query) => {
        if (query.index === 'due' && query.partition.startsWith('due#authorization#'))
          limits.push(query.limit);
        return store.query(query);
      },
    },
  });
  const aMinute = limits.reduce((sum, limit) => sum + limit, 0);
  expect([limits.length, aMinute]).toEqual([8, 1_600]);
  expect(Math.round(MILLION / aMinute / 60)).toBe(10);
  expect(PAGE).toContain('1,600 a minute');
  expect(PAGE).toContain('ten and a half hours');
});

test('the longest deletion stays far below the 25,000 events of a history and the year of an execution', () => {
  // Events of a state that waits: entered, scheduled, started, submitted, timed out, exited; of a step one less.
  const aRound = 2 * 6 + 2 * 5;
  const events = MOST_ROUNDS * aRound + 5 * 5;
  expect(events).toBe(201);
  expect(PAGE).toContain('201 events');
  const days = (MOST_ROUNDS * 2 * LONGEST_WINDOW) / 86_400;
  expect(days).toBe(320);
  expect(PAGE).toContain('320 days');
});
