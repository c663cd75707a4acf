import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../lib/domain/change-request.ts';
import { addByOperator } from '../../lib/operations/add-by-operator.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { approveChange, denyChange, withdrawChange } from '../../lib/operations/decide-change.ts';
import { expireChange } from '../../lib/operations/expire-change.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { changeItem, loadChange } from '../../lib/operations/records/change-request.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition, loadInstance } from '../../lib/operations/records/instance.ts';
import { loadPerson } from '../../lib/operations/records/person.ts';
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
import {
  type Desk,
  type Name,
  type Operations,
  openOperations,
  operationsOn,
} from '../support/operations.ts';
import { type RewindableStore, rewindable } from '../support/rewindable-store.ts';
import { openDynamodbStore } from '../support/stores.ts';
import { expectOk } from '../support/story.ts';

const dynamodb = await openDynamodbStore();
const sqlite = await openOperations();
afterAll(async () => {
  sqlite.close();
  await dynamodb?.close();
});

/** Alice has asked that dan becomes a Manager. */
interface Situation {
  readonly operations: Operations;
  readonly desk: Desk;
  readonly store: RewindableStore;
  readonly dan: string;
  readonly request: { readonly id: string; readonly digest: string; readonly windowEndsAt: number };
  again(): Promise<void>;
}

async function begin(operations: Operations): Promise<Situation> {
  const desk = await operations.newDesk();
  const store = rewindable(operations.context.store);
  const dan = { email: 'dan@example.com', roles: ['Manager', 'Writer'] } as const;
  const { person, waits } = expectOk(await addPerson(operations.context, await desk.as('alice'), dan));
  if (waits === undefined) throw new Error('nothing waits');
  operations.now += 1;
  const { now } = operations;
  const again = async () => {
    operations.now = now;
    await store.rewind();
  };
  return { operations, desk, store, dan: person.id, request: waits, again };
}

type Act = (situation: Situation, store: Store) => Promise<boolean>;

/** A caller as they were when their call came: the operations read them again. */
const as = async ({ desk }: Situation, name: Name) => desk.as(name);

const approves =
  (name: Name): Act =>
  async (situation, store) =>
    (await approveChange(situation.operations.through(store), await as(situation, name), situation.request))
      .ok;

const removes =
  (whom: (situation: Situation) => string): Act =>
  async (situation, store) =>
    (await removePerson(situation.operations.through(store), await as(situation, 'carol'), whom(situation)))
      .ok;

const ACTORS = {
  'bob approves': approves('bob'),
  'carol approves': approves('carol'),
  'carol denies': async (situation, store) =>
    (await denyChange(situation.operations.through(store), await as(situation, 'carol'), situation.request))
      .ok,
  'carol did not expect it': async (situation, store) => {
    const denial = { id: situation.request.id, unexpected: true };
    return (await denyChange(situation.operations.through(store), await as(situation, 'carol'), denial)).ok;
  },
  'alice withdraws': async (situation, store) =>
    (
      await withdrawChange(
        situation.operations.through(store),
        await as(situation, 'alice'),
        situation.request,
      )
    ).ok,
  'bob is removed': removes(({ desk }) => desk.id('bob')),
  'alice is removed': removes(({ desk }) => desk.id('alice')),
  'alice is frozen': async (situation, store) => {
    const { operations, desk } = situation;
    const frozen = { status: 'frozen' } as const;
    return (
      await changePerson(operations.through(store), await as(situation, 'carol'), desk.id('alice'), frozen)
    ).ok;
  },
  'dan is removed': removes(({ dan }) => dan),
  'dan gets another address': async (situation, store) => {
    const { operations, dan } = situation;
    const moved = { email: 'eve@example.com' };
    const changed = await changePerson(operations.through(store), await as(situation, 'carol'), dan, moved);
    return changed.ok && changed.value.waits === undefined;
  },
  'the operator makes dan a Manager': async ({ operations, desk }, store) => {
    const dan = { instanceId: desk.instanceId, email: 'dan@example.com', roles: ['Manager'] } as const;
    return (await addByOperator(operations.through(store), dan)).ok;
  },
  'the time runs out': async ({ operations, desk, request }, store) => {
    operations.now = request.windowEndsAt;
    const found = await loadChange(store, desk.instanceId, request.id);
    if (found !== undefined) await expireChange(operations.through(store), changeItem(found));
    return true;
  },
} as const satisfies { readonly [name: string]: Act };
type ActorName = keyof typeof ACTORS;
const NAMES = Object.keys(ACTORS) as readonly ActorName[];

/** What the chain must not have before an approval, each as the event that tells of it. */
const STOPS: { readonly [action: string]: readonly ('alice' | 'bob' | 'dan')[] } = {
  'countersign.people.remove': ['alice', 'bob', 'dan'],
  'countersign.people.change': ['alice', 'dan'],
  'countersign.people.freeze-requests': ['alice'],
};

async function wrongsOf(situation: Situation): Promise<readonly string[]> {
  const { desk, store, dan, request } = situation;
  const { events } = await loadEvents(store, instancePartition(desk.instanceId), { limit: 1000 });
  const current = await loadChange(store, desk.instanceId, request.id);
  const person = await loadPerson(store, desk.instanceId, dan);
  const ofRequest = (action: string) =>
    events.filter(
      (one) => one.action === action && one.outcome === 'success' && one.data?.changeRequest === request.id,
    );
  const [approval] = ofRequest('countersign.change-requests.approve');
  const effect = ofRequest('countersign.people.change');
  const byOperator = events.some(({ data }) => data?.byOperator === true);
  const ends = events.filter(({ action }) => /change-requests\.(approve|deny|withdraw|drift)$/.test(action));
  const before = approval === undefined ? [] : events.filter(({ sequence }) => sequence < approval.sequence);
  const ids = { alice: desk.id('alice'), bob: desk.id('bob'), dan };
  const stopped = before.some(({ action, data }) =>
    (STOPS[action] ?? []).some(
      (who) => data?.person === ids[who] && (who !== 'bob' || approval?.actor === ids.bob),
    ),
  );
  const wasMade = person?.roles.Manager !== undefined;
  const wrong = {
    'the chain is broken': firstBrokenLink(events, sha256) !== undefined,
    'it ended more than once': ends.filter(({ outcome }) => outcome === 'success').length > 1,
    'it was approved after what stops it': stopped,
    'it was approved by who asked': approval !== undefined && approval.actor === ids.alice,
    'approved without its effect': (current?.status === 'approved') !== (effect.length === 1),
    'its effect without an approval': effect.length > 0 && approval === undefined,
    'a Manager whom nobody approved':
      wasMade && current?.status !== 'approved' && !byOperator && person?.status !== 'removed',
    'an approved one that is none':
      current?.status === 'approved' && !wasMade && person?.status !== 'removed',
    'it waits and is not in the list':
      current?.status === 'pending' &&
      !(await loadInstance(store, desk.instanceId))?.openChanges?.includes(request.id),
  };
  return Object.entries(wrong).flatMap(([what, is]) => (is ? [what] : []));
}

async function everyOrder(situation: Situation, names: readonly ActorName[], preempted: boolean) {
  const wrongs = new Set<string>();
  const statuses = new Set<ChangeStatus>();
  const yes = new Set<ActorName>();
  const once = (granularity: Granularity) => async (choose: Choose) => {
    const actors = names.map(
      (name): Actor<boolean> => ({
        name,
        ...(name !== 'the time runs out' && { onlyTheStore: true }),
        run: (store) => ACTORS[name](situation, store),
      }),
    );
    const race = await interleave(actors, situation.store, { choose, granularity });
    if (!race.repeats) {
      for (const { name, error, result } of race.ended) {
        if (error instanceof Error) wrongs.add(`${name}: ${error.message}`);
        if (result === true) yes.add(name as ActorName);
      }
      for (const wrong of await wrongsOf(situation)) wrongs.add(`${wrong} (${race.order.join(', ')})`);
      const both = race.ended.filter(({ name, result }) => result === true && /approves/.test(name));
      if (both.length > 1) wrongs.add(`two approvals were answered with a yes (${race.order.join(', ')})`);
      const end = await loadChange(situation.store, situation.desk.instanceId, situation.request.id);
      if (end !== undefined) statuses.add(end.status);
    }
    await situation.again();
  };
  await everySchedule(once('every-commit'));
  if (preempted) await everyPreemption(once('every-call'));
  return { wrongs: [...wrongs], statuses, yes };
}

const OTHERS = NAMES.filter((name) => name !== 'bob approves');
const seen = new Set<ChangeStatus>();
const gotTheirWay = new Set<ActorName>();

describe('a change request that bob approves while, in every order', () => {
  let situation: Situation;
  beforeAll(async () => {
    situation = await begin(sqlite);
  });

  it.each(OTHERS)('%s: it is approved by two people who count, or not at all', async (other) => {
    const { wrongs, statuses, yes } = await everyOrder(situation, ['bob approves', other], true);
    expect(wrongs).toEqual([]);
    expect([...statuses]).toContain('approved');
    for (const status of statuses) seen.add(status);
    for (const name of yes) gotTheirWay.add(name);
  });

  it('it is approved as well', async () => {
    expect((await everyOrder(situation, ['bob approves', 'bob approves'], true)).statuses).toEqual(
      new Set(['approved']),
    );
  });
});

it('everybody gets their way in some order, and it comes to every end', () => {
  expect([...gotTheirWay].sort()).toEqual([...NAMES].sort());
  expect([...seen].sort()).toEqual(['approved', 'denied', 'drifted', 'expired', 'pending', 'withdrawn']);
});

describe.skipIf(dynamodb === undefined)('the same on DynamoDB, in every order of commits', () => {
  it.each(['carol approves', 'alice withdraws', 'bob is removed', 'dan gets another address'] as const)(
    '%s',
    async (other) => {
      if (dynamodb === undefined) throw new Error('there is no DynamoDB');
      const situation = await begin(operationsOn(dynamodb.store));
      const { wrongs, statuses } = await everyOrder(situation, ['bob approves', other], false);
      expect(wrongs).toEqual([]);
      expect([...statuses]).toContain('approved');
    },
    60_000,
  );
});
