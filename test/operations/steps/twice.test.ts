import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransientError } from '../../../lib/domain/errors.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { loadAuthorization, loadRefusedRequest } from '../../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../../lib/operations/records/key.ts';
import { loadMails } from '../../../lib/operations/records/mail.ts';
import { loadWait } from '../../../lib/operations/records/wait.ts';
import type { Progress } from '../../../lib/operations/steps/progress.ts';
import type { TaskName } from '../../../lib/workflow/task-names.ts';
import { workflowTasks } from '../../../lib/workflow/tasks.ts';
import { everyPreemption, everySchedule, type Granularity, interleave } from '../../support/interleavings.ts';
import { type Operations, openOperations } from '../../support/operations.ts';
import { writeRequest } from '../../support/requests.ts';
import { brokenRules } from '../../support/rules.ts';
import { expectOk, REAUTHORIZATION_WINDOW, WINDOW } from '../../support/story.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});

afterAll(() => operations.close());

interface Begun {
  readonly input: {
    readonly instanceId: string;
    readonly keyId: string;
    readonly authorizationId: string;
    readonly [name: string]: string | number | boolean;
  };
  readonly run: (task: TaskName, more?: object) => Promise<Progress>;
  readonly approve: () => Promise<void>;
}

async function begin(twoPeople = true): Promise<Begun> {
  const desk = await operations.newDesk(twoPeople ? {} : { dualAuthDelete: false });
  const { instanceId, keyId } = desk;
  const input = {
    instanceId,
    keyId,
    authorizationId: randomUUID(),
    incarnation: 1,
    requester: desk.id(twoPeople ? 'wendy' : 'carol'),
    twoPeople,
    stopVersion: 0,
  };
  await writeRequest(operations.context, input);
  const tasks = workflowTasks(operations.context);
  return {
    input,
    run: (task, more) => tasks[task]({ ...input, ...more }),
    approve: async () => {
      const approver = await desk.person('alice');
      expectOk(
        await approveDeletion(operations.context, { ...input, approver, round: 1, decidedThrough: 'api' }),
      );
    },
  };
}

const WAIT = { taskToken: 'token', enteredAt: '2026-01-01T00:00:00.000Z', retryCount: 0 };

interface Case {
  readonly task: TaskName;
  /** What both of the two answer. */
  readonly answers: Progress['status'];
  readonly before?: (begun: Begun) => Promise<unknown>;
  readonly more?: object;
  /** The events beside `kms.secrets.create`, when both have ended. */
  readonly events: number;
  /** The mails that the authorization has then, and how many of them went out. */
  readonly mails: number;
  readonly sent: number;
  readonly onePerson?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  'recording a request': { task: 'record-authorization', answers: 'pending', events: 1, mails: 3, sent: 0 },
  'recording a deletion by one person': {
    task: 'record-authorization',
    answers: 'approved',
    events: 1,
    mails: 0,
    sent: 0,
    onePerson: true,
  },
  'waiting for approval': {
    task: 'await-approval',
    answers: 'pending',
    before: ({ run }) => run('record-authorization'),
    more: WAIT,
    events: 1,
    mails: 3,
    sent: 3,
  },
  'closing a window': {
    task: 'settle-window',
    answers: 'lapsed',
    before: async ({ run }) => {
      await run('record-authorization');
      operations.now += WINDOW * 1000;
    },
    events: 2,
    mails: 4,
    sent: 0,
  },
  'waiting for somebody to ask again': {
    task: 'await-reauthorization',
    answers: 'lapsed',
    before: async ({ run }) => {
      await run('record-authorization');
      await run('await-approval', WAIT);
      operations.now += WINDOW * 1000;
      await run('settle-window');
    },
    more: { ...WAIT, enteredAt: '2026-01-08T00:00:00.000Z' },
    events: 2,
    mails: 4,
    sent: 4,
  },
  'giving up a request that nobody repeats': {
    task: 'settle-reauthorization',
    answers: 'expired',
    before: async ({ run }) => {
      await run('record-authorization');
      operations.now += WINDOW * 1000;
      await run('settle-window');
      operations.now += REAUTHORIZATION_WINDOW * 1000;
    },
    events: 3,
    mails: 8,
    sent: 0,
  },
  'destroying a key': {
    task: 'delete-key',
    answers: 'consumed',
    before: async ({ run, approve }) => {
      await run('record-authorization');
      await approve();
    },
    events: 3,
    mails: 7,
    sent: 0,
  },
  'telling everyone': {
    task: 'notify-outcome',
    answers: 'consumed',
    before: async ({ run, approve }) => {
      await run('record-authorization');
      await run('await-approval', WAIT);
      await approve();
      await run('delete-key');
    },
    events: 3,
    mails: 7,
    sent: 7,
  },
};

const describeError = (error: unknown) => (error instanceof Error ? error.message : 'no error');

async function end({ input }: Begun) {
  const { store } = operations.context;
  const { instanceId, keyId } = input;
  const { events } = await loadEvents(store, keyPartition(instanceId, keyId), { limit: 100 });
  const mails = await loadMails(store, input);
  const key = await loadKey(store, instanceId, keyId);
  return {
    authorization: await loadAuthorization(store, input),
    events: events.length - 1,
    mails: mails.length,
    sent: mails.filter(({ status }) => status === 'sent').length,
    refused: await loadRefusedRequest(store, input),
    wait: await loadWait(store, input),
    broken: await brokenRules(store, { instanceId, keyId }),
    keyState: key?.state,
  };
}

describe.each(Object.entries(CASES))('%s', (_, { task, answers, before, more, onePerson, ...left }) => {
  const prepared = async () => {
    const begun = await begin(onePerson !== true);
    await before?.(begun);
    operations.mails.length = 0;
    return begun;
  };

  it('when it runs again afterwards, changes nothing more', async () => {
    const begun = await prepared();
    expect((await begun.run(task, more)).status).toBe(answers);
    const once = await end(begun);
    const delivered = operations.mails.length;
    expect(once).toMatchObject({ ...left, broken: [] });
    operations.now += 1;
    expect((await begun.run(task, more)).status).toBe(answers);
    expect(await end(begun)).toEqual(once);
    expect(operations.mails).toHaveLength(delivered);
  });

  it('when it runs twice at once, in every order, ends as if it had run once', async () => {
    const wrong = new Set<string>();
    const once = (granularity: Granularity) => async (choose: (among: number) => number) => {
      const begun = await prepared();
      const { ended } = await interleave(
        ['first', 'second'].map((name) => ({
          name,
          run: async (store) => {
            const progress = await workflowTasks(operations.through(store))[task]({
              ...begun.input,
              ...more,
            });
            return progress.status;
          },
        })),
        operations.context.store,
        { choose, granularity },
      );
      // What is contended is repeated by the workflow.
      const answered = ended.flatMap(({ result, error }) =>
        error instanceof TransientError ? [] : (result ?? describeError(error)),
      );
      const after = await end(begun);
      const ids = operations.mails.map(({ messageId }) => messageId);
      const { events, mails, sent, broken, refused } = after;
      const found = {
        answered,
        events,
        mails,
        sent,
        broken,
        refused,
        delivered: new Set(ids).size === ids.length ? 'once' : 'twice',
      };
      const expected = {
        answered: answered.map(() => answers),
        ...left,
        broken: [],
        refused: undefined,
        delivered: 'once',
      };
      if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.add(JSON.stringify(found));
    };
    const tried = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
    expect([...wrong]).toEqual([]);
    expect(tried).toBeGreaterThan(10);
  });
});
