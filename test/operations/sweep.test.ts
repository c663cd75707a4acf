import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import type { Context } from '../../lib/operations/context.ts';
import {
  authorizationItem,
  loadAuthorization,
  type Reference,
} from '../../lib/operations/records/authorization.ts';
import { DUE_SHARDS, dueShard } from '../../lib/operations/records/due.ts';
import { mailItem } from '../../lib/operations/records/mail.ts';
import { loadWait } from '../../lib/operations/records/wait.ts';
import { awaitApproval } from '../../lib/operations/steps/await-decision.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { notifyOutcome } from '../../lib/operations/steps/notify-outcome.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Item } from '../../lib/ports/store.ts';
import type { ExecutionStatus, Workflow } from '../../lib/ports/workflow.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { REAUTHORIZATION_WINDOW, WINDOW } from '../support/story.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let operations: Operations;
let desk: Desk;
let reference: Reference;
let status: ExecutionStatus | undefined;
let calls: string[];

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
  status = 'RUNNING';
  calls = [];
});

afterEach(() => operations.close());

const noted = (workflow: Workflow): Workflow => ({
  ...workflow,
  start: async (name) => {
    calls.push(`start ${name.replace(reference.authorizationId, '')}`);
    return 'started';
  },
  stop: async (name) => void calls.push(`stop ${name.replace(reference.authorizationId, '')}`),
  status: async () => status,
});
const context = (): Context => ({ ...operations.context, workflow: noted(operations.context.workflow) });
const current = () => loadAuthorization(operations.context.store, reference);
const wait = (more: Partial<Parameters<typeof awaitApproval>[1]> = {}) =>
  awaitApproval(operations.context, {
    ...reference,
    incarnation: 1,
    taskToken: 'token 1',
    enteredAt: '2026-01-01T00:00:00.000Z',
    retryCount: 0,
    ...more,
  });

describe('the sweeper', () => {
  it('wakes whoever has not seen what was decided, and does not wake whoever has nothing to see', async () => {
    await wait();
    operations.now += DAY;
    await sweep(context());
    expect(operations.woken).toEqual([]);
    await approveAsAlice(operations.context, desk, reference);
    operations.woken.length = 0;
    await sweep(context());
    expect(operations.woken).toEqual([]);
    operations.now += MINUTE;
    await sweep(context());
    expect(operations.woken).toEqual(['token 1']);
    expect(calls).toEqual([]);
  });

  it('comes last to what it could not deal with the last time', async () => {
    operations.now += DAY;
    const broken: Workflow = {
      ...operations.context.workflow,
      status: () => Promise.reject(new TransientError('away')),
    };
    const dueSince = async () => {
      const shards = Array.from({ length: DUE_SHARDS }, (_, shard) =>
        operations.context.store.query({
          table: 'main',
          index: 'due',
          partition: dueShard('authorization', shard),
          limit: 10,
        }),
      );
      const items = (await Promise.all(shards)).flatMap((page) => page.items);
      return items.map((item) => Number(item.indexes?.due?.sort.split('#')[0]));
    };
    expect(await dueSince()).not.toEqual([operations.now]);
    await sweep({ ...operations.context, workflow: broken });
    expect(await dueSince()).toEqual([operations.now]);
  });

  it('lapses what is past its window and expires what nobody asked again for', async () => {
    operations.now += WINDOW * 1000 + 2 * MINUTE;
    await sweep(context());
    expect(await current()).toMatchObject({ status: 'lapsed' });
    operations.now += REAUTHORIZATION_WINDOW * 1000 + 2 * MINUTE;
    await sweep(context());
    expect(await current()).toMatchObject({ status: 'expired' });
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('voids an approval that nobody carried out within 24 hours', async () => {
    await approveAsAlice(operations.context, desk, reference);
    operations.now += DAY;
    await sweep(context());
    expect(await current()).toMatchObject({ status: 'approved' });
    operations.now += 2 * MINUTE;
    await sweep(context());
    expect(await current()).toMatchObject({ status: 'void' });
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it.each(['ABORTED', 'FAILED', 'TIMED_OUT', 'SUCCEEDED', undefined] as const)(
    'replaces an execution that is %s by the next incarnation, and stops the old one first',
    async (gone) => {
      status = gone;
      operations.now += DAY;
      await sweep(context());
      expect(calls).toEqual(['stop -1', 'start -2']);
      expect(await current()).toMatchObject({ status: 'pending', incarnation: 2 });
    },
  );

  it('that runs twice at once replaces it once', async () => {
    status = 'ABORTED';
    operations.now += DAY;
    await Promise.all([sweep(context()), sweep(context())]);
    expect(calls).toEqual(['stop -1', 'start -2']);
  });

  it('starts again what it could not start, the longer it takes the rarer', async () => {
    status = 'FAILED';
    operations.now += DAY;
    for (let minutes = 0; minutes < 24 * 60; minutes += 1) {
      await sweep(context());
      operations.now += MINUTE;
    }
    const starts = calls.filter((call) => call.startsWith('start'));
    expect(starts.length).toBeGreaterThan(0);
    expect(starts.length).toBeLessThan(15);
  });

  it('does not replace an execution that ended when all was told, though an index still names it', async () => {
    await approveAsAlice(operations.context, desk, reference);
    await deleteKeyStep(operations.context, reference);
    const before = await current();
    await notifyOutcome(operations.context, reference);
    status = 'SUCCEEDED';
    operations.now += MINUTE;
    // An index may lag behind: DynamoDB's do.
    const stale: Item | undefined = before && authorizationItem(before, operations.now);
    const { store } = operations.context;
    const lagging = {
      ...context(),
      store: {
        ...store,
        query: async (query: Parameters<typeof store.query>[0]) =>
          query.partition === stale?.indexes?.due?.partition ? { items: [stale] } : store.query(query),
      },
    };
    await sweep(lagging);
    expect(calls).toEqual([]);
    expect(await current()).toMatchObject({ incarnation: 1, told: true });
  });

  it('looks after authorizations, however many mails cannot be sent', async () => {
    const { store } = operations.context;
    const { instanceId, keyId } = desk;
    // More than it looks at in one go, all of them due before the authorization is.
    for (let i = 0; i < 300; i += 1) {
      const id = `0${i % 8}${String(i).padStart(6, '0')}`;
      const mail = {
        instanceId,
        keyId,
        authorizationId: `other ${i}`,
        id,
        template: 'denied',
        round: 1,
      } as const;
      const due = {
        personId: desk.id('bob'),
        createdAt: 1,
        status: 'due',
        attempts: 0,
        notBefore: 1,
      } as const;
      const fill = Array.from({ length: 8 }, (_, shard) => ({
        put: mailItem({ ...mail, ...due, id: `0${shard}${id}`, round: shard }),
        when: [],
      }));
      await store.commit(fill);
    }
    operations.deliver = () => Promise.reject(new TransientError('the server is away'));
    operations.now += WINDOW * 1000 + 2 * MINUTE;
    await sweep(context());
    expect(await current()).toMatchObject({ status: 'lapsed' });
  });

  describe('with more mails due than it sends in one go', () => {
    const dueMails = async () => {
      const page = { table: 'main', index: 'due', partition: dueShard('mail', 0), limit: 1_000 } as const;
      return (await operations.context.store.query(page)).items.filter(({ sort }) => sort.includes('denied'));
    };

    beforeEach(async () => {
      const mails = Array.from({ length: 250 }, (_, n) =>
        mailItem({
          ...reference,
          id: `00${n}`,
          template: 'denied',
          round: n,
          personId: desk.id('bob'),
          createdAt: 1,
          status: 'due',
          attempts: 0,
          notBefore: 1,
        }),
      );
      const fill = (from: number) =>
        operations.context.store.commit(mails.slice(from, from + 50).map((put) => ({ put, when: [] })));
      for (const from of [0, 50, 100, 150, 200]) await fill(from);
    });

    it('says so until all are out', async () => {
      expect(await sweep(context())).toMatchObject({ moreMails: true });
      expect(await dueMails()).toHaveLength(50);
      expect(await sweep(context())).toMatchObject({ moreMails: false });
      expect(await dueMails()).toEqual([]);
    });

    it('does not say so when they cannot be handed over: a minute later is early enough', async () => {
      operations.deliver = () => Promise.reject(new TransientError('the server is away'));
      expect(await sweep(context())).toMatchObject({ moreMails: false });
    });
  });

  it('is not held up by an item that cannot be dealt with', async () => {
    const other = await operations.newDesk();
    const broken = await ask(operations.context, other);
    operations.now += DAY;
    const failing = {
      ...context(),
      workflow: {
        ...noted(operations.context.workflow),
        status: async (name: string) => {
          if (name.startsWith(broken.authorizationId)) throw new TransientError('away');
          return 'ABORTED' as const;
        },
      },
    };
    await sweep(failing);
    expect(calls).toEqual(['stop -1', 'start -2']);
    expect(operations.logged.join()).toContain('could not finish an item');
  });
});

describe('a task token', () => {
  it('of an older attempt does not take the place of a newer one', async () => {
    await wait({ taskToken: 'new', retryCount: 1 });
    await wait({ taskToken: 'old', retryCount: 0 });
    expect(await loadWait(operations.context.store, reference)).toMatchObject({ taskToken: 'new' });
    await wait({ taskToken: 'later state', enteredAt: '2026-01-02T00:00:00.000Z' });
    await wait({ taskToken: 'earlier state', retryCount: 9 });
    expect(await loadWait(operations.context.store, reference)).toMatchObject({ taskToken: 'later state' });
    await wait({ taskToken: 'next incarnation', incarnation: 2, enteredAt: '2025-01-01T00:00:00.000Z' });
    await wait({ taskToken: 'last incarnation', enteredAt: '2027-01-01T00:00:00.000Z' });
    expect(await loadWait(operations.context.store, reference)).toMatchObject({
      taskToken: 'next incarnation',
    });
  });

  it('that comes after the decision wakes itself', async () => {
    await approveAsAlice(operations.context, desk, reference);
    expect(operations.woken).toEqual([]);
    expect((await wait()).status).toBe('approved');
    expect(operations.woken).toEqual(['token 1']);
  });

  it('that comes before the decision is woken by whoever decides', async () => {
    expect((await wait()).status).toBe('pending');
    await approveAsAlice(operations.context, desk, reference);
    expect(operations.woken).toEqual(['token 1']);
  });
});
