import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedIn, whyNotApprover } from '../../lib/domain/approval.ts';
import type { Authorization, In } from '../../lib/domain/authorization.ts';
import { peopleAt } from '../../lib/domain/people-then.ts';
import { grantsOf, isActive, type Person } from '../../lib/domain/person.ts';
import { grantName } from '../../lib/domain/person-change.ts';
import { DAY, HOUR } from '../../lib/domain/time.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { addService } from '../../lib/operations/add-service.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { wholeChain } from '../../lib/operations/authorization-history.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { denyDeletion } from '../../lib/operations/deny-deletion.ts';
import { changeInstance } from '../../lib/operations/instance.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { reauthorizeDeletion } from '../../lib/operations/reauthorize-deletion.ts';
import { loadAuthorization, type Reference } from '../../lib/operations/records/authorization.ts';
import { instanceKey, instancePartition } from '../../lib/operations/records/instance.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { loadPeople, personItem } from '../../lib/operations/records/person.ts';
import { settleStep } from '../../lib/operations/steps/settle.ts';
import { whoCouldApprove } from '../../lib/operations/who-could-approve.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations.close());

/** A trial's: one Manager changes everything alone. */
async function trialDesk(): Promise<Desk> {
  const desk = await operations.newDesk();
  await operations.context.store.commit([
    { update: instanceKey(desk.instanceId), when: [], set: { trial: true } },
  ]);
  return desk;
}

/** What a rule looks at in somebody. */
const seen = (person: Person) => ({
  id: person.id,
  active: isActive(person),
  status: person.status,
  grants:
    person.status === 'removed'
      ? []
      : grantsOf(person)
          .map((one) => `${grantName(one)} ${one.grantedAt}`)
          .sort(),
  addressSince: person.addressSince,
});
const byId = (people: readonly Person[]) => people.map(seen).toSorted((a, b) => (a.id < b.id ? -1 : 1));

async function knownOf(desk: Desk) {
  const { store } = operations.context;
  const { createdAt } = (await desk.as('alice')).instance;
  const people = await loadPeople(store, desk.instanceId);
  return { people, events: await wholeChain({ store }, instancePartition(desk.instanceId)), createdAt };
}

const SOMEBODY = ['bob@example.com', 'carol@example.com', 'wendy@example.com', 'new@example.com'] as const;
type Act = (desk: Desk, who: (typeof SOMEBODY)[number]) => Promise<unknown>;
const by = (desk: Desk) => desk.as('alice');
const change =
  (request: Parameters<typeof changePerson>[3]): Act =>
  async (desk, who) =>
    changePerson(operations.context, await by(desk), who, request);

const ACTS: { readonly [name: string]: Act } = {
  add: async (desk) =>
    addPerson(operations.context, await by(desk), { email: 'new@example.com', roles: ['Manager'] }),
  'add a service': async (desk, owner) =>
    addService(operations.context, await by(desk), {
      name: `robot-${owner}`,
      owner,
      roles: ['Manager'],
      grants: [],
    }),
  grant: change({ grant: [{ role: 'Manager' }] }),
  'grant on a ring': change({ grant: [{ role: 'Manager', keyRing: 'default' }] }),
  revoke: change({ revoke: [{ role: 'Manager' }] }),
  'revoke on a ring': change({ revoke: [{ role: 'Manager', keyRing: 'default' }] }),
  'grant anew': change({ revoke: [{ role: 'Manager' }], grant: [{ role: 'Manager' }] }),
  freeze: change({ status: 'frozen' }),
  unfreeze: change({ status: 'active' }),
  move: async (desk, who) =>
    changePerson(operations.context, await by(desk), who, { email: `moved-${operations.now}-${who}` }),
  remove: async (desk, who) => removePerson(operations.context, await by(desk), who),
};

describe('people as they were', () => {
  it('are what they were, whatever has become of them since', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(ACTS)), fc.constantFrom(...SOMEBODY)), {
          minLength: 2,
          maxLength: 10,
        }),
        async (acts) => {
          const desk = await trialDesk();
          const snapshots: { at: number; people: readonly Person[] }[] = [];
          const look = async () =>
            void snapshots.push({
              at: operations.now,
              people: await loadPeople(operations.context.store, desk.instanceId),
            });
          await look();
          for (const [name, who] of acts) {
            operations.now += HOUR;
            // What is refused changes nothing.
            await ACTS[name]?.(desk, who);
            await look();
          }
          const known = await knownOf(desk);
          for (const { at, people } of snapshots) expect(byId(peopleAt(known, at))).toEqual(byId(people));
          expect(peopleAt(known, known.createdAt - 1)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of whom an earlier version removed without saying their roles, it says that it does not know', async () => {
    const desk = await trialDesk();
    const before = operations.now;
    operations.now += HOUR;
    expectOk(await removePerson(operations.context, await desk.as('alice'), 'carol@example.com'));
    const { events, ...known } = await knownOf(desk);
    const older = events.map((event) => {
      const { revoked: _, ...data } = event.data ?? {};
      return event.action === 'countersign.people.remove' ? { ...event, data } : event;
    });
    const carol = (at: number) =>
      peopleAt({ ...known, events: older }, at).find(({ id }) => id === desk.id('carol'));
    expect(carol(before)).toMatchObject({ status: 'active', rolesUnknown: true });
    expect(carol(operations.now)).toMatchObject({ status: 'removed' });
  });
});

describe('who could have approved', () => {
  let desk: Desk;
  let reference: Reference;
  const at = async (moment?: number, caller = 'alice' as const) =>
    expectOk(
      await whoCouldApprove(operations.context, await desk.as(caller), {
        key: reference.keyId,
        authorizationId: reference.authorizationId,
        at: moment,
      }),
    );
  const whyOf = (found: Awaited<ReturnType<typeof at>> | undefined, name: Name) =>
    found?.people.find(({ person }) => person.id === desk.id(name))?.why ?? 'could';

  it('is, at any moment of its rounds, whom the rule would have taken then', async () => {
    desk = await trialDesk();
    const { context } = operations;
    const moments: { now: number; people: readonly Person[]; authorization: Authorization }[] = [];
    const look = async () => {
      const authorization = await loadAuthorization(context.store, reference);
      if (authorization === undefined) throw new Error('nothing was recorded');
      moments.push({
        now: operations.now,
        people: await loadPeople(context.store, desk.instanceId),
        authorization,
      });
    };
    reference = await ask(context, desk);
    await look();
    operations.now += HOUR;
    expectOk(
      await changePerson(context, await desk.as('alice'), desk.id('bob'), { email: 'moved@example.com' }),
    );
    await look();
    operations.now += HOUR;
    expectOk(await changePerson(context, await desk.as('alice'), desk.id('bob'), { status: 'frozen' }));
    await look();
    operations.now += HOUR;
    expectOk(await changeInstance(context, await desk.as('alice'), { serviceApprovals: true }));
    await ACTS['add a service']?.(desk, 'carol@example.com');
    operations.now += 8 * DAY;
    await settleStep(context, reference);
    await look();
    operations.now += HOUR;
    expectOk(await reauthorizeDeletion(context, await desk.as('carol'), desk.keyId, {}));
    await look();
    operations.now += HOUR;
    await changePerson(context, await desk.as('alice'), desk.id('bob'), { status: 'active' });
    expectOk(await removePerson(context, await desk.as('alice'), desk.id('wendy')));
    await look();
    operations.now += HOUR;
    expectOk(await denyDeletion(context, await desk.as('alice'), desk.keyId, {}));

    const key = await loadKey(context.store, desk.instanceId, desk.keyId);
    if (key === undefined) throw new Error('the key is gone');
    for (const { now, people, authorization } of moments) {
      const found = await at(now);
      expect(found.round).toBe(authorization.round);
      expect(found.closed).toBe(authorization.status === 'pending' ? undefined : authorization.status);
      const services = now > (moments[2]?.now ?? 0);
      const round = authorization as In<'pending'>;
      const could = people.filter((one) => whyNotApprover(one, askedIn(round, key, services)) === undefined);
      expect(
        found.people
          .filter(({ why }) => why === undefined)
          .map(({ person }) => person.id)
          .sort(),
      ).toEqual(could.map(({ id }) => id).sort());
    }
    const [first, moved, frozen, , second, last] = await Promise.all(moments.map(({ now }) => at(now)));
    expect(whyOf(first, 'wendy')).toBe('access-denied');
    expect(whyOf(first, 'bob')).toBe('could');
    expect(whyOf(moved, 'bob')).toBe('grant-too-young');
    expect(whyOf(frozen, 'bob')).toBe('frozen');
    expect(whyOf(second, 'carol')).toBe('own-request');
    expect(whyOf(second, 'alice')).toBe('could');
    expect(whyOf(last, 'wendy')).toBe('removed');
  });

  it('is, without a moment, the last one at which it waited', async () => {
    const found = await at();
    expect(found).toMatchObject({ at: operations.now - 1, round: 2 });
    expect(found.closed).toBeUndefined();
    expect(whyOf(found, 'alice')).toBe('could');
  });

  it('is, where the window closed and that was written later, the last moment of the window', async () => {
    desk = await trialDesk();
    reference = await ask(operations.context, desk);
    const asked = operations.now;
    operations.now += 8 * DAY;
    await settleStep(operations.context, reference);
    const found = await at();
    expect(found).toMatchObject({ at: asked + 7 * DAY - 1, round: 1 });
    expect(found.closed).toBeUndefined();
    expect(whyOf(found, 'bob')).toBe('could');
  });

  it('is nobody before it was asked for', async () => {
    expect(await at(0)).toEqual({ at: 0, round: 0, closed: 'not-asked', people: [] });
  });

  it('says so where the requester had lost the role: nobody’s approval would have counted', async () => {
    desk = await trialDesk();
    reference = await ask(operations.context, desk);
    operations.now += HOUR;
    expectOk(
      await changePerson(operations.context, await desk.as('alice'), 'wendy@example.com', {
        revoke: [{ role: 'Writer' }],
      }),
    );
    expect((await at()).closed).toBe('requester-gone');
    expect((await at(operations.now - 1)).closed).toBeUndefined();
  });

  it('is known after the approval, and of whoever is not in the records any more as they were', async () => {
    desk = await trialDesk();
    reference = await ask(operations.context, desk);
    operations.now += HOUR;
    const approver = await desk.person('bob');
    expectOk(
      await approveDeletion(operations.context, { ...reference, approver, round: 1, decidedThrough: 'api' }),
    );
    const approvedAt = operations.now;
    operations.now += HOUR;
    await operations.context.store.commit([
      { put: personItem({ ...(await desk.person('bob')), status: 'frozen' }), when: [] },
    ]);
    expect(whyOf(await at(), 'bob')).toBe('could');
    expect((await at(approvedAt)).closed).toBe('approved');
  });

  it('is refused for an authorization of another key, and for what is none', async () => {
    for (const authorizationId of ['x', '', '../1', '00000000-0000-4000-8000-000000000000']) {
      const asked = { key: desk.keyId, authorizationId };
      expect(refusalOf(await whoCouldApprove(operations.context, await desk.as('alice'), asked))).toBe(
        'authorization-not-found',
      );
    }
  });
});
