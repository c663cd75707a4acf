import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESTROYED } from '../../lib/domain/key.ts';
import { MOST_GRANTS, MOST_MANAGERS, type Person } from '../../lib/domain/person.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import type { NewService } from '../../lib/operations/add-service.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { type Caller, enter, sha256 } from '../../lib/operations/caller.ts';
import { commitInstanceChange } from '../../lib/operations/change.ts';
import { changePerson, type PersonChangeRequest } from '../../lib/operations/change-person.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { listPeople, removePerson } from '../../lib/operations/people.ts';
import { putInstancePolicies, putKeyPolicies } from '../../lib/operations/policies.ts';
import { getKeyMetadata } from '../../lib/operations/read-keys.ts';
import { loadAuthorization, type Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { loadKey } from '../../lib/operations/records/key.ts';
import { loadMails } from '../../lib/operations/records/mail.ts';
import { personItem } from '../../lib/operations/records/person.ts';
import { deleteKeyStep } from '../../lib/operations/steps/delete-key.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask, askAs } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';
import { addByTwo, addServiceByTwo, changeByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

/** Asked for by one, and approved by another one where it takes two. */
const change = async (who: string, request: PersonChangeRequest, by: Name = 'bob') =>
  changeByTwo(operations.context, await two(by, who), who, request);
const two = async (asks: Name, who = '') => {
  const others = (['carol', 'alice', 'bob'] as const).filter(
    (name) => name !== asks && !who.startsWith(name),
  );
  return { asks: await desk.as(asks), approves: await desk.as(others[0] ?? 'alice') };
};
const callerOf = async ({ id }: Person): Promise<Caller> =>
  expectOk(await enter(operations.context, desk.instanceId, id));
const service = async (request: Partial<NewService> = {}, by: Name = 'bob') =>
  addServiceByTwo(operations.context, await two(by), {
    name: 'nightly',
    owner: 'bob@example.com',
    roles: ['Writer'],
    ...request,
  });
const eventsOf = async () =>
  (await loadEvents(operations.context.store, instancePartition(desk.instanceId), { limit: 1000 })).events;

/** Somebody with these grants alone, for longer than anything that is asked for later. */
async function mia(...grants: NonNullable<PersonChangeRequest['grant']>): Promise<Person> {
  const request = { email: 'mia@example.com', roles: [], grants };
  const { person } = expectOk(await addByTwo(operations.context, await two('bob'), request));
  operations.now += 1;
  return person;
}

const approveAs = (approver: Person, reference: Reference) =>
  approveDeletion(operations.context, { ...reference, approver, round: 1, decidedThrough: 'api' });

describe('a Manager of one key alone', () => {
  it('approves its deletion, and of no other key', async () => {
    const person = await mia({ role: 'Manager', key: desk.keyId });
    const other = expectOk(
      await createKey(operations.context, await desk.as('alice'), { name: 'other', extractable: false }),
    ).key;
    const reference = await ask(operations.context, desk);
    const elsewhere = await ask(operations.context, { ...desk, keyId: other.id });
    expect(refusalOf(await approveAs(person, elsewhere))).toBe('access-denied');
    expectOk(await approveAs(person, reference));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('consumed');
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('is mailed what is asked of that key, and nothing of another', async () => {
    const person = await mia({ role: 'Manager', key: desk.keyId });
    const other = expectOk(
      await createKey(operations.context, await desk.as('alice'), { name: 'other', extractable: false }),
    ).key;
    const mailed = async (reference: Awaited<ReturnType<typeof ask>>) =>
      (await loadMails(operations.context.store, reference)).map(({ personId }) => personId);
    expect(await mailed(await ask(operations.context, desk))).toContain(person.id);
    expect(await mailed(await ask(operations.context, { ...desk, keyId: other.id }))).not.toContain(
      person.id,
    );
  });

  it('learns nothing of other keys, and manages no people', async () => {
    const caller = await callerOf(await mia({ role: 'Manager', key: desk.keyId }));
    const other = expectOk(
      await createKey(operations.context, await desk.as('alice'), {
        name: 'other',
        extractable: false,
        aliases: ['other'],
      }),
    ).key;
    const { context } = operations;
    expect(refusalOf(await getKeyMetadata(context, caller, desk.keyId))).toBe('accepted');
    for (const unseen of [other.id, 'other', 'nothing', '01234567-89ab-4def-8123-456789abcdef']) {
      expect(refusalOf(await getKeyMetadata(context, caller, unseen)), unseen).toBe('access-denied');
    }
    expect(refusalOf(await getKeyMetadata(context, await desk.as('wendy'), 'nothing'))).toBe('key-not-found');
    expect(refusalOf(await listPeople(context, caller))).toBe('access-denied');
    expect(refusalOf(await putInstancePolicies(context, caller, { dualAuthDelete: false }))).toBe(
      'access-denied',
    );
  });

  it('counts as the second Manager whom a policy on that key needs, and for no other', async () => {
    const { context } = operations;
    /** A desk where alice is the only Manager of the instance. */
    const alone = async (before: (at: Desk) => Promise<unknown>) => {
      const at = await operations.newDesk();
      await before(at);
      expectOk(await removePerson(context, await at.as('alice'), 'carol@example.com'));
      expectOk(await putInstancePolicies(context, await at.as('alice'), { dualAuthDelete: false }));
      expectOk(await removePerson(context, await at.as('alice'), 'bob@example.com'));
      return at;
    };
    const policy = async (at: Desk) =>
      refusalOf(await putKeyPolicies(context, await at.as('alice'), at.keyId, { dualAuthDelete: true }));
    const without = await alone(async () => {});
    expect(await policy(without)).toBe('approver-missing');
    const override = { name: 'guarded', extractable: false, dualAuthDelete: true };
    expect(refusalOf(await createKey(context, await without.as('alice'), override))).toBe('approver-missing');
    const withMia = await alone(async (at) => {
      const both = { asks: await at.as('alice'), approves: await at.as('bob') };
      const grants = [{ role: 'Manager', key: at.keyId }] as const;
      expectOk(await addByTwo(context, both, { email: 'm@example.com', roles: [], grants }));
    });
    expect(await policy(withMia)).toBe('accepted');
    expect(
      refusalOf(await putInstancePolicies(context, await withMia.as('alice'), { dualAuthDelete: true })),
    ).toBe('approver-missing');
  });
});

describe('a role', () => {
  it('that is taken and granted again is a new one, and a role that is held stays as old as it is', async () => {
    const reference = await ask(operations.context, desk);
    expectOk(await change('alice@example.com', { grant: [{ role: 'Manager' }, { role: 'Reader' }] }));
    expectOk(await change('alice@example.com', { status: 'frozen' }));
    expectOk(await change('alice@example.com', { status: 'active' }));
    expectOk(await approveAs(await desk.person('alice'), reference));
    operations.now += 1;
    expectOk(
      await change('alice@example.com', { revoke: [{ role: 'Manager' }], grant: [{ role: 'Manager' }] }),
    );
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('void');
    expect(await loadAuthorization(operations.context.store, reference)).toMatchObject({
      why: 'the approver became Manager after the request, or their address was changed since',
    });
  });

  it('of the requester that is taken and granted again does not revive what they asked for', async () => {
    const reference = await ask(operations.context, desk);
    operations.now += 1;
    expectOk(
      await change('wendy@example.com', { revoke: [{ role: 'Writer' }], grant: [{ role: 'Writer' }] }),
    );
    expect(refusalOf(await approveAs(await desk.person('alice'), reference))).toBe('requester-gone');
  });

  it('that is taken ends what was approved with it, unless it is held otherwise', async () => {
    const person = await mia({ role: 'Manager', key: desk.keyId }, { role: 'Manager', keyRing: 'default' });
    const reference = await ask(operations.context, desk);
    expectOk(await approveAs(person, reference));
    expectOk(await change(person.id, { revoke: [{ role: 'Manager', key: desk.keyId }] }));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('consumed');

    const again = await operations.newDesk();
    const next = await ask(operations.context, again);
    await approveAsAlice(operations.context, again, next);
    const bob = await again.as('bob');
    expectOk(
      await changePerson(operations.context, bob, 'alice@example.com', { revoke: [{ role: 'Manager' }] }),
    );
    expect((await deleteKeyStep(operations.context, next)).status).toBe('void');
    expect((await loadKey(operations.context.store, again.instanceId, again.keyId))?.state).not.toBe(
      DESTROYED,
    );
  });

  it('leaves no grant behind that a write could count by', async () => {
    const person = await mia({ role: 'Manager', key: desk.keyId });
    const after = expectOk(await change(person.id, { revoke: [{ role: 'Manager', key: desk.keyId }] }));
    const read = expectOk(await enter(operations.context, desk.instanceId, person.id)).person;
    expect(Object.keys(personItem(read).attributes).filter((name) => name.startsWith('granted'))).toEqual([]);
    expect(after.grants).toEqual([]);
  });

  it('can be granted by alias, and on no key or ring that is not there', async () => {
    const { context } = operations;
    expectOk(
      await createKey(context, await desk.as('alice'), {
        name: 'p',
        extractable: false,
        aliases: ['payroll'],
      }),
    );
    const { grants = [] } = expectOk(
      await change('wendy@example.com', { grant: [{ role: 'Manager', key: 'payroll' }] }),
    );
    expect(grants).toMatchObject([
      { role: 'Manager', on: { key: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
    ]);
    expect(
      refusalOf(await change('wendy@example.com', { grant: [{ role: 'Reader', key: 'nothing' }] })),
    ).toBe('key-not-found');
    expect(
      refusalOf(await change('wendy@example.com', { grant: [{ role: 'Reader', keyRing: 'nowhere' }] })),
    ).toBe('key-ring-not-found');
  });

  it('is one of at most fifty on parts of the instance', async () => {
    const person = await desk.person('wendy');
    const grants = Array.from({ length: MOST_GRANTS }, (_, i) => ({
      role: 'Reader' as const,
      on: { key: `key ${i}` },
      grantedAt: 1,
    }));
    const { instance } = await desk.as('bob');
    const put = { put: personItem({ ...person, grants }), when: [] };
    const event = { action: 'countersign.people.change', actor: 'x', outcome: 'success' } as const;
    await commitInstanceChange(operations.context, { instance, now: 1, events: [event], writes: [put] });
    expect(refusalOf(await change(person.id, { grant: [{ role: 'Reader', key: desk.keyId }] }))).toBe(
      'too-many-grants',
    );
  });
});

describe('whoever is frozen', () => {
  it('does nothing, and counts again as before when they are not', async () => {
    const reference = await ask(operations.context, desk);
    const alice = await desk.as('alice');
    expectOk(await change('alice@example.com', { status: 'frozen' }));
    expect(refusalOf(await enter(operations.context, desk.instanceId, alice.person.id))).toBe(
      'access-denied',
    );
    expect(refusalOf(await approveAs(alice.person, reference))).toBe('access-denied');
    expectOk(await change('alice@example.com', { status: 'active' }));
    expectOk(await approveAs(alice.person, reference));
    expectOk(await change('alice@example.com', { status: 'frozen' }));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('void');
  });

  it('is told of, as are new Managers and addresses', async () => {
    expectOk(await change('wendy@example.com', { grant: [{ role: 'Manager', key: desk.keyId }] }));
    expectOk(await change('wendy@example.com', { email: 'wendy@example.org' }));
    expectOk(await change('wendy@example.org', { status: 'frozen' }));
    const events = await eventsOf();
    const changes = events.filter(({ action }) => action === 'countersign.people.change');
    expect(changes.map(({ data }) => data)).toMatchObject([
      { granted: `Manager@key:${desk.keyId}` },
      { addressChanged: true },
      { status: 'frozen' },
    ]);
    expect(JSON.stringify(events)).not.toContain('example.org');
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
  });
});

describe('an address', () => {
  it('can be changed, and the former one is free then', async () => {
    const { addressSince } = expectOk(await change('wendy@example.com', { email: 'Wendy@example.org' }));
    expect(addressSince).toBe(operations.now);
    expect(refusalOf(await change('wendy@example.com', {}))).toBe('person-not-found');
    const taken = { email: 'wendy@example.org', roles: ['Reader'] } as const;
    expect(refusalOf(await addPerson(operations.context, await desk.as('bob'), taken))).toBe('person-exists');
    expectOk(
      await addPerson(operations.context, await desk.as('bob'), { ...taken, email: 'wendy@example.com' }),
    );
  });

  it('is not one that somebody else has, nor none', async () => {
    expect(refusalOf(await change('wendy@example.com', { email: 'BOB+x@example.com' }))).toBe(
      'person-exists',
    );
    expect(refusalOf(await change('wendy@example.com', { email: 'wendy' }))).toBe('address-invalid');
  });

  it('that was changed does not keep a service of that person from becoming a Manager by two people', async () => {
    expectOk(await change('bob@example.com', { email: 'bob@example.org' }));
    const { person } = expectOk(await service({ owner: 'bob@example.org', roles: ['Manager'] }));
    expect(Object.keys(person.roles)).toEqual(['Manager']);
  });

  it('that was changed since a deletion was asked for does not approve it, nor does a service of that person', async () => {
    const { context } = operations;
    await letServicesApprove(true);
    const { person: nightly } = expectOk(await service({ roles: ['Manager'] }));
    const { person: alice } = await desk.as('alice');
    operations.now += 1;
    const before = await ask(context, desk);
    for (const name of ['alice', 'bob']) {
      expectOk(await change(`${name}@example.com`, { email: `${name}@example.org` }));
    }
    for (const person of [alice, nightly]) {
      expect(refusalOf(await approveAs(person, before))).toBe('grant-too-young');
    }
    operations.now += 60_001;
    expectOk(await approveAs(nightly, await ask(context, desk)));
  });

  it('of the same mailbox is changed as any other', async () => {
    expect(expectOk(await change('wendy@example.com', { email: 'WENDY@example.com' })).email).toBe(
      'WENDY@example.com',
    );
    expectOk(await change('wendy@example.com', { email: 'wendy@example.com' }));
  });
});

describe('a change', () => {
  it('of nothing writes nothing', async () => {
    const before = (await eventsOf()).length;
    expectOk(
      await change('alice@example.com', {
        grant: [{ role: 'Manager' }],
        revoke: [{ role: 'Reader' }],
        status: 'active',
      }),
    );
    expect((await eventsOf()).length).toBe(before);
  });

  it('leaves two Managers of the instance, whoever is Manager of a key', async () => {
    await mia({ role: 'Manager', key: desk.keyId });
    expectOk(await change('carol@example.com', { revoke: [{ role: 'Manager' }] }));
    expect(refusalOf(await change('alice@example.com', { revoke: [{ role: 'Manager' }] }))).toBe(
      'last-managers',
    );
    expect(refusalOf(await change('alice@example.com', { status: 'frozen' }))).toBe('last-managers');
    expect(
      refusalOf(
        await change('alice@example.com', { revoke: [{ role: 'Manager' }], grant: [{ role: 'Manager' }] }),
      ),
    ).toBe('accepted');
  });

  it('of two Managers by each other at once happens to one of them', async () => {
    const both = await Promise.all([
      change('alice@example.com', { status: 'frozen' }, 'bob'),
      change('bob@example.com', { revoke: [{ role: 'Manager' }] }, 'alice'),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('makes at most twenty people Managers of anything', async () => {
    const { context } = operations;
    for (let managers = 3; managers < MOST_MANAGERS; managers += 1) {
      const grants = [{ role: 'Manager', key: desk.keyId }] as const;
      const request = { email: `m${managers}@example.com`, roles: [], grants };
      expectOk(await addByTwo(context, await two('bob'), request));
    }
    expect(
      refusalOf(await change('wendy@example.com', { grant: [{ role: 'Manager', key: desk.keyId }] })),
    ).toBe('too-many-managers');
    expectOk(await change('alice@example.com', { grant: [{ role: 'Manager', key: desk.keyId }] }));
  });

  it('is for Managers of the instance, as they are then', async () => {
    expect(refusalOf(await change('alice@example.com', { status: 'frozen' }, 'wendy'))).toBe('access-denied');
    const alice = await desk.as('alice');
    expectOk(await change('alice@example.com', { status: 'frozen' }));
    expect(refusalOf(await changePerson(operations.context, alice, 'bob@example.com', {}))).toBe(
      'access-denied',
    );
  });
});

describe('a service', () => {
  it('is its owner: who owns it cannot approve what it asked for, and others can', async () => {
    const { person } = expectOk(await service());
    operations.now += 1;
    const reference = await askAs(operations.context, desk, person.id);
    expect(await loadAuthorization(operations.context.store, reference)).toMatchObject({
      requester: person.id,
      requesterPrincipal: desk.id('bob'),
    });
    expect(refusalOf(await approveAs(await desk.person('bob'), reference))).toBe('own-request');
    const mailed = (await loadMails(operations.context.store, reference)).map(({ personId }) => personId);
    expect(mailed.sort()).toEqual([desk.id('alice'), desk.id('carol')].sort());
    expectOk(await approveAs(await desk.person('alice'), reference));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('consumed');
    expect(await brokenRules(operations.context.store, desk)).toEqual([]);
  });

  it('goes with its owner: who is frozen before the deletion has asked for nothing', async () => {
    const { person } = expectOk(await service());
    const caller = await callerOf(person);
    operations.now += 1;
    const reference = await askAs(operations.context, desk, person.id);
    await approveAsAlice(operations.context, desk, reference);
    expectOk(await change('bob@example.com', { status: 'frozen' }, 'alice'));
    expect(refusalOf(await enter(operations.context, desk.instanceId, person.id))).toBe('access-denied');
    expect(caller.person.ownerGone).toBeUndefined();
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('void');
  });

  it('approves nothing unless the instance says so, and then not what its owner asked for', async () => {
    const { person } = expectOk(await service({ roles: ['Manager'] }));
    operations.now += 1;
    const reference = await ask(operations.context, desk);
    expect(refusalOf(await approveAs(person, reference))).toBe('service-identity');
    await letServicesApprove(true);
    const owners = await ask(operations.context, desk, 'bob');
    expect(refusalOf(await approveAs(person, owners))).toBe('own-request');
    operations.now += 120_000;
    const next = await ask(operations.context, desk, 'wendy');
    expectOk(await approveAs(person, next));
    await letServicesApprove(false);
    expect((await deleteKeyStep(operations.context, next)).status).toBe('void');
  });

  it('that may approve does, and the key is destroyed by two people', async () => {
    const { person } = expectOk(await service({ roles: ['Manager'] }));
    await letServicesApprove(true);
    operations.now += 1;
    const reference = await ask(operations.context, desk);
    expectOk(await approveAs(person, reference));
    expect((await deleteKeyStep(operations.context, reference)).status).toBe('consumed');
  });

  it('gives its API key to its owner alone', async () => {
    expect(expectOk(await service()).apiKey).toMatch(/^cs_/);
    expect(expectOk(await service({ name: 'weekly' }, 'alice')).apiKey).toBeUndefined();
  });

  it('has a name of its own, an owner who is there, and no address', async () => {
    expectOk(await service());
    expect(refusalOf(await service())).toBe('person-exists');
    expect(refusalOf(await service({ name: 'b', owner: 'nobody@example.com' }))).toBe('person-not-found');
    expect(refusalOf(await service({ name: 'b', owner: 'nightly' }))).toBe('person-not-found');
    expect(refusalOf(await service({ name: 'b' }, 'wendy'))).toBe('access-denied');
    expect(refusalOf(await change('nightly', { email: 'a@example.com' }))).toBe('address-invalid');
    expectOk(await removePerson(operations.context, await desk.as('bob'), 'nightly'));
    expectOk(await service());
  });
});

async function letServicesApprove(serviceApprovals: boolean): Promise<void> {
  const { instance } = await desk.as('alice');
  const event = { action: 'kms.instance-policies.write', actor: 'x', outcome: 'success' } as const;
  const next = { serviceApprovals };
  const done = await commitInstanceChange(operations.context, { instance, now: 1, events: [event], next });
  expect(done).toBe(true);
}
