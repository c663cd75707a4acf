import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { common } from '../../lib/domain/authorization.ts';
import { remindersOf } from '../../lib/domain/reminder.ts';
import { SEEN_WAITING } from '../../lib/domain/seen-waiting.ts';
import { toDate } from '../../lib/domain/time.ts';
import type { Context } from '../../lib/operations/context.ts';
import {
  authorizationItem,
  loadAuthorization,
  type Reference,
} from '../../lib/operations/records/authorization.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Metrics } from '../../lib/ports/metrics.ts';
import type { ExecutionStatus } from '../../lib/ports/workflow.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let operations: Operations;
let desk: Desk;
let reference: Reference;
let recorded: Parameters<Metrics['record']>[0][];
let status: ExecutionStatus;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
  recorded = [];
  status = 'RUNNING';
});

afterEach(() => operations.close());

const context = (): Context => ({
  ...operations.context,
  workflow: { ...operations.context.workflow, status: async () => status },
  metrics: { record: (measured) => void recorded.push(measured) },
});
const total = (measure: keyof (typeof recorded)[number]) =>
  recorded.reduce((sum, measured) => sum + (measured[measure] ?? 0), 0);
const waiting = () =>
  operations.logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ message }) => message === SEEN_WAITING);

/** Sweeps each hour, from now to a time. */
async function sweepUntil(time: number): Promise<void> {
  for (; operations.now <= time; operations.now += HOUR) await sweep(context());
}

describe('what waits', () => {
  test('is told in the log with whom it waits for, since when and until when, and without a name', async () => {
    operations.now += 2 * MINUTE;
    await sweep(context());
    const authorization = await loadAuthorization(operations.context.store, reference);
    expect(waiting()).toEqual([
      {
        message: SEEN_WAITING,
        ...reference,
        waitsFor: 'approver',
        since: toDate(authorization?.requestedAt ?? 0),
        until: toDate(authorization?.windowEndsAt ?? 0),
        round: 1,
      },
    ]);
    expect(operations.logged.join()).not.toContain('@');
  });

  test('is told at least once a day, so that two days of the log hold everything that waits', async () => {
    const authorization = await loadAuthorization(operations.context.store, reference);
    const end = authorization?.windowEndsAt ?? 0;
    const times: number[] = [operations.now];
    for (; operations.now < end; operations.now += HOUR) {
      const before = waiting().length;
      await sweep(context());
      if (waiting().length > before) times.push(operations.now);
    }
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(DAY + HOUR);
  });

  test('for its requester is told as such when the window has closed', async () => {
    const authorization = await loadAuthorization(operations.context.store, reference);
    operations.now = (authorization?.windowEndsAt ?? 0) + 2 * MINUTE;
    await sweep(context());
    operations.now += 2 * MINUTE;
    await sweep(context());
    expect(waiting().at(-1)).toMatchObject({ waitsFor: 'requester', round: 1 });
  });
});

test('an approval is near its end when the Managers were reminded for the last time, and not before', async () => {
  const authorization = await loadAuthorization(operations.context.store, reference);
  if (authorization === undefined) throw new Error('there is none');
  const last = remindersOf(authorization).at(-1)?.at ?? 0;
  await sweepUntil(last - MINUTE);
  expect(total('ApprovalsNearTheirEnd')).toBe(0);
  await sweepUntil(last + HOUR);
  expect(total('ApprovalsNearTheirEnd')).toBeGreaterThan(0);
});

test('a decision is not woken when its execution has not moved on in five minutes', async () => {
  await approveAsAlice(operations.context, desk, reference);
  operations.now += 2 * MINUTE;
  await sweep(context());
  expect(total('DecisionsNotWoken')).toBe(0);
  operations.now += 4 * MINUTE;
  await sweep(context());
  expect(total('DecisionsNotWoken')).toBe(1);
});

test('a deletion that does not go on where its key lives is counted each time that it is looked at', async () => {
  const { store } = operations.context;
  const asked = await loadAuthorization(store, reference);
  if (asked === undefined) throw new Error('nothing was asked for');
  const at = operations.now;
  const approval = { approver: desk.id('alice'), approvedAt: at, decidedThrough: 'api' } as const;
  const begun = { status: 'destroying', startedAt: at, attempts: 1, attemptedAt: at } as const;
  const write = async (more: object) => {
    const item = authorizationItem({ ...common(asked), ...approval, ...begun, ...more }, at);
    await store.commit([{ put: item, when: [] }]);
    operations.now += 2 * MINUTE;
    await sweep(context());
  };
  await write({});
  expect(total('DeletionsStalled')).toBe(0);
  await write({ stalledAt: at, problem: 'AWS KMS does not answer' });
  expect(total('DeletionsStalled')).toBe(1);
  operations.now += 60 * DAY;
  await sweep(context());
  expect(total('DeletionsStalled')).toBe(2);
});

test('an execution that was gone is counted when it is begun anew', async () => {
  status = 'FAILED';
  operations.now += 2 * MINUTE;
  await sweep(context());
  expect(total('ExecutionsReplaced')).toBe(1);
});

test('a sweep tells how much it found, and for how long the oldest has been due', async () => {
  operations.now += 61 * MINUTE;
  await sweep(context());
  const [told] = recorded.filter(({ DueItems }) => DueItems !== undefined);
  expect(told?.DueItems).toBeGreaterThan(0);
  // The mails were due when they were written, a moment before.
  expect(told?.SecondsBehind).toBeGreaterThanOrEqual(61 * 60);
  expect(told?.SecondsBehind).toBeLessThan(65 * 60);
  recorded = [];
  operations.now += 1;
  await sweep(context());
  expect(recorded.find(({ DueItems }) => DueItems !== undefined)?.SecondsBehind).toBeLessThan(61 * 60);
});

describe('of mails', () => {
  test('those are counted that were taken', async () => {
    operations.now += MINUTE;
    await sweep(context());
    expect(total('MailsSent')).toBe(operations.mails.length);
    expect(total('MailsSent')).toBeGreaterThan(0);
    expect([total('MailsRefused'), total('MailsGivenUp')]).toEqual([0, 0]);
  });

  test('one that is refused for now is counted apart from one that is given up', async () => {
    operations.deliver = async () => ({ delivered: false, deferred: 'mailbox full' });
    operations.now += MINUTE;
    await sweep(context());
    expect(total('MailsRefused')).toBeGreaterThan(0);
    expect([total('MailsSent'), total('MailsGivenUp')]).toEqual([0, 0]);
    operations.deliver = async () => ({ delivered: false, rejected: 'no such mailbox' });
    operations.now += 5 * MINUTE;
    await sweep(context());
    expect(total('MailsGivenUp')).toBeGreaterThan(0);
  });
});
