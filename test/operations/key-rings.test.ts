import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PURGE_NOT_BEFORE } from '../../lib/domain/destruction.ts';
import { grantsOf, type Person } from '../../lib/domain/person.ts';
import { grantName } from '../../lib/domain/person-change.ts';
import type { Decision } from '../../lib/domain/refusal.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { approveChange } from '../../lib/operations/decide-change.ts';
import { createKeyRing, deleteKeyRing } from '../../lib/operations/key-rings.ts';
import { moveKey } from '../../lib/operations/move-key.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { purgeKey } from '../../lib/operations/purge-key.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { storedKeys } from '../../lib/operations/records/key-list.ts';
import { loadKeyRing } from '../../lib/operations/records/key-ring.ts';
import { loadPeople, personItem, personKey } from '../../lib/operations/records/person.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import type { Store, Write } from '../../lib/ports/store.ts';
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

describe('roles on a ring', () => {
  const WENDY = 'wendy@example.com';
  const onRing = (role: 'Reader' | 'Manager') => ({ role, keyRing: RING });
  const change = async (request: Parameters<typeof changePerson>[3], at = desk) =>
    expectOk(await changePerson(operations.context, await at.as('alice'), WENDY, request));
  const ring = async (what: typeof createKeyRing | 'delete', at = desk) => {
    const alice = await at.as('alice');
    return what === 'delete'
      ? deleteKeyRing(operations.context, alice, { id: RING, force: false })
      : what(operations.context, alice, RING);
  };
  const namesOf = (person: Person) => grantsOf(person).map(grantName);
  /** Those of everybody. */
  const held = async (at = desk) =>
    (await loadPeople(operations.context.store, at.instanceId)).flatMap(namesOf);
  const newest = async () => {
    const partition = instancePartition(desk.instanceId);
    const { events } = await loadEvents(operations.context.store, partition, { limit: 1_000 });
    return events.slice(-2).map(({ action, data }) => [action, data?.revoked]);
  };

  test('end with the ring, in its write and with an event, and another ring of its id is nobody’s', async () => {
    expectOk(await ring(createKeyRing));
    await change({ grant: [onRing('Reader'), { role: 'Reader', key: desk.keyId }] });
    await change({ status: 'frozen' });
    expectOk(await ring('delete'));
    expect(await newest()).toEqual([
      ['countersign.people.change', `Reader@ring:${RING}`],
      ['kms.key-rings.delete', undefined],
    ]);
    expectOk(await ring(createKeyRing));
    expect(namesOf(await desk.person('wendy'))).toEqual(['Writer', `Reader@key:${desk.keyId}`]);
  });

  test('of more people than one transaction has room for end before the ring does', async () => {
    expectOk(await ring(createKeyRing));
    const reader = expectOk(
      await addPerson(operations.context, await desk.as('alice'), {
        email: 'reader@example.com',
        roles: [],
        grants: [onRing('Reader')],
      }),
    ).person;
    const others = Array.from({ length: 95 }, (_, i): Write => {
      const one = { ...reader, id: `${reader.id}-${i}`, email: `reader${i}@example.com` };
      return { put: personItem(one), when: [] };
    });
    await operations.context.store.commit(others);
    const { store } = operations.context;
    const sizes: number[] = [];
    const counting: Store = {
      ...store,
      commit: (writes) => {
        sizes.push(writes.length);
        return store.commit(writes);
      },
    };
    const alice = await desk.as('alice');
    expectOk(await deleteKeyRing(operations.through(counting), alice, { id: RING, force: false }));
    expect(sizes).toEqual([92, 92, 15]);
    expect(await held()).not.toContain(`Reader@ring:${RING}`);
  });

  test('that an earlier version has left behind end when a ring of its id is made', async () => {
    const { store } = operations.context;
    const wendy = await desk.person('wendy');
    const grants = [{ role: 'Manager', on: { keyRing: RING }, grantedAt: 1 }] as const;
    await store.commit([{ put: personItem({ ...wendy, grants }), when: [] }]);
    expectOk(await ring(createKeyRing));
    expect(await newest()).toEqual([
      ['countersign.people.change', `Manager@ring:${RING}`],
      ['kms.key-rings.create', undefined],
    ]);
    expect(await held()).not.toContain(`Manager@ring:${RING}`);
  });

  test.each([
    ['gone', false],
    ['another one by then', true],
  ])('are not given by a change request whose ring is %s', async (_, again) => {
    expectOk(await ring(createKeyRing));
    operations.now += 1;
    const { waits } = await change({ grant: [onRing('Manager')] });
    expectOk(await ring('delete'));
    if (again) expectOk(await ring(createKeyRing));
    const approval = { id: waits?.id ?? '', digest: waits?.digest ?? '' };
    const approved = await approveChange(operations.context, await desk.as('bob'), approval);
    expect(refusalOf(approved)).toBe('change-drifted');
    expect(await held()).not.toContain(`Manager@ring:${RING}`);
  });

  test('are given before the ring is deleted or not at all, in every order', async () => {
    const outcomes = new Set<string>();
    const once = (granularity: 'every-commit' | 'every-call') => async (choose: Choose) => {
      const at = await operations.newDesk();
      expectOk(await ring(createKeyRing, at));
      const alice = await at.as('alice');
      const granting: Actor<Ended> = {
        name: 'granting',
        run: (store) => changePerson(operations.through(store), alice, WENDY, { grant: [onRing('Reader')] }),
      };
      const actors = [await ACTORS.deleting(at), granting];
      const { ended } = await interleave(actors, operations.context.store, { choose, granularity });
      const [deleted, granted] = ended.map(({ result }) => result?.ok);
      expect(deleted).toBe(true);
      expect(await held(at)).not.toContain(`Reader@ring:${RING}`);
      outcomes.add(granted ? 'granted' : 'refused');
    };
    const orders = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
    expect(orders).toBeGreaterThan(8);
    expect([...outcomes].sort()).toEqual(['granted', 'refused']);
  });
});
