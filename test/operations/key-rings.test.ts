import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PURGE_NOT_BEFORE } from '../../lib/domain/destruction.ts';
import type { Decision } from '../../lib/domain/refusal.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { createKeyRing, deleteKeyRing } from '../../lib/operations/key-rings.ts';
import { moveKey } from '../../lib/operations/move-key.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { purgeKey } from '../../lib/operations/purge-key.ts';
import { storedKeys } from '../../lib/operations/records/key-list.ts';
import { loadKeyRing } from '../../lib/operations/records/key-ring.ts';
import { personKey } from '../../lib/operations/records/person.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import type { Store } from '../../lib/ports/store.ts';
import {
  type Actor,
  type Choose,
  everyPreemption,
  everySchedule,
  interleave,
} from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const RING = 'ring';

let operations: Operations;
let desk: Desk;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());
beforeEach(async () => {
  desk = await operations.newDesk();
});

type Ended = Decision<unknown>;

/** What each of them does to the ring, as somebody of this desk. */
const ACTORS = {
  deleting: async (at: Desk): Promise<Actor<Ended>> => {
    const caller = await at.as('alice');
    return {
      name: 'deleting',
      run: (store) => deleteKeyRing(operations.through(store), caller, { id: RING, force: true }),
    };
  },
  creating: async (at: Desk): Promise<Actor<Ended>> => {
    const caller = { ...(await at.as('wendy')), keyRingId: RING };
    return {
      name: 'creating',
      run: (store) => createKey(operations.through(store), caller, { name: 'new', extractable: false }),
    };
  },
  moving: async (at: Desk): Promise<Actor<Ended>> => {
    const caller = await at.as('bob');
    return {
      name: 'moving',
      run: (store) => moveKey(operations.through(store), caller, { idOrAlias: at.keyId, keyRingId: RING }),
    };
  },
} as const;

/** The keys that say that they are in the ring. */
async function keysInRing({ instanceId }: Desk): Promise<number> {
  let count = 0;
  const lists = [{ instanceId, state: 1 }] as const;
  const { store } = operations.context;
  for await (const key of storedKeys(store, lists, { descending: false, atOnce: 100 })) {
    if (key.keyRingId === RING) count += 1;
  }
  return count;
}

describe.each([['creating'], ['moving']] as const)('deleting a ring while %s a key', (name) => {
  const outcomes = new Set<string>();
  const once = (granularity: 'every-commit' | 'every-call') => async (choose: Choose) => {
    const at = await operations.newDesk();
    expectOk(await createKeyRing(operations.context, await at.as('alice'), RING));
    const actors = [await ACTORS.deleting(at), await ACTORS[name](at)];
    const { ended } = await interleave(actors, operations.context.store, { choose, granularity });
    expect(ended.map(({ error }) => error)).toEqual([undefined, undefined]);
    const [deleted, came] = ended.map(({ result }) => result?.ok);
    expect(deleted).toBe(!came);
    const ring = await loadKeyRing(operations.context.store, at.instanceId, RING);
    expect([ring?.keyCount ?? 'gone', await keysInRing(at)]).toEqual(came ? [1, 1] : ['gone', 0]);
    outcomes.add(came ? 'came' : 'deleted');
  };

  test('one of the two happens, in every order', async () => {
    const orders = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
    expect(orders).toBeGreaterThan(8);
    expect([...outcomes].sort()).toEqual(['came', 'deleted']);
  });
});

test('whoever is removed while their call is on its way makes no ring', async () => {
  const { context } = operations;
  const wendy = await desk.as('wendy');
  const alice = await desk.as('alice');
  let removed = false;
  const store: Store = {
    ...context.store,
    get: async (key) => {
      const item = await context.store.get(key);
      if (removed || key.sort !== personKey(desk.instanceId, desk.id('wendy')).sort) return item;
      removed = true;
      expectOk(await removePerson(context, alice, 'wendy@example.com'));
      return item;
    },
  };
  expect(refusalOf(await createKeyRing(operations.through(store), wendy, RING))).toBe('access-denied');
  expect([removed, await loadKeyRing(context.store, desk.instanceId, RING)]).toEqual([true, undefined]);
});

test('a key that is purged while its ring is emptied is counted out once', async () => {
  const { context } = operations;
  const alice = await desk.as('alice');
  expectOk(await createKeyRing(context, alice, RING));
  expectOk(await moveKey(context, alice, { idOrAlias: desk.keyId, keyRingId: RING }));
  const reference = await ask(context, desk);
  await approveAsAlice(context, desk, reference);
  await deleteKeyStep(context, reference);
  operations.now += PURGE_NOT_BEFORE;
  const carol = await desk.as('carol');
  let purged = false;
  // The list of destroyed keys still has the one that is purged after it was read.
  const store: Store = {
    ...context.store,
    query: async (query) => {
      const page = await context.store.query(query);
      if (query.index !== 'list' || purged) return page;
      purged = true;
      expectOk(await purgeKey(context, carol, desk.keyId));
      return page;
    },
  };
  expectOk(await deleteKeyRing(operations.through(store), alice, { id: RING, force: true }));
  expect(await loadKeyRing(context.store, desk.instanceId, RING)).toBeUndefined();
});

test('a ring that was emptied by moving its keys counts none', async () => {
  const { context } = operations;
  const alice = await desk.as('alice');
  expectOk(await createKeyRing(context, alice, RING));
  const moved = { idOrAlias: desk.keyId, keyRingId: RING };
  expectOk(await moveKey(context, alice, moved));
  expectOk(await moveKey(context, alice, moved));
  expect((await loadKeyRing(context.store, desk.instanceId, RING))?.keyCount).toBe(1);
  expectOk(await moveKey(context, alice, { idOrAlias: desk.keyId, keyRingId: 'default' }));
  expect((await loadKeyRing(context.store, desk.instanceId, RING))?.keyCount).toBe(0);
  expectOk(await deleteKeyRing(context, await desk.as('alice'), { id: RING, force: false }));
});
