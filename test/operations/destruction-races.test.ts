import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIVE, DESTROYED } from '../../lib/domain/key.ts';
import { HOUR, SECOND } from '../../lib/domain/time.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { finishDestruction } from '../../lib/operations/finish-destruction.ts';
import { loadMaterial } from '../../lib/operations/material.ts';
import { purgeKey } from '../../lib/operations/purge-key.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../lib/operations/records/key.ts';
import { restoreKey } from '../../lib/operations/restore-key.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../lib/operations/steps/record-authorization.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import type { Store } from '../../lib/ports/store.ts';
import {
  type Actor,
  type Choose,
  everyPreemption,
  everySchedule,
  type Granularity,
  interleave,
} from '../support/interleavings.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { writeRequest } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, RESTORE_WINDOW } from '../support/story.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

interface Situation {
  readonly desk: Desk;
  /** What destroyed the key. */
  readonly reference: Reference;
  /** What was asked for before the deletion, and reaches its first step now. */
  readonly late: Reference;
  readonly restoreUntil: number;
}

/** A key that two people have destroyed, five hours ago. */
async function begin(): Promise<Situation> {
  const { context } = operations;
  const desk = await operations.newDesk();
  const { instanceId, keyId } = desk;
  const ask = async () => {
    const reference = { instanceId, keyId, authorizationId: randomUUID() };
    const asked = {
      ...reference,
      requester: desk.id('wendy'),
      twoPeople: true,
      incarnation: 1,
      stopVersion: 0,
    };
    await writeRequest(context, asked);
    return { reference, asked };
  };
  const { reference, asked } = await ask();
  const late = await ask();
  await recordAuthorization(context, asked);
  const approver = await desk.person('alice');
  expectOk(await approveDeletion(context, { ...reference, approver, round: 1, decidedThrough: 'api' }));
  await deleteKeyStep(context, reference);
  const restoreUntil = operations.now + RESTORE_WINDOW * SECOND;
  operations.now += 5 * HOUR;
  return { desk, reference, late: late.reference, restoreUntil };
}

const restores = async (name: 'alice' | 'bob', { desk }: Situation, store: Store) =>
  (await restoreKey(operations.through(store), await desk.as(name), desk.keyId)).ok;
const purges = async ({ desk }: Situation, store: Store) =>
  (await purgeKey(operations.through(store), await desk.as('carol'), desk.keyId)).ok;

const ACTORS = {
  'alice restores': (situation, store) => restores('alice', situation, store),
  'bob restores': (situation, store) => restores('bob', situation, store),
  'carol purges': purges,
  'carol purges again': purges,
  'the window ends, and the sweeper comes': async ({ desk, restoreUntil }, store) => {
    operations.now = Math.max(operations.now, restoreUntil);
    return (
      await finishDestruction(operations.through(store), { instanceId: desk.instanceId, id: desk.keyId })
    ).ok;
  },
  'another sweeper comes': async ({ desk }, store) =>
    (await finishDestruction(operations.through(store), { instanceId: desk.instanceId, id: desk.keyId })).ok,
  'a request from before the deletion is recorded': async ({ late, desk }, store) => {
    const asked = { ...late, requester: desk.id('wendy'), twoPeople: true, incarnation: 1, stopVersion: 0 };
    return (await recordAuthorization(operations.through(store), asked)).status === 'pending';
  },
  'wendy withdraws': async ({ desk }, store) =>
    (await unsetKeyForDeletion(operations.through(store), await desk.as('wendy'), desk.keyId, {})).ok,
  'bob approves': async ({ desk, reference }, store) => {
    const approver = await desk.person('bob', store);
    const approval = { ...reference, approver, round: 1, decidedThrough: 'link' } as const;
    return (await approveDeletion(operations.through(store), approval)).ok;
  },
  'the deleting step is run again': async ({ reference }, store) => {
    await deleteKeyStep(operations.through(store), reference);
    return true;
  },
} as const satisfies { readonly [name: string]: (situation: Situation, store: Store) => Promise<boolean> };
type ActorName = keyof typeof ACTORS;

async function wrongs({ desk }: Situation, yes: ReadonlySet<string>): Promise<readonly string[]> {
  const { store } = operations.context;
  const key = await loadKey(store, desk.instanceId, desk.keyId);
  if (key === undefined) return ['the key is gone'];
  const { events } = await loadEvents(store, keyPartition(desk.instanceId, desk.keyId), { limit: 1000 });
  const count = (action: string) => events.filter((event) => event.action === action).length;
  const saidYes = (...names: readonly ActorName[]) => names.filter((name) => yes.has(name)).length;
  const material = await loadMaterial(operations.context, key);
  const found = {
    'it was restored as often as that was answered':
      count('kms.secrets.restore') === saidYes('alice restores', 'bob restores'),
    'it was restored once at most': count('kms.secrets.restore') <= 1,
    'it was purged as often as that was answered':
      count('kms.secrets.purge') === saidYes('carol purges', 'carol purges again'),
    'it was purged once at most': count('kms.secrets.purge') <= 1,
    'it was restored or its material has ended, not both':
      count('kms.secrets.restore') === 0 ||
      count('kms.secrets.purge') + count('countersign.material.shred') === 0,
    'only a restored key is active, and only that has material':
      (key.state === ACTIVE) === (count('kms.secrets.restore') === 1) &&
      (material !== undefined) === (key.state === ACTIVE),
    'it was destroyed once': count('kms.secrets.delete') === 1,
    'no request from before the deletion outlived it':
      saidYes('a request from before the deletion is recorded') === 0,
    'the used authorization counts for a destroyed key alone':
      key.state === DESTROYED || key.authorizationId === undefined,
  };
  return [
    ...(await brokenRules(store, desk)),
    ...Object.entries(found).flatMap(([statement, holds]) => (holds ? [] : [`not so: ${statement}`])),
  ];
}

async function failuresOf(names: readonly ActorName[]) {
  const failures = new Set<string>();
  const once = (granularity: Granularity) => async (choose: Choose) => {
    const situation = await begin();
    const actors = names.map(
      (name): Actor<boolean> => ({ name, run: (store) => ACTORS[name](situation, store) }),
    );
    const { ended } = await interleave(actors, operations.context.store, { choose, granularity });
    for (const { name, error } of ended)
      if (error instanceof Error) failures.add(`${name}: ${error.message}`);
    const yes = new Set(ended.filter(({ result }) => result === true).map(({ name }) => name));
    for (const wrong of await wrongs(situation, yes)) failures.add(wrong);
  };
  let tried = await everySchedule(once('every-commit'));
  if (names.length === 2) tried += await everyPreemption(once('every-call'));
  return { failures: [...failures], tried };
}

const AT_ONCE = ['alice restores', 'carol purges', 'the window ends, and the sweeper comes'] as const;

const PAIRS: readonly (readonly [ActorName, ActorName])[] = [
  ['alice restores', 'bob restores'],
  ['alice restores', 'carol purges'],
  ['alice restores', 'the window ends, and the sweeper comes'],
  ['alice restores', 'a request from before the deletion is recorded'],
  ['alice restores', 'wendy withdraws'],
  ['alice restores', 'bob approves'],
  ['alice restores', 'the deleting step is run again'],
  ['carol purges', 'carol purges again'],
  ['carol purges', 'the window ends, and the sweeper comes'],
  ['carol purges', 'a request from before the deletion is recorded'],
  ['carol purges', 'wendy withdraws'],
  ['the window ends, and the sweeper comes', 'another sweeper comes'],
  ['the window ends, and the sweeper comes', 'wendy withdraws'],
];

describe('a destroyed key, in every order', () => {
  it.each(PAIRS)('%s and %s: no rule is broken', async (first, second) => {
    const { failures, tried } = await failuresOf([first, second]);
    expect(failures).toEqual([]);
    expect(tried).toBeGreaterThan(4);
  });

  it('three at once: restored, or purged, or shredded', async () => {
    const { failures, tried } = await failuresOf(AT_ONCE);
    expect(failures).toEqual([]);
    expect(tried).toBeGreaterThan(5);
  });
});
