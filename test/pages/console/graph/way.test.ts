import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../../../lib/domain/time.ts';
import { authorizationHistory } from '../../../../lib/operations/authorization-history.ts';
import { deleteKey } from '../../../../lib/operations/delete-key.ts';
import { denyDeletion } from '../../../../lib/operations/deny-deletion.ts';
import { reauthorizeDeletion } from '../../../../lib/operations/reauthorize-deletion.ts';
import { loadKey } from '../../../../lib/operations/records/key.ts';
import { rotateKey } from '../../../../lib/operations/rotate-key.ts';
import { setKeyForDeletion } from '../../../../lib/operations/set-key-for-deletion.ts';
import { currentAuthorization } from '../../../../lib/operations/transition.ts';
import { machineOf } from '../../../../lib/pages/console/graph/machine.ts';
import { transitionName, type Way, wayTaken } from '../../../../lib/pages/console/graph/way.ts';
import { workflowDefinition } from '../../../../lib/workflow/definition.ts';
import { expectOk, openStory, type Story } from '../../../support/story.ts';

const TRANSITIONS = new Set(
  machineOf(workflowDefinition((task) => task)).transitions.map(({ from, to }) => transitionName(from, to)),
);

describe('the way that an execution took', () => {
  let story: Story;
  let keyId: string;
  beforeEach(async () => {
    story = await openStory();
    keyId = (await story.newKey()).id;
    expectOk(await setKeyForDeletion(story.context, await story.as('wendy'), keyId, {}));
    await story.waiting(keyId, 'pending');
  });
  afterEach(() => story.close());

  async function way(): Promise<Way> {
    const key = await loadKey(story.context.store, story.instanceId, keyId);
    const authorizationId = (key && (await currentAuthorization(story.context.store, key)))?.id ?? '';
    const name = { key: keyId, authorizationId };
    const found = expectOk(await authorizationHistory(story.context, await story.as('rita'), name));
    const taken = wayTaken(found.executions);
    // Whatever it was, it is a way that there is.
    expect([...taken.taken.keys()].filter((one) => !TRANSITIONS.has(one))).toEqual([]);
    return taken;
  }
  const statesOf = ({ steps }: Way) => steps.map(({ state }) => state);
  const BEGIN = ['RecordAuthorization', 'Route', 'AwaitApproval'];
  const SETTLED = ['SettleWindow', 'Route'];

  it('is known while it waits', async () => {
    const taken = await way();
    expect(statesOf(taken)).toEqual(BEGIN);
    expect(taken.current).toBe('AwaitApproval');
    expect(taken.ended).toBeUndefined();
  });

  it('ends in the deletion when it is approved', async () => {
    expectOk(await deleteKey(story.context, await story.as('alice'), keyId, {}));
    await story.settle();
    const taken = await way();
    expect(statesOf(taken)).toEqual([
      ...BEGIN,
      ...SETTLED,
      'DeleteKey',
      'Route',
      'NotifyOutcome',
      'WasTheKeyDeleted',
      'Deleted',
    ]);
    expect(taken.ended).toEqual({ status: 'SUCCEEDED', state: 'Deleted' });
    expect(taken.entered.get('Route')).toBe(3);
    expect(taken.steps.every(({ leftAt }) => leftAt !== undefined)).toBe(true);
  });

  it('ends closed when it is denied', async () => {
    expectOk(await denyDeletion(story.context, await story.as('bob'), keyId, {}));
    await story.settle();
    expect(statesOf(await way()).slice(-3)).toEqual(['NotifyOutcome', 'WasTheKeyDeleted', 'Closed']);
  });

  it('goes round when it lapses and is asked for again, twice', async () => {
    for (const round of [1, 2]) {
      await story.pass((7 * DAY) / SECOND + 60);
      await story.waiting(keyId, 'lapsed');
      expectOk(await reauthorizeDeletion(story.context, await story.as('wendy'), keyId, { round }));
      await story.waiting(keyId, 'pending');
    }
    const taken = await way();
    expect(taken.entered.get('AwaitApproval')).toBe(3);
    expect(taken.entered.get('AwaitReauthorization')).toBe(2);
    expect(taken.taken.get(transitionName('SettleReauthorization', 'Route'))).toBe(2);
    // The window that closed was caught; the wake-up was not.
    const waits = taken.steps.filter(({ state }) => state === 'AwaitApproval');
    expect(waits.map(({ caught }) => caught)).toEqual(['States.Timeout', 'States.Timeout', undefined]);
    expect(taken.current).toBe('AwaitApproval');
  });

  it('leads to asking again when what would be lost has changed', async () => {
    expectOk(await rotateKey(story.context, await story.as('alice'), keyId, {}));
    await deleteKey(story.context, await story.as('alice'), keyId, {});
    await story.waiting(keyId, 'drifted');
    const taken = await way();
    expect(taken.current).toBe('AwaitReauthorization');
  });
});

describe('of an execution that went wrong', () => {
  const event = (id: number, type: string, details: object = {}) => ({
    id,
    previousEventId: id - 1,
    type,
    timestamp: `2026-01-01T00:00:0${id}.000Z`,
    details: { ...details },
  });

  it('the way ends where it failed, with the error and how often it was tried', () => {
    const events = [
      event(1, 'ExecutionStarted'),
      event(2, 'TaskStateEntered', { name: 'DeleteKey' }),
      event(3, 'TaskScheduled'),
      event(4, 'TaskFailed', { error: 'Countersign.Transient' }),
      event(5, 'TaskScheduled'),
      event(6, 'TaskFailed', { error: 'Broken' }),
      event(7, 'ExecutionFailed', { error: 'Broken' }),
    ];
    const { steps, ended, current } = wayTaken([{ name: 'one', status: 'FAILED', events }]);
    expect(steps).toEqual([
      { part: 0, state: 'DeleteKey', enteredAt: '2026-01-01T00:00:02.000Z', retries: 1 },
    ]);
    expect(ended).toEqual({ status: 'FAILED', state: 'DeleteKey', error: 'Broken' });
    expect(current).toBeUndefined();
  });

  it('no transition leads from one execution to the one that took its place', () => {
    const one = {
      name: 'one',
      status: 'ABORTED',
      events: [event(1, 'TaskStateEntered', { name: 'A' })],
    } as const;
    const two = {
      name: 'two',
      status: 'RUNNING',
      events: [event(1, 'TaskStateEntered', { name: 'B' })],
    } as const;
    const { taken, current } = wayTaken([one, two]);
    expect(taken.size).toBe(0);
    expect(current).toBe('B');
  });

  it('nothing is known of none', () => {
    expect(wayTaken([])).toEqual({ steps: [], entered: new Map(), taken: new Map() });
  });
});
