import { expect, onTestFinished, test } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { DAY, HOUR, MINUTE, toDate } from '../../lib/domain/time.ts';
import { archiveMissed, type Passing } from '../../lib/operations/archive-missed.ts';
import { openSqliteStore } from '../support/stores.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');

/** A state machine by how long ago its executions closed, and an archive that nothing is in yet. */
async function openedWith(closedAgo: Readonly<Record<string, number>>) {
  const opened = await openSqliteStore();
  onTestFinished(() => opened.close());
  const { store } = opened;
  const kept: string[] = [];
  const told: object[] = [];
  const errors: object[] = [];
  const inputOf = async (arn: string): Promise<unknown> => ({
    instanceId: 'instance',
    keyId: 'key',
    authorizationId: arn,
  });
  const passing: Passing = {
    store,
    executions: {
      read: async (arn) => ({ name: arn, input: await inputOf(arn), events: [] }),
      closedIn: async ({ since, until }) =>
        Object.entries(closedAgo)
          .map(([name, ago]) => ({ executionArn: name, name, closedAt: NOW - ago }))
          .filter(({ closedAt }) => closedAt >= since && closedAt < until)
          .sort((a, b) => a.closedAt - b.closedAt),
      inputOf,
    },
    archive: {
      async keep(name) {
        kept.push(name);
        return 'kept';
      },
      has: async (name) => kept.includes(name),
    },
    clock: { now: () => NOW },
    metrics: { record: (measured) => void told.push(measured) },
    log: { info: () => {}, error: (_, fields = {}) => void errors.push(fields) },
  };
  return { passing, kept, told, errors };
}

const nameOf = (execution: string): string => `instance/key/${execution}/${execution}.jsonl.gz`;
const ALWAYS = { timeLeft: () => 15 * MINUTE };

test('what closed within four days, and its event had twelve hours for, is archived where it is missing', async () => {
  const { passing, kept, told } = await openedWith({
    'too long ago': 4 * DAY + 1,
    first: 4 * DAY,
    there: 2 * DAY,
    last: 12 * HOUR + 1,
    'still its event’s': 12 * HOUR,
  });
  kept.push(nameOf('there'));
  expect(await archiveMissed(passing, ALWAYS)).toEqual({ lookedFor: 3, archived: 2 });
  expect(kept).toEqual(['there', 'first', 'last'].map(nameOf));
  expect(told).toEqual([{ ExecutionsLookedFor: 3, ExecutionsArchivedLate: 2 }]);
});

test('a second pass finds everything there and changes nothing', async () => {
  const { passing, kept, told } = await openedWith({ first: 3 * DAY, second: 2 * DAY });
  await archiveMissed(passing, ALWAYS);
  const before = [...kept];
  expect(await archiveMissed(passing, ALWAYS)).toEqual({ lookedFor: 2, archived: 0 });
  expect(kept).toEqual(before);
  expect(told.at(-1)).toEqual({ ExecutionsLookedFor: 2, ExecutionsArchivedLate: 0 });
});

test('an operator has it look as far back as Step Functions remembers', async () => {
  const { passing } = await openedWith({ old: 89 * DAY, new: DAY });
  const { archived } = await archiveMissed(passing, { ...ALWAYS, since: NOW - 90 * DAY });
  expect(archived).toBe(2);
});

test('what there is no time for is not begun, and comes first when it is repeated from when it is told', async () => {
  const { passing, kept } = await openedWith({ first: 3 * DAY, second: 2 * DAY, third: DAY });
  /** Five minutes, of which each look takes two. */
  const running = (since?: number) => {
    let looks = 0;
    return archiveMissed(passing, { since, timeLeft: () => 5 * MINUTE - 2 * MINUTE * looks++ });
  };
  const until = toDate(NOW - DAY);
  await expect(running()).rejects.toThrow(`no time was left for executions that closed since ${until}`);
  expect(kept).toEqual(['first', 'second'].map(nameOf));
  await running(Date.parse(until));
  expect(kept).toEqual(['first', 'second', 'third'].map(nameOf));
});

test('one that cannot be archived keeps no other from it, and the pass fails and is repeated', async () => {
  const { passing, kept, told, errors } = await openedWith({ broken: 3 * DAY, whole: 2 * DAY });
  const { executions } = passing;
  const failing: Passing = {
    ...passing,
    executions: {
      ...executions,
      async inputOf(arn) {
        if (arn === 'broken') throw new TransientError('Step Functions is busy');
        return executions.inputOf(arn);
      },
    },
  };
  await expect(archiveMissed(failing, ALWAYS)).rejects.toThrow('1 closed executions could not be archived');
  expect(kept).toEqual([nameOf('whole')]);
  expect(told).toEqual([{ ExecutionsLookedFor: 2, ExecutionsArchivedLate: 1 }]);
  expect(errors).toEqual([expect.objectContaining({ name: 'broken', problem: 'Step Functions is busy' })]);
  expect(await archiveMissed(passing, ALWAYS)).toEqual({ lookedFor: 2, archived: 1 });
});

test('when executions cannot be listed, the pass fails and tells of none', async () => {
  const { passing, told } = await openedWith({});
  const closedIn = async () => {
    throw new TransientError('Step Functions is busy');
  };
  const failing = { ...passing, executions: { ...passing.executions, closedIn } };
  await expect(archiveMissed(failing, ALWAYS)).rejects.toThrow(TransientError);
  expect(told).toEqual([]);
});
