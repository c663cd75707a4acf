import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { denyDeletion, recordDenial } from '../../lib/operations/deny-deletion.ts';
import { beginNextRound, reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { loadAuthorization, type Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import { settleStep } from '../../lib/operations/steps/settle.ts';
import { liftRequestsFreeze } from '../../lib/operations/unexpected.ts';
import type { Store } from '../../lib/ports/store.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import {
  type Actor,
  type Choose,
  everyPreemption,
  everySchedule,
  type Granularity,
  interleave,
} from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask, writeRequest } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf, WINDOW } from '../support/story.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

/** A desk with two keys: Wendy asks for the deletion of both, and Bob does not expect the first. */
async function twoKeys(): Promise<{ readonly desk: Desk; readonly other: Desk; readonly first: Reference }> {
  const desk = await operations.newDesk();
  const asked = { name: 'other', extractable: false };
  const { key } = expectOk(await createKey(operations.context, await desk.as('alice'), asked));
  const first = await ask(operations.context, desk);
  return { desk, other: { ...desk, keyId: key.id }, first };
}

const unexpectedBy = async (desk: Desk, reference: Reference, store: Store = operations.context.store) => {
  const by = await desk.person('bob', store);
  const denial = { ...reference, by, round: 1, decidedThrough: 'link', unexpected: true } as const;
  return recordDenial(operations.through(store), denial);
};

const approveOf = async (desk: Desk, reference: Reference, store: Store = operations.context.store) => {
  const approver = await desk.person('alice', store);
  const current = await loadAuthorization(store, reference);
  const round = current?.round ?? 0;
  return approveDeletion(operations.through(store), { ...reference, approver, round, decidedThrough: 'api' });
};

const isDestroyed = async ({ instanceId, keyId }: Desk) =>
  (await loadKey(operations.context.store, instanceId, keyId))?.state === DESTROYED;

const lapse = async (reference: Reference) => {
  operations.now += WINDOW * 1000;
  await settleStep(operations.context, reference);
};

interface Situation {
  readonly desk: Desk;
  readonly other: Desk;
  readonly second: Reference;
}

type Step = (situation: Situation, store: Store) => Promise<boolean>;

/** What can happen to the other key at that moment, and where it begins. */
const RACES: readonly (readonly [string, (second: Reference, desk: Desk) => Promise<void>, Step])[] = [
  [
    'is approved',
    async () => {},
    async ({ desk, second }, store) => (await approveOf(desk, second, store)).ok,
  ],
  [
    'is to be deleted',
    async (second, desk) => approveAsAlice(operations.context, desk, second),
    async ({ second }, store) =>
      (await deleteKeyStep(operations.through(store), second)).status === 'consumed',
  ],
  [
    'is re-authorized by the same person',
    lapse,
    async ({ desk, second }, store) => {
      const by = await desk.person('wendy', store);
      return (await beginNextRound(operations.through(store), { ...second, by, round: 1 })).ok;
    },
  ],
  [
    'is re-authorized by another person',
    lapse,
    async ({ desk, second }, store) => {
      const by = await desk.person('alice', store);
      return (await beginNextRound(operations.through(store), { ...second, by, round: 1 })).ok;
    },
  ],
  [
    'is asked for anew by the same person',
    lapse,
    async ({ other }, store) => (await recordAnew(other, store)) === 'pending',
  ],
];

async function recordAnew(desk: Desk, store: Store, askedAgo = 0): Promise<string> {
  const { instanceId, keyId } = desk;
  const key = await loadKey(store, instanceId, keyId);
  const asked = {
    instanceId,
    keyId,
    authorizationId: randomUUID(),
    requester: desk.id('wendy'),
    twoPeople: true,
  };
  const input = { ...asked, incarnation: 1, stopVersion: key?.stopVersion ?? 0 };
  operations.now -= askedAgo;
  await writeRequest(operations.context, input);
  operations.now += askedAgo;
  return (await recordAuthorization(operations.through(store), input)).status;
}

describe('while one request was not expected, in every order', () => {
  it.each(RACES)(
    'another key of the same requester %s: nothing of it comes after the answer',
    async (_, begin, step) => {
      const failures = new Set<string>();
      const once = (granularity: Granularity) => async (choose: Choose) => {
        const { desk, other, first } = await twoKeys();
        const second = await ask(operations.context, other);
        await begin(second, desk);
        // The first key's window may have gone by as well: it is asked for again, so that there is something to deny.
        const again = await loadAuthorization(operations.context.store, first);
        const denied =
          again?.windowEndsAt !== undefined && operations.now >= again.windowEndsAt
            ? await ask(operations.context, desk)
            : first;
        const actors: readonly Actor<boolean>[] = [
          { name: 'bob', run: async (store) => (await unexpectedBy(desk, denied, store)).ok },
          { name: 'step', run: (store) => step({ desk, other, second }, store) },
        ];
        const { ended, order } = await interleave(actors, operations.context.store, { choose, granularity });
        const yes = (name: string) => ended.some((one) => one.name === name && one.result === true);
        for (const { error } of ended) if (error instanceof Error) failures.add(error.message);
        if (!yes('bob')) failures.add('the denial was not taken');
        if (yes('step') && order.lastIndexOf('step') > order.indexOf('bob'))
          failures.add('it came after the answer');
        const before = await isDestroyed(other);
        const key = await loadKey(operations.context.store, other.instanceId, other.keyId);
        const current = { ...second, authorizationId: key?.authorizationId ?? '' };
        if ((await approveOf(desk, current)).ok) failures.add('it was approved afterwards');
        if (key?.authorizationId !== undefined) await deleteKeyStep(operations.context, current);
        if (!before && (await isDestroyed(other))) failures.add('the key was destroyed afterwards');
        for (const one of [desk, other]) {
          for (const broken of await brokenRules(operations.context.store, one)) failures.add(broken);
        }
      };
      const tried = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
      expect([...failures]).toEqual([]);
      expect(tried).toBeGreaterThan(5);
    },
  );
});

describe('"I did not expect this"', () => {
  it('denies, stops the requester, tells everybody, and leaves an event in both chains', async () => {
    const { desk, first } = await twoKeys();
    const denied = expectOk(await unexpectedBy(desk, first));
    expect(denied).toMatchObject({ status: 'denied', unexpected: true, endedBy: desk.id('bob') });
    const wendy = await desk.person('wendy');
    expect(wendy.requestsFrozenAt).toBe(operations.now);
    const partition = instancePartition(desk.instanceId);
    const { events } = await loadEvents(operations.context.store, partition, { limit: 100 });
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
    expect(events.at(-1)).toMatchObject({
      action: 'countersign.people.freeze-requests',
      actor: desk.id('bob'),
      data: { person: desk.id('wendy'), keyId: desk.keyId },
    });
  });

  it('stops approvals, destructions, rounds and new requests of that person alone', async () => {
    const { desk, other, first } = await twoKeys();
    const second = await ask(operations.context, other);
    expectOk(await unexpectedBy(desk, first));
    expect(refusalOf(await approveOf(desk, second))).toBe('requests-frozen');
    expect(
      refusalOf(await setKeyForDeletion(operations.context, await desk.as('wendy'), desk.keyId, {})),
    ).toBe('requests-frozen');
    await lapse(second);
    for (const name of ['wendy', 'alice'] as const) {
      const done = await reauthorizeDeletion(operations.context, await desk.as(name), other.keyId, {});
      expect(refusalOf(done)).toBe('requests-frozen');
    }
    // Somebody else asks: a new request, of their own.
    await ask(operations.context, other, 'alice');
  });

  it('is lifted by a Manager who is not stopped, and revives nothing', async () => {
    const { desk, other, first } = await twoKeys();
    const second = await ask(operations.context, other);
    expectOk(await unexpectedBy(desk, first));
    const { context } = operations;
    const wendy = 'wendy@example.com';
    expect(refusalOf(await liftRequestsFreeze(context, await desk.as('wendy'), wendy))).toBe('access-denied');
    expect(refusalOf(await liftRequestsFreeze(context, await desk.as('alice'), 'nobody@example.com'))).toBe(
      'person-not-found',
    );
    operations.now += 1_000;
    expectOk(await liftRequestsFreeze(context, await desk.as('alice'), wendy));
    expectOk(await liftRequestsFreeze(context, await desk.as('alice'), wendy));
    expect(refusalOf(await approveOf(desk, second))).toBe('requests-frozen');
    operations.now += 1_000;
    // Written down before the freeze, and begun only now.
    expect(await recordAnew(other, context.store, 5_000)).toBe('not-recorded');
    const anew = await ask(context, other);
    operations.now += 1;
    expectOk(await approveOf(desk, anew));
    await deleteKeyStep(context, anew);
    expect(await isDestroyed(other)).toBe(true);
  });

  it('a second time stops whoever was let go before', async () => {
    const { desk, first } = await twoKeys();
    expectOk(await unexpectedBy(desk, first));
    operations.now += 1_000;
    expectOk(await liftRequestsFreeze(operations.context, await desk.as('alice'), 'wendy@example.com'));
    operations.now += 1_000;
    expectOk(await unexpectedBy(desk, await ask(operations.context, desk)));
    expect(await recordAnew(desk, operations.context.store)).toBe('not-recorded');
  });

  it('a Manager who finds their own request forged stops themselves, and does not let themselves go', async () => {
    const desk = await operations.newDesk();
    await ask(operations.context, desk, 'alice');
    const alice = await desk.as('alice');
    expectOk(await denyDeletion(operations.context, alice, desk.keyId, { unexpected: true }));
    expect((await desk.person('alice')).requestsFrozenAt).toBe(operations.now);
    expect(refusalOf(await liftRequestsFreeze(operations.context, alice, 'alice@example.com'))).toBe(
      'own-freeze',
    );
  });

  it('comes too late for what was decided, and stops nobody then', async () => {
    const { desk, first } = await twoKeys();
    await approveAsAlice(operations.context, desk, first);
    expect(refusalOf(await unexpectedBy(desk, first))).toBe('already-decided');
    expect((await desk.person('wendy')).requestsFrozenAt).toBeUndefined();
  });
});
