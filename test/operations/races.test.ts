import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { commitKeyChange } from '../../lib/operations/change.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { beginNextRound } from '../../lib/operations/reauthorize-deletion.ts';
import {
  loadAuthorization,
  type Reference,
  referenceOf,
} from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import { settleStep } from '../../lib/operations/steps/settle.ts';
import { currentAuthorization } from '../../lib/operations/transition.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import type { Store } from '../../lib/ports/store.ts';
import {
  type Actor,
  type Choose,
  type Ended,
  everyPreemption,
  everySchedule,
  type Granularity,
  interleave,
} from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { writeRequest } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, WINDOW } from '../support/story.ts';

let operations: Operations;

beforeAll(async () => {
  operations = await openOperations();
});

afterAll(() => operations.close());

/** Whether what was answered was a yes. */
type Answer = boolean;

interface Situation {
  readonly desk: Desk;
  readonly reference: Reference;
  readonly round: number;
}

const UNSET = 'kms.secrets.unsetkeyfordeletion';
/** By authorization: how many withdrawals the key had seen when it was asked for. */
const stopsSeen = new Map<string, number>();

/** Asks for the deletion as the execution's first step does, with what the key was when it was asked for. */
async function record(store: Store, desk: Desk, who: 'alice' | 'wendy') {
  const { instanceId, keyId } = desk;
  const key = await loadKey(store, instanceId, keyId);
  const authorizationId = randomUUID();
  const stopVersion = key?.stopVersion ?? 0;
  stopsSeen.set(authorizationId, stopVersion);
  const asked = { instanceId, keyId, authorizationId, requester: desk.id(who), twoPeople: true };
  const input = { ...asked, incarnation: 1, stopVersion };
  await writeRequest(operations.context, input);
  const progress = await recordAuthorization(operations.through(store), input);
  return { authorizationId, recorded: progress.status === 'pending' };
}

async function changeLoss(store: Store, { instanceId, keyId }: Desk): Promise<boolean> {
  const key = await loadKey(store, instanceId, keyId);
  return (
    key !== undefined &&
    commitKeyChange(operations.through(store), {
      key,
      now: operations.now,
      next: { lossVersion: key.lossVersion + 1 },
      events: [{ action: 'kms.policies.write', actor: 'somebody', outcome: 'success' }],
    })
  );
}

/** Everything that can happen to an authorization, each as one who does it. */
const ACTORS = {
  'alice approves': async ({ desk, reference, round }, store) => {
    const approver = await desk.person('alice', store);
    const approval = { ...reference, approver, round, decidedThrough: 'link' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  'bob approves': async ({ desk, reference }, store) => {
    const approver = await desk.person('bob', store);
    const current = await loadAuthorization(store, reference);
    const approval = { ...reference, approver, round: current?.round ?? 0, decidedThrough: 'api' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  'bob denies': async ({ desk, reference, round }, store) => {
    const by = await desk.person('bob', store);
    return (await recordDenial(operations.through(store), { ...reference, by, round, decidedThrough: 'api' }))
      .ok;
  },
  'wendy withdraws': async ({ desk }, store) => {
    const person = await desk.person('wendy', store);
    const caller = { ...(await desk.as('wendy')), person };
    return (await unsetKeyForDeletion(operations.through(store), caller, desk.keyId, {})).ok;
  },
  'alice asks anew': async ({ desk }, store) => (await record(store, desk, 'alice')).recorded,
  'time is looked at': async ({ reference }, store) => {
    await settleStep(operations.through(store), reference);
    return true;
  },
  'alice re-authorizes': async ({ desk, reference, round }, store) => {
    const by = await desk.person('alice', store);
    return (await beginNextRound(operations.through(store), { ...reference, by, round })).ok;
  },
  'alice is removed': async ({ desk }, store) => {
    const caller = await desk.as('bob');
    return (await removePerson(operations.through(store), caller, desk.id('alice'))).ok;
  },
  'wendy is removed': async ({ desk }, store) => {
    const caller = await desk.as('bob');
    return (await removePerson(operations.through(store), caller, desk.id('wendy'))).ok;
  },
  'the key is to be deleted': async ({ reference }, store) => {
    await deleteKeyStep(operations.through(store), reference);
    return true;
  },
  'what would be lost changes': ({ desk }, store) => changeLoss(store, desk),
} as const satisfies { readonly [name: string]: (situation: Situation, store: Store) => Promise<Answer> };

/** Where a race begins. */
const SITUATIONS = {
  pending: async () => {},
  overdue: async () => {
    operations.now += WINDOW * 1000;
  },
  lapsed: async ({ reference }) => {
    operations.now += WINDOW * 1000;
    await settleStep(operations.context, reference);
  },
  approved: async ({ desk, reference, round }) => {
    const approver = await desk.person('alice');
    expectOk(
      await approveDeletion(operations.context, { ...reference, approver, round, decidedThrough: 'api' }),
    );
  },
  drifted: async ({ desk, reference, round }) => {
    const approver = await desk.person('alice');
    await changeLoss(operations.context.store, desk);
    await approveDeletion(operations.context, { ...reference, approver, round, decidedThrough: 'api' });
  },
} as const satisfies { readonly [status: string]: (situation: Situation) => Promise<void> };

/** Who can change something then, or be refused by what another one changes. */
const CAN_HAPPEN = {
  pending: [
    'alice approves',
    'bob approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'alice is removed',
    'wendy is removed',
    'the key is to be deleted',
    'what would be lost changes',
  ],
  overdue: [
    'alice approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'time is looked at',
    'alice re-authorizes',
  ],
  lapsed: [
    'alice approves',
    'wendy withdraws',
    'alice asks anew',
    'time is looked at',
    'alice re-authorizes',
    'alice is removed',
    'what would be lost changes',
  ],
  approved: [
    'bob approves',
    'bob denies',
    'wendy withdraws',
    'alice asks anew',
    'time is looked at',
    'alice is removed',
    'wendy is removed',
    'the key is to be deleted',
    'what would be lost changes',
  ],
  drifted: ['wendy withdraws', 'alice asks anew', 'alice re-authorizes', 'what would be lost changes'],
} as const satisfies { readonly [status in keyof typeof SITUATIONS]: readonly (keyof typeof ACTORS)[] };

async function begin(status: keyof typeof SITUATIONS): Promise<Situation> {
  const desk = await operations.newDesk();
  const { authorizationId } = await record(operations.context.store, desk, 'wendy');
  const { instanceId, keyId } = desk;
  const situation = { desk, reference: { instanceId, keyId, authorizationId }, round: 1 };
  await SITUATIONS[status](situation);
  return situation;
}

const actorOf = (name: keyof typeof ACTORS, situation: Situation): Actor<Answer> => ({
  name,
  run: (store) => ACTORS[name](situation, store),
});

interface Race {
  readonly ended: readonly Ended<Answer>[];
  /** Who has committed something, in this order. */
  readonly order: readonly string[];
}

const saidYes = ({ ended }: Race, name: string): number =>
  ended.filter((one) => one.name === name && one.result === true).length;

/** Whether one committed something after another one had. */
const cameAfter = ({ order }: Race, late: string, early: string): boolean =>
  order.includes(early) && order.lastIndexOf(late) > order.indexOf(early);

/** The rules, and those that only the race itself knows of. */
async function wrongs({ desk }: Situation, race: Race): Promise<readonly string[]> {
  const { store } = operations.context;
  const broken = await brokenRules(store, desk);
  const { events } = await loadEvents(store, keyPartition(desk.instanceId, desk.keyId), { limit: 1000 });
  const actions = events.map(({ action }) => action);
  const unset = actions.lastIndexOf(UNSET);
  const afterUnset = unset < 0 ? [] : actions.slice(unset + 1);
  const stopsBefore = (sequence: number) =>
    events.filter((event) => event.sequence < sequence && event.action === UNSET).length;
  const outlived = events.some(
    ({ sequence, authorizationId = '' }) =>
      (stopsSeen.get(authorizationId) ?? Number.POSITIVE_INFINITY) < stopsBefore(sequence) &&
      actions[sequence - 1] === 'kms.secrets.setkeyfordeletion',
  );
  const approvals = actions.filter((action) => action === 'countersign.authorization.approve').length;
  return [
    ...broken,
    ...race.ended.flatMap(({ name, error }) => (error instanceof Error ? [`${name}: ${error.message}`] : [])),
    ...Object.entries({
      'a withdrawal was answered that left no event': saidYes(race, 'wendy withdraws') > 0 && unset < 0,
      'a deletion followed a withdrawal': afterUnset.includes('kms.secrets.delete'),
      'a request that was on its way outlived a withdrawal': outlived,
      'a deletion followed a denial':
        actions.includes('countersign.authorization.deny') && actions.includes('kms.secrets.delete'),
      'an approval was written after its approver was removed':
        saidYes(race, 'alice approves') > 0 && cameAfter(race, 'alice approves', 'alice is removed'),
      'an approval was written after its requester was removed':
        (saidYes(race, 'alice approves') > 0 && cameAfter(race, 'alice approves', 'wendy is removed')) ||
        (saidYes(race, 'bob approves') > 0 && cameAfter(race, 'bob approves', 'wendy is removed')),
      'a key was destroyed after one of the two was removed':
        actions.includes('kms.secrets.delete') &&
        (cameAfter(race, 'the key is to be deleted', 'alice is removed') ||
          cameAfter(race, 'the key is to be deleted', 'wendy is removed')),
      'two approvals were taken': approvals > 1,
      'an approval was answered that left no event':
        saidYes(race, 'alice approves') + saidYes(race, 'bob approves') > approvals,
    }).flatMap(([wrong, happened]) => (happened ? [wrong] : [])),
  ];
}

/** Carries out what stands then, as the execution would, and looks again. */
async function wrongsInTheEnd(situation: Situation, race: Race): Promise<readonly string[]> {
  const { context } = operations;
  const { instanceId, keyId } = situation.desk;
  const before = await loadKey(context.store, instanceId, keyId);
  const current = before && (await currentAuthorization(context.store, before));
  if (current !== undefined) await deleteKeyStep(context, referenceOf(current));
  const after = await loadKey(context.store, instanceId, keyId);
  const removed = (['alice', 'wendy'] as const)
    .filter((name) => saidYes(race, `${name} is removed`) > 0)
    .map((name) => situation.desk.id(name));
  const destroyedNow = before?.state !== DESTROYED && after?.state === DESTROYED;
  const byThem = current?.status === 'approved' ? [current.requester, current.approver] : [];
  const counted = destroyedNow && byThem.some((id) => removed.includes(id));
  return [...(await wrongs(situation, race)), ...(counted ? ['somebody who was removed counted'] : [])];
}

for (const status of ['pending', 'overdue', 'lapsed', 'approved', 'drifted'] as const) {
  const names: readonly (keyof typeof ACTORS)[] = CAN_HAPPEN[status];
  describe(`while a deletion is ${status}, in every order`, () => {
    const pairs = names.flatMap((first, i) => names.slice(i).map((second) => [first, second] as const));
    it.each(pairs)('%s and %s: no rule is broken', async (first, second) => {
      const failures = new Set<string>();
      const once = (granularity: Granularity) => async (choose: Choose) => {
        const situation = await begin(status);
        const actors = [actorOf(first, situation), actorOf(second, situation)];
        const race = await interleave(actors, operations.context.store, { choose, granularity });
        for (const wrong of await wrongs(situation, race)) failures.add(wrong);
        for (const wrong of await wrongsInTheEnd(situation, race)) failures.add(wrong);
      };
      const tried = (await everySchedule(once('every-commit'))) + (await everyPreemption(once('every-call')));
      expect([...failures]).toEqual([]);
      expect(tried).toBeGreaterThan(10);
    });
  });
}
