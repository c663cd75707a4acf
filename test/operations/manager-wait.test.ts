import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY, HOUR } from '../../lib/domain/time.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { type Caller, enter } from '../../lib/operations/caller.ts';
import { changePerson } from '../../lib/operations/change-person.ts';
import { createKey } from '../../lib/operations/create-key.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { loadPeople } from '../../lib/operations/records/person.ts';
import { setKeyForDeletion } from '../../lib/operations/set-key-for-deletion.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { askAs } from '../support/requests.ts';
import { expectOk, REAUTHORIZATION_WINDOW, RESTORE_WINDOW, refusalOf, WINDOW } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;
let instanceId: string;
let first: Caller;
let second: Caller;

beforeEach(async () => {
  operations = await openOperations();
  const people = ['mia@example.com', 'max@example.com'].map((email) => ({
    email,
    roles: ['Manager'] as const,
  }));
  const made = expectOk(
    await initInstance(operations.context, {
      name: 'payments',
      people,
      dualAuthorization: true,
      authorizationWindow: WINDOW,
      reauthorizationWindow: REAUTHORIZATION_WINDOW,
      restoreWindow: RESTORE_WINDOW,
      managerWait: DAY / 1_000,
      trial: false,
    }),
  );
  instanceId = made.instance.id;
  first = await caller(made.people[0]?.person.id ?? '');
  second = await caller(made.people[1]?.person.id ?? '');
  operations.now += 1_000;
});

afterEach(() => operations.close());

const caller = async (id: string): Promise<Caller> =>
  expectOk(await enter(operations.context, instanceId, id));

async function newManager(email: string): Promise<Caller> {
  const added = expectOk(
    await addByTwo(operations.context, { asks: first, approves: second }, { email, roles: ['Manager'] }),
  );
  operations.now += 1_000;
  return caller(added.person.id);
}

/** What becomes of the approval of a key that is made and asked for now. */
async function approvedBy(approver: Caller, requester = first) {
  const { context } = operations;
  const { key } = expectOk(await createKey(context, first, { name: 'ledger', extractable: false }));
  const desk = { instanceId, keyId: key.id } as Desk;
  const reference = await askAs(context, desk, requester.person.id);
  operations.now += 1_000;
  return refusalOf(
    await approveDeletion(context, {
      ...reference,
      approver: approver.person,
      round: 1,
      decidedThrough: 'api',
    }),
  );
}

it('whoever a Manager adds approves nothing that is asked for within the wait, and everything after it', async () => {
  const eve = await newManager('eve@example.com');
  expect(await approvedBy(eve)).toBe('grant-too-young');
  operations.now += 23 * HOUR;
  expect(await approvedBy(eve)).toBe('grant-too-young');
  operations.now += HOUR;
  expect(await approvedBy(eve)).toBe('accepted');
});

it('whom the instance began with approves at once', async () => {
  const eve = await newManager('eve@example.com');
  expect(await approvedBy(first, eve)).toBe('accepted');
});

it('a deletion that only somebody who still waits could approve is refused when it is asked for', async () => {
  const eve = await newManager('eve@example.com');
  const { context } = operations;
  const { key } = expectOk(await createKey(context, first, { name: 'ledger', extractable: false }));
  const people = [...(await everybody())].filter(({ id }) => id !== first.person.id && id !== eve.person.id);
  for (const person of people) await freeze(person.id);
  expect(refusalOf(await setKeyForDeletion(context, first, key.id, {}))).toBe('approver-missing');
});

const everybody = () => loadPeople(operations.context.store, instanceId);

const freeze = async (id: string): Promise<void> => {
  expectOk(await changePerson(operations.context, first, id, { status: 'frozen' }));
};
