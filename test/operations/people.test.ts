import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOST_MANAGERS } from '../../lib/domain/person.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { enter, identify, sha256 } from '../../lib/operations/caller.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { listPeople, removePerson } from '../../lib/operations/people.ts';
import { putInstancePolicies, putKeyPolicies } from '../../lib/operations/policies.ts';
import { loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

const add = async (
  email: string,
  roles: readonly ('Manager' | 'Writer' | 'Reader')[] = ['Reader'],
  by: 'alice' | 'bob' | 'wendy' = 'alice',
) =>
  addByTwo(
    operations.context,
    { asks: await desk.as(by), approves: await desk.as(by === 'alice' ? 'bob' : 'alice') },
    { email, roles },
  );
const remove = async (who: string, by: 'alice' | 'bob' | 'wendy' = 'bob') =>
  removePerson(operations.context, await desk.as(by), who);

describe('adding somebody', () => {
  it('makes a person with an API key that is shown once', async () => {
    const { person, apiKey } = expectOk(await add('Mia@example.com', ['Manager']));
    expect(apiKey).toMatch(/^cs_[\w-]{43}$/);
    expect(await identify(operations.context, apiKey ?? '')).toBe(person.id);
    expect(expectOk(await enter(operations.context, desk.instanceId, person.id)).person).toMatchObject(
      person,
    );
    expect(refusalOf(await enter(operations.context, 'another', person.id))).toBe('access-denied');
  });

  it.each(['ALICE@example.com', 'alice+second@example.com', 'ａlice@example.com'])(
    'is refused for %s, which is alice',
    async (email) => {
      expect(refusalOf(await add(email))).toBe('person-exists');
    },
  );

  it('is refused for what is no address, and to whoever is no Manager', async () => {
    expect(refusalOf(await add('mia'))).toBe('address-invalid');
    expect(refusalOf(await add('mia@example.com', ['Reader'], 'wendy'))).toBe('access-denied');
  });

  it('is refused for a Manager too many, also when two are added at once', async () => {
    for (let managers = 3; managers < MOST_MANAGERS - 1; managers += 1) {
      expectOk(await add(`m${managers}@example.com`, ['Manager']));
    }
    const both = await Promise.all([
      add('x@example.com', ['Manager']),
      add('y@example.com', ['Manager'], 'bob'),
    ]);
    expect(both.map(refusalOf).sort()).toEqual(['accepted', 'too-many-managers']);
    expect(refusalOf(await add('z@example.com', ['Manager']))).toBe('too-many-managers');
    expectOk(await add('reader@example.com'));
  });

  it('twice at once makes one of them', async () => {
    const both = await Promise.all([add('mia@example.com'), add('MIA@example.com', ['Reader'], 'bob')]);
    expect(both.map(refusalOf).sort()).toEqual(['accepted', 'person-exists']);
  });

  it('cannot be used by one who was removed while the call was on its way', async () => {
    const alice = await desk.as('alice');
    expectOk(await remove(desk.id('alice')));
    const request = { email: 'mallory@example.com', roles: ['Manager'] } as const;
    expect(refusalOf(await addPerson(operations.context, alice, request))).toBe('access-denied');
  });
});

describe('removing somebody', () => {
  it('ends what their API key can do', async () => {
    const { person, apiKey } = expectOk(await add('mia@example.com', ['Writer']));
    expectOk(await remove('MIA@example.com'));
    expect(refusalOf(await enter(operations.context, desk.instanceId, person.id))).toBe('access-denied');
    const id = await identify(operations.context, apiKey ?? '');
    expect(id === undefined || refusalOf(await enter(operations.context, desk.instanceId, id))).toBe(
      'access-denied',
    );
    const present = expectOk(await listPeople(operations.context, await desk.as('alice')));
    expect(present.map(({ id: one }) => one)).not.toContain(person.id);
  });

  it('and adding them again makes somebody new', async () => {
    const first = expectOk(await add('mia@example.com', ['Manager']));
    expectOk(await remove(first.person.id));
    expect(refusalOf(await remove(first.person.id))).toBe('person-not-found');
    operations.now += 1;
    const second = expectOk(await add('mia@example.com', ['Manager']));
    expect(second.person.id).not.toBe(first.person.id);
    expect(second.apiKey).not.toBe(first.apiKey);
    expect(refusalOf(await enter(operations.context, desk.instanceId, first.person.id))).toBe(
      'access-denied',
    );
  });

  it('leaves two Managers, also when two remove each other at once', async () => {
    expectOk(await remove('carol@example.com'));
    expect(refusalOf(await remove('alice@example.com'))).toBe('last-managers');
    expectOk(await remove('wendy@example.com'));
  });

  it('of two by each other at once happens to one of them', async () => {
    const both = await Promise.all([remove(desk.id('alice'), 'bob'), remove(desk.id('bob'), 'alice')]);
    expect(both.map(refusalOf).sort()).toEqual(['accepted', 'access-denied']);
    const { events } = await loadEvents(operations.context.store, instancePartition(desk.instanceId), {
      limit: 100,
    });
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
    expect(events.at(-1)?.action).toBe('countersign.people.remove');
  });

  it('is refused to whoever is no Manager, and for whoever is not there', async () => {
    expect(refusalOf(await remove(desk.id('alice'), 'wendy'))).toBe('access-denied');
    expect(refusalOf(await remove('nobody@example.com'))).toBe('person-not-found');
    expect(refusalOf(await remove('nonsense'))).toBe('person-not-found');
  });
});

describe('whoever was removed', () => {
  it('has their approval voided, if the key is still there', async () => {
    const reference = await ask(operations.context, desk);
    await approveAsAlice(operations.context, desk, reference);
    expectOk(await remove(desk.id('alice')));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('void');
    expect(await loadAuthorization(operations.context.store, reference)).toMatchObject({
      why: 'the approver is not a Manager any more',
    });
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('has what they asked for voided, if the key is still there', async () => {
    const reference = await ask(operations.context, desk);
    await approveAsAlice(operations.context, desk, reference);
    expectOk(await remove(desk.id('wendy')));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('void');
  });

  it('cannot decide with a call that was on its way, and is told that access is denied', async () => {
    const reference = await ask(operations.context, desk);
    const alice = await desk.as('alice');
    expectOk(await remove(desk.id('alice')));
    const { context } = operations;
    const approval = { ...reference, approver: alice.person, round: 1, decidedThrough: 'api' } as const;
    expect(refusalOf(await approveDeletion(context, approval))).toBe('access-denied');
    const denial = { ...reference, by: alice.person, round: 1, decidedThrough: 'api' } as const;
    expect(refusalOf(await recordDenial(context, denial))).toBe('access-denied');
    expect(refusalOf(await unsetKeyForDeletion(context, alice, desk.keyId, {}))).toBe('access-denied');
    expect(refusalOf(await putInstancePolicies(context, alice, { dualAuthDelete: false }))).toBe(
      'access-denied',
    );
    expect(refusalOf(await putKeyPolicies(context, alice, desk.keyId, { dualAuthDelete: true }))).toBe(
      'access-denied',
    );
  });
});

describe('a Manager who came after the request', () => {
  it('cannot approve it, and can approve the next one', async () => {
    const reference = await ask(operations.context, desk);
    const { person } = expectOk(await add('mia@example.com', ['Manager']));
    const approval = { approver: person, round: 1, decidedThrough: 'api' } as const;
    expect(refusalOf(await approveDeletion(operations.context, { ...reference, ...approval }))).toBe(
      'grant-too-young',
    );
    operations.now += 120_000;
    const next = await ask(operations.context, desk);
    expectOk(await approveDeletion(operations.context, { ...next, ...approval }));
  });

  it('of the request’s very millisecond cannot approve it either', async () => {
    const { person } = expectOk(await add('mia@example.com', ['Manager']));
    const reference = await ask(operations.context, desk);
    const approval = { approver: person, round: 1, decidedThrough: 'api' } as const;
    expect(refusalOf(await approveDeletion(operations.context, { ...reference, ...approval }))).toBe(
      'grant-too-young',
    );
  });
});

describe('an instance', () => {
  const init = (
    people: readonly { email: string; roles: readonly ('Manager' | 'Writer')[] }[],
    dualAuthorization = true,
  ) =>
    initInstance(operations.context, {
      name: 'new',
      people,
      dualAuthorization,
      authorizationWindow: 10,
      reauthorizationWindow: 10,
      restoreWindow: 10,
      trial: false,
    });
  const manager = (email: string) => ({ email, roles: ['Manager'] }) as const;

  it.each([
    ['approver-missing', [manager('a@b')]],
    ['person-exists', [manager('a@b'), manager('A+x@b')]],
    ['address-invalid', [manager('a@b'), manager('a')]],
    ['too-many-managers', Array.from({ length: MOST_MANAGERS + 1 }, (_, i) => manager(`m${i}@b`))],
    [
      'too-many-people',
      Array.from({ length: 25 }, (_, i) => ({ ...manager(`m${i}@b`), roles: ['Writer'] as const })),
    ],
  ])('is refused: %s', async (code, people) => {
    expect(refusalOf(await init(people))).toBe(code);
  });

  it('without the policy needs one Manager', async () => {
    expect(refusalOf(await init([manager('a@b')], false))).toBe('accepted');
    expect(refusalOf(await init([], false))).toBe('last-managers');
  });

  it('with as many people as it can have fits into one transaction', async () => {
    const people = Array.from({ length: 24 }, (_, i) => ({
      email: `p${i}@b`,
      roles: [i < MOST_MANAGERS ? 'Manager' : 'Writer'] as const,
    }));
    expectOk(await init(people));
  });
});
