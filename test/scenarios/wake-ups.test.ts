import { afterEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { deleteKey } from '../../lib/operations/delete-key.ts';
import { denyDeletion } from '../../lib/operations/deny-deletion.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import { getKeyMetadata } from '../../lib/operations/read-keys.ts';
import { referenceOf } from '../../lib/operations/records/authorization.ts';
import { loadWait } from '../../lib/operations/records/wait.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import type { Store, Write } from '../../lib/ports/store.ts';
import type { Workflow } from '../../lib/ports/workflow.ts';
import { brokenRules } from '../support/rules.ts';
import { type OpenStore, openSqliteStore } from '../support/stores.ts';
import { expectOk, openStory, refusalOf, type Story } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let story: Story;
let opened: OpenStore | undefined;

afterEach(async () => {
  await story.close();
  await opened?.close();
  opened = undefined;
});

const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 10_000 });

const set = async (keyId: string) => setKeyForDeletion(story.context, await story.as('wendy'), keyId, {});
const approve = async (keyId: string) => deleteKey(story.context, await story.as('alice'), keyId, {});
const current = async (keyId: string) =>
  expectOk(await readAuthorization(story.context, await story.as('rita'), keyId)).authorization;
const state = async (keyId: string) =>
  expectOk(await getKeyMetadata(story.context, await story.as('rita'), keyId)).state;
const rules = (keyId: string) => brokenRules(story.context.store, { instanceId: story.instanceId, keyId });
/** The decision alone, without waiting for what becomes of it. */
async function decide(keyId: string): Promise<void> {
  const pending = await current(keyId);
  const approver = (await story.as('alice')).person;
  const approval = {
    ...referenceOf(pending),
    approver,
    round: pending.round,
    decidedThrough: 'link',
  } as const;
  expectOk(await approveDeletion(story.context, approval));
}

/** A story whose commits of one kind wait until they are let go. */
async function holding(
  isHeld: (write: Write) => boolean,
): Promise<{ held: () => number; release: () => void }> {
  opened = await openSqliteStore();
  const { store } = opened;
  const waiting: (() => void)[] = [];
  let open = false;
  const holdingStore: Store = {
    ...store,
    commit: async (writes) => {
      if (!open && writes.some(isHeld)) await new Promise<void>((resolve) => waiting.push(resolve));
      return store.commit(writes);
    },
  };
  story = await openStory({ store: holdingStore });
  return {
    held: () => waiting.length,
    release: () => {
      open = true;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

const waits = (write: Write) => 'put' in write && write.put.partition.startsWith('wait#');
const records = (write: Write) => 'put' in write && write.put.sort.startsWith('authorization#');
const shreds = (write: Write) => 'delete' in write && write.delete.table === 'material';

describe('a decision', () => {
  it('that comes before the token is stored is seen by the step that stores it', async () => {
    const { held, release } = await holding(waits);
    const key = await story.newKey();
    expectOk(await set(key.id));
    await soon(held).toBe(1);
    await decide(key.id);
    expect(await current(key.id)).toMatchObject({ status: 'approved' });
    release();
    await soon(() => state(key.id)).toBe(DESTROYED);
    expect(await rules(key.id)).toEqual([]);
  });

  it('that comes after the token is stored wakes it, without the sweeper and without time', async () => {
    story = await openStory();
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    await decide(key.id);
    await soon(() => state(key.id)).toBe(DESTROYED);
    expect(await rules(key.id)).toEqual([]);
  });

  it.each<[string, (workflow: Workflow) => Workflow]>([
    ['is lost', (workflow) => ({ ...workflow, wake: async () => 'woken' })],
    ['finds nobody', (workflow) => ({ ...workflow, wake: async () => 'gone' })],
    [
      'cannot be handed over',
      (workflow) => ({ ...workflow, wake: () => Promise.reject(new TransientError('away')) }),
    ],
  ])('whose wake-up %s is carried out when the sweeper comes', async (_, broken) => {
    let isBroken = true;
    story = await openStory({
      workflow: (workflow) => ({
        ...workflow,
        wake: (token) => (isBroken ? broken(workflow) : workflow).wake(token),
      }),
    });
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    expect(refusalOf(await approve(key.id))).toBe('still-working');
    expect(await current(key.id)).toMatchObject({ status: 'approved' });
    isBroken = false;
    await story.pass(31);
    await sweep(story.context);
    await soon(() => state(key.id)).toBe(DESTROYED);
    expect(await rules(key.id)).toEqual([]);
  });

  it('that is woken twice, or with a token that nobody issued, changes nothing more', async () => {
    let doubled = 0;
    story = await openStory({
      workflow: (workflow) => ({
        ...workflow,
        wake: async (token) => {
          doubled += 1;
          expect(await workflow.wake('nobody’s token')).toBe('gone');
          await workflow.wake(token);
          return workflow.wake(token);
        },
      }),
    });
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    expectOk(await approve(key.id));
    expect(doubled).toBeGreaterThan(0);
    expect(await rules(key.id)).toEqual([]);
  });

  it('that was never made is not made by waking', async () => {
    story = await openStory();
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    const wait = await loadWait(story.context.store, referenceOf(await current(key.id)));
    for (let times = 0; times < 3; times += 1) {
      await story.context.workflow.wake(wait?.taskToken ?? '');
      await story.settle();
    }
    await story.waiting(key.id, 'pending');
    expect(await state(key.id)).toBe(1);
    expectOk(await approve(key.id));
  });
});

describe('an execution that was aborted from outside', () => {
  it('is replaced, and what was pending is carried out by the next one', async () => {
    story = await openStory();
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    const { id } = await current(key.id);
    const old = await loadWait(story.context.store, referenceOf(await current(key.id)));
    await story.context.workflow.stop(`${id}-1`, 'an operator was curious');
    await story.pass(86_400 + 61);
    await sweep(story.context);
    await story.settle();
    await story.waiting(key.id, 'pending');
    expect(await current(key.id)).toMatchObject({ incarnation: 2, round: 1 });
    const next = await loadWait(story.context.store, referenceOf(await current(key.id)));
    expect(next?.taskToken).not.toBe(old?.taskToken);
    expect(await story.context.workflow.wake(old?.taskToken ?? '')).toBe('gone');
    expectOk(await approve(key.id));
    await soon(() => story.context.workflow.status(`${id}-2`)).toBe('SUCCEEDED');
    expect(await story.context.workflow.status(`${id}-1`)).toBe('ABORTED');
    expect(await rules(key.id)).toEqual([]);
  });

  it('is replaced within a minute and a half of a decision', async () => {
    story = await openStory();
    const key = await story.newKey();
    expectOk(await set(key.id));
    await story.waiting(key.id, 'pending');
    const { id } = await current(key.id);
    await story.context.workflow.stop(`${id}-1`, 'an operator was curious');
    expect(refusalOf(await approve(key.id))).toBe('still-working');
    await story.pass(60);
    await sweep(story.context);
    await soon(() => state(key.id)).toBe(DESTROYED);
    expect(await rules(key.id)).toEqual([]);
  });
});

describe('a request', () => {
  it('whose start fails leaves nothing behind, and can be made again', async () => {
    let fails = true;
    story = await openStory({
      workflow: (workflow) => ({
        ...workflow,
        start: (...args) => (fails ? Promise.reject(new TransientError('away')) : workflow.start(...args)),
      }),
    });
    const key = await story.newKey();
    await expect(set(key.id)).rejects.toBeInstanceOf(TransientError);
    expect(await rules(key.id)).toEqual([]);
    expect(refusalOf(await approve(key.id))).toBe('nothing-pending');
    fails = false;
    expectOk(await set(key.id));
    expectOk(await approve(key.id));
  });

  it('whose start never led anywhere is answered as still working, and can be made again', async () => {
    let lost = true;
    story = await openStory({
      workflow: (workflow) => ({
        ...workflow,
        start: async (...args) => (lost ? 'started' : workflow.start(...args)),
      }),
    });
    const key = await story.newKey();
    expect(refusalOf(await set(key.id))).toBe('still-working');
    lost = false;
    expectOk(await set(key.id));
    expectOk(await approve(key.id));
    expect(await rules(key.id)).toEqual([]);
  });

  it('that was on its way when a withdrawal was answered is never recorded', async () => {
    const { held, release } = await holding(records);
    const key = await story.newKey();
    const asked = set(key.id);
    await soon(held).toBe(1);
    expectOk(await unsetKeyForDeletion(story.context, await story.as('bob'), key.id, {}));
    release();
    expect(refusalOf(await asked)).toBe('stopped-meanwhile');
    expect(refusalOf(await approve(key.id))).toBe('nothing-pending');
    expect(await rules(key.id)).toEqual([]);
    expectOk(await set(key.id));
    expectOk(await approve(key.id));
  });
});

describe('while the key is about to be destroyed', () => {
  it.each<[string, (keyId: string) => Promise<unknown>, string]>([
    [
      'removing the approver',
      async () => {
        const bob = await story.as('bob');
        const two = { asks: bob, approves: await story.as('alice') };
        const mia = { email: 'mia@example.com', roles: ['Manager'] } as const;
        expectOk(await addByTwo(story.context, two, mia));
        expectOk(await removePerson(story.context, bob, 'alice@example.com'));
      },
      'void',
    ],
    [
      'removing the requester',
      async () => expectOk(await removePerson(story.context, await story.as('bob'), 'wendy@example.com')),
      'void',
    ],
    [
      'a withdrawal',
      async (keyId) => expectOk(await unsetKeyForDeletion(story.context, await story.as('wendy'), keyId, {})),
      'withdrawn',
    ],
  ])('%s keeps it', async (_, happens, status) => {
    const { held, release } = await holding(shreds);
    const key = await story.newKey();
    expectOk(await set(key.id));
    await decide(key.id);
    await soon(held).toBe(1);
    expect(refusalOf(await denyDeletion(story.context, await story.as('bob'), key.id, {}))).toBe(
      'already-decided',
    );
    await happens(key.id);
    release();
    await soon(async () => (await current(key.id)).status).toBe(status);
    expect(await state(key.id)).toBe(1);
    expect(await rules(key.id)).toEqual([]);
  });
});
