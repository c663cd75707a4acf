import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../lib/domain/time.ts';
import { addByOperator } from '../../lib/operations/add-by-operator.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { listChangeRequests, readChangeRequest } from '../../lib/operations/change-requests.ts';
import { approveChange, denyChange, withdrawChange } from '../../lib/operations/decide-change.ts';
import { changeInstance } from '../../lib/operations/instance.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { putInstancePolicies } from '../../lib/operations/policies.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition, loadInstance } from '../../lib/operations/records/instance.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { liftRequestsFreeze } from '../../lib/operations/unexpected.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import {
  type Desk,
  type Name,
  type Operations,
  openOperations,
  operationsOn,
} from '../support/operations.ts';
import { openDynamodbStore } from '../support/stores.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const dynamodb = await openDynamodbStore();
const sqlite = await openOperations();
afterAll(async () => {
  sqlite.close();
  await dynamodb?.close();
});

const STORES: readonly (readonly [string, () => Operations])[] = [
  ['SQLite', () => sqlite],
  ...(dynamodb === undefined ? [] : [['DynamoDB', () => operationsOn(dynamodb.store)] as const]),
];

describe.each(STORES)('a change of the guard rails, on %s', (_, open) => {
  let operations: Operations;
  let desk: Desk;
  beforeEach(async () => {
    operations = open();
    operations.mails.length = 0;
    desk = await operations.newDesk();
  });

  const ask = async (by: Name = 'alice', restoreWindow = 0) =>
    changeInstance(operations.context, await desk.as(by), { restoreWindow }, 'less to leak');
  const asked = async (by: Name = 'alice') => {
    const { waits } = expectOk(await ask(by));
    if (waits === undefined) throw new Error('nothing waits');
    return waits;
  };
  const approve = async (request: { id: string; digest: string }, by: Name = 'bob') =>
    approveChange(operations.context, await desk.as(by), request);
  const instance = async () => loadInstance(operations.context.store, desk.instanceId);
  const events = async () => {
    const partition = instancePartition(desk.instanceId);
    return (await loadEvents(operations.context.store, partition, { limit: 1000 })).events;
  };
  const actions = async () => (await events()).map(({ action }) => action.replace('countersign.', ''));
  const pending = async () =>
    expectOk(
      await listChangeRequests(operations.context, await desk.as('bob'), { status: 'pending', limit: 10 }),
    ).changeRequests;
  /** Subjects by addressee, of what the sweeper sends now of this instance. */
  const mailed = async () => {
    operations.mails.length = 0;
    await sweep(operations.context);
    return operations.mails
      .filter(({ text }) => text.includes(desk.instanceId))
      .map(({ to, subject }) => `${to.split('@')[0]}: ${subject}`)
      .sort();
  };
  const toManagers = (subject: string) =>
    ['alice', 'bob', 'carol'].map((name) => `${name}: [Countersign] ${subject}`);

  it('changes nothing when it is asked for, and all of it when a second Manager approves', async () => {
    const request = await asked();
    expect(request).toMatchObject({
      subject: 'desk',
      differences: [{ name: 'Restore window', before: 'P30D (30 days)', after: 'PT0S (no time)' }],
      reason: 'less to leak',
    });
    expect((await instance())?.restoreWindow).toBe(2_592_000);
    expect(await mailed()).toEqual(toManagers('A second Manager is needed: change of desk'));
    expect(operations.mails[0]?.text).toContain('They wrote: less to leak');
    expect(await pending()).toHaveLength(1);

    expect(expectOk(await approve(request))).toMatchObject({ status: 'approved', endedBy: desk.id('bob') });
    expect((await instance())?.restoreWindow).toBe(0);
    expect(await mailed()).toEqual(toManagers('Change of desk: approved'));
    expect(await pending()).toEqual([]);
    const chain = await events();
    expect(chain.slice(-3)).toMatchObject([
      {
        action: 'countersign.change-requests.create',
        actor: desk.id('alice'),
        data: { changeRequest: request.id, asksForRestoreWindow: 0, windowEndsAt: request.windowEndsAt },
      },
      { action: 'countersign.change-requests.approve', actor: desk.id('bob') },
      {
        action: 'countersign.instance.change',
        actor: desk.id('alice'),
        data: { newValueRestoreWindow: 0, changeRequest: request.id, approvedBy: desk.id('bob') },
      },
    ]);
    expect(firstBrokenLink(chain, sha256)).toBeUndefined();
  });

  it('is approved once, and by the same person once more with the same answer', async () => {
    const request = await asked();
    const once = expectOk(await approve(request));
    const before = (await actions()).length;
    expect(expectOk(await approve(request))).toEqual(once);
    expect(refusalOf(await approve(request, 'carol'))).toBe('change-decided');
    expect((await actions()).length).toBe(before);
  });

  it('is not approved by who asked, and the attempt is an event once a minute', async () => {
    const request = await asked();
    for (let i = 0; i < 3; i += 1) expect(refusalOf(await approve(request, 'alice'))).toBe('own-request');
    const refused = async () => (await events()).filter(({ outcome }) => outcome === 'failure');
    expect(await refused()).toMatchObject([
      { action: 'countersign.change-requests.approve', data: { refused: 'own-request' } },
    ]);
    operations.now += MINUTE;
    expect(refusalOf(await approve(request, 'alice'))).toBe('own-request');
    expect(await refused()).toHaveLength(2);
    expect(refusalOf(await approve(request, 'wendy'))).toBe('access-denied');
    expect(refusalOf(await approve({ ...request, digest: '0'.repeat(64) }))).toBe('change-mismatch');
    for (const id of ['nothing', '\u0000', request.id.replace(/./, 'x')]) {
      expect(refusalOf(await approve({ ...request, id }))).toBe('change-not-found');
    }
  });

  it.each([
    ['denied', denyChange],
    ['withdrawn', withdrawChange],
  ] as const)('is %s by any one Manager, once', async (status, stop) => {
    const request = await asked();
    const by = await desk.as('carol');
    const stopped = expectOk(await stop(operations.context, by, { id: request.id, note: 'not agreed' }));
    expect(stopped).toMatchObject({ status, note: 'not agreed', endedBy: desk.id('carol') });
    expect(expectOk(await stop(operations.context, by, { id: request.id }))).toEqual(stopped);
    expect(refusalOf(await approve(request))).toBe('change-decided');
    await sweep(operations.context);
    expect(operations.mails.map(({ subject }) => subject)).toContain(
      `[Countersign] Change of desk: ${status}`,
    );
    expect((await instance())?.restoreWindow).toBe(2_592_000);
    expect((await instance())?.openChanges).toEqual([]);
  });

  it('is asked for once by whoever repeats it, and superseded by another of the same', async () => {
    const request = await asked();
    expect((await asked()).id).toBe(request.id);
    const other = expectOk(await ask('bob', 60)).waits;
    expect(await pending()).toMatchObject([{ request: { id: other?.id } }]);
    const viewed = expectOk(await readChangeRequest(operations.context, await desk.as('bob'), request.id));
    expect(viewed.status).toBe('superseded');
    expect(refusalOf(await approve(request))).toBe('change-decided');
    expect(await mailed()).toContain('carol: [Countersign] Change of desk: superseded');
  });

  it('takes the place of all that are about a part of it, in one transaction and with one mail, also of twenty Managers', async () => {
    for (let n = 4; n <= 20; n += 1) {
      const person = { instanceId: desk.instanceId, email: `m${n}@example.com`, roles: ['Manager'] } as const;
      expectOk(await addByOperator(operations.context, person));
    }
    const settings = {
      authorizationWindow: 86_400,
      reauthorizationWindow: 86_400,
      restoreWindow: 0,
      serviceApprovals: true,
    };
    const alice = await desk.as('alice');
    for (const [name, value] of Object.entries(settings)) {
      expectOk(await changeInstance(operations.context, alice, { [name]: value }));
    }
    expect(await pending()).toHaveLength(4);
    await mailed();
    const { waits } = expectOk(await changeInstance(operations.context, alice, settings));
    expect(await pending()).toMatchObject([{ request: { id: waits?.id } }]);
    const mails = await mailed();
    expect(mails.filter((one) => one.startsWith('carol'))).toEqual([
      'carol: [Countersign] A second Manager is needed: change of desk',
      'carol: [Countersign] Change of desk: superseded',
    ]);
    const told = operations.mails.find(({ subject }) => subject.includes('superseded'))?.text;
    expect(told).toContain('Authorization window');
    expect(told).toContain('Services approve');
  });

  it('drifts when what it changes is changed meanwhile, which ends it', async () => {
    const { person } = expectOk(
      await addPerson(operations.context, await desk.as('alice'), {
        email: 'd@example.com',
        roles: ['Writer'],
      }),
    );
    const grant = [{ role: 'Manager' }] as const;
    const request = expectOk(
      await changePerson(operations.context, await desk.as('alice'), person.id, { grant }),
    ).waits;
    if (request === undefined) throw new Error('nothing waits');
    operations.now += 1;
    expectOk(
      await changePerson(operations.context, await desk.as('alice'), person.id, { email: 'e@example.com' }),
    );
    expect(refusalOf(await approve(request))).toBe('change-drifted');
    expect(refusalOf(await approve(request))).toBe('change-decided');
    expect((await actions()).at(-1)).toBe('change-requests.drift');
    expect(await mailed()).toContain('bob: [Countersign] Change of d@example.com: drifted');
    const gone = expectOk(
      await changePerson(operations.context, await desk.as('alice'), person.id, { grant }),
    );
    expectOk(await removePerson(operations.context, await desk.as('carol'), person.id));
    expect(refusalOf(await approve(gone.waits ?? request))).toBe('change-drifted');
  });

  it('expires at the end of its window, whether or not the sweeper was there, and every Manager is mailed once', async () => {
    const request = await asked();
    await sweep(operations.context);
    operations.now = request.windowEndsAt;
    expect(refusalOf(await approve(request))).toBe('window-closed');
    const read = async () =>
      expectOk(await readChangeRequest(operations.context, await desk.as('bob'), request.id));
    expect((await read()).status).toBe('expired');
    expect(await pending()).toEqual([]);
    expect(await mailed()).toEqual(toManagers('Change of desk: expired'));
    expect((await read()).request).toMatchObject({ status: 'expired', endedAt: operations.now });
    expect(await mailed()).toEqual([]);
    expectOk(await ask());
    expect(await pending()).toHaveLength(1);
  });

  it('of a requester whose requests are stopped counts no more, and none is taken of them', async () => {
    const request = await asked();
    const other = expectOk(
      await changeInstance(operations.context, await desk.as('alice'), { serviceApprovals: true }),
    ).waits;
    expectOk(
      await denyChange(operations.context, await desk.as('carol'), { id: request.id, unexpected: true }),
    );
    expect(refusalOf(await approve(other ?? request))).toBe('requests-frozen');
    expect(refusalOf(await ask('alice', 60))).toBe('requests-frozen');
    expect(expectOk(await ask('bob', 60)).waits?.status).toBe('pending');
    operations.now += 1;
    expectOk(await liftRequestsFreeze(operations.context, await desk.as('bob'), 'alice@example.com'));
    expect(refusalOf(await approve(other ?? request))).toBe('requests-frozen');
    operations.now += 1;
    expect(expectOk(await ask('alice', 70)).waits?.status).toBe('pending');
    expect(await mailed()).toContain('bob: [Countersign] Change of desk: denied');
  });

  it('lists everything by status and page, the newest first, to Managers of the instance alone', async () => {
    const first = await asked();
    expectOk(await approve(first));
    operations.now += 1;
    const second = expectOk(
      await changeInstance(operations.context, await desk.as('alice'), { serviceApprovals: true }),
    ).waits;
    const list = async (page: Partial<Parameters<typeof listChangeRequests>[2]>, by: Name = 'carol') =>
      expectOk(await listChangeRequests(operations.context, await desk.as(by), { limit: 10, ...page }));
    const ids = async (page: Parameters<typeof list>[0]) =>
      (await list(page)).changeRequests.map(({ request }) => request.id);
    expect(await ids({})).toEqual([second?.id, first.id]);
    expect(await ids({ status: 'approved', limit: 1 })).toEqual([first.id]);
    expect(await ids({ status: 'denied' })).toEqual([]);
    const page = await list({ limit: 1 });
    expect(await ids({ limit: 1, after: page.cursor })).toEqual([first.id]);
    const whyNot = async (by: Name) => (await list({}, by)).changeRequests[0]?.whyNotYou;
    expect(await Promise.all((['alice', 'bob'] as const).map(whyNot))).toEqual(['own-request', undefined]);
    const wendy = await desk.as('wendy');
    expect(refusalOf(await listChangeRequests(operations.context, wendy, { limit: 10 }))).toBe(
      'access-denied',
    );
    expect(refusalOf(await readChangeRequest(operations.context, wendy, first.id))).toBe('access-denied');
  });

  it('cannot be asked for where nobody could approve it, and the operator can add who could', async () => {
    const { context } = operations;
    expectOk(await putInstancePolicies(context, await desk.as('alice'), { dualAuthDelete: false }));
    for (const name of ['bob', 'carol']) {
      expectOk(await removePerson(context, await desk.as('alice'), `${name}@example.com`));
    }
    const mia = { email: 'mia@example.com', roles: ['Manager'] } as const;
    expect(refusalOf(await ask())).toBe('second-manager-missing');
    expect(refusalOf(await addPerson(context, await desk.as('alice'), mia))).toBe('second-manager-missing');
    operations.mails.length = 0;
    const { person, apiKey } = expectOk(
      await addByOperator(context, { instanceId: desk.instanceId, ...mia }),
    );
    expect(apiKey).toMatch(/^cs_/);
    expect((await events()).at(-1)).toMatchObject({
      action: 'countersign.people.add',
      actor: 'countersign|countersign',
      data: { person: person.id, byOperator: true },
    });
    await sweep(context);
    const told = operations.mails.find(
      ({ to, subject }) => to.startsWith('alice') && subject.includes('mia'),
    );
    expect(told?.text).toContain('Done by: the operator of this installation');
    operations.now += 1;
    const request = await asked();
    const caller = { ...(await desk.as('alice')), person };
    expectOk(await approveChange(context, caller, request));
    expect((await instance())?.restoreWindow).toBe(0);
  });

  it('has at most twenty others beside it', async () => {
    const add = async (i: number) =>
      refusalOf(
        await addPerson(operations.context, await desk.as('alice'), {
          email: `m${i}@example.com`,
          roles: [],
          grants: [{ role: 'Manager', key: desk.keyId }],
        }),
      );
    for (let i = 0; i < 17; i += 1) expect(await add(i)).toBe('accepted');
    const settings = [{ authorizationWindow: 60 }, { serviceApprovals: true }, { restoreWindow: 1 }];
    for (const change of settings) {
      expectOk(await changeInstance(operations.context, await desk.as('alice'), change));
    }
    expect(await add(17)).toBe('too-many-changes');
    operations.now += 8 * DAY;
    expect(await add(17)).toBe('accepted');
  });

  it('that one Manager is enough for takes effect at once, and every Manager is mailed', async () => {
    const changed = expectOk(
      await changeInstance(operations.context, await desk.as('alice'), { approvalNeedsManifest: true }),
    );
    expect(changed.instance.approvalNeedsManifest).toBe(true);
    expect(changed.waits).toBeUndefined();
    expect(await mailed()).toEqual(toManagers('Settings of desk were changed'));
    expectOk(
      await putInstancePolicies(operations.context, await desk.as('alice'), { dualAuthDelete: false }),
    );
    expect(await mailed()).toEqual(toManagers('Settings of desk were changed'));
    expect(operations.mails.at(-1)?.text).toMatch(/Dual authorization of keys that are created: on → off/);
  });
});
