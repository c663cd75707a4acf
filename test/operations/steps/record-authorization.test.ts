import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MOST_MANAGERS } from '../../../lib/domain/person.ts';
import { approveDeletion } from '../../../lib/operations/approve-deletion.ts';
import { loadAuthorization } from '../../../lib/operations/records/authorization.ts';
import { loadKey } from '../../../lib/operations/records/key.ts';
import { loadMails } from '../../../lib/operations/records/mail.ts';
import { deleteKeyStep } from '../../../lib/operations/steps/delete-key.ts';
import { recordAuthorization } from '../../../lib/operations/steps/record-authorization.ts';
import { type Desk, type Name, type Operations, openOperations } from '../../support/operations.ts';
import { approveAsAlice, ask, writeRequest } from '../../support/requests.ts';
import { brokenRules } from '../../support/rules.ts';
import { expectOk, refusalOf } from '../../support/story.ts';
import { addByTwo } from '../../support/two-managers.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

const inputOf = (who: Name, more: object = {}) => ({
  instanceId: desk.instanceId,
  keyId: desk.keyId,
  authorizationId: randomUUID(),
  incarnation: 1,
  requester: desk.id(who),
  twoPeople: true,
  stopVersion: 0,
  ...more,
});

it('an execution that was started without a request records nothing', async () => {
  const forged = inputOf('alice');
  expect((await recordAuthorization(operations.context, forged)).status).toBe('not-recorded');
  expect(await loadAuthorization(operations.context.store, forged)).toBeUndefined();
  const key = await loadKey(operations.context.store, desk.instanceId, desk.keyId);
  expect(key?.authorizationId).toBeUndefined();
  expect(await brokenRules(operations.context.store, desk)).toEqual([]);
});

it('an execution’s input cannot name another requester than the one who asked', async () => {
  const asked = inputOf('bob', { reason: 'moved' });
  await writeRequest(operations.context, asked);
  const forged = { ...asked, requester: desk.id('alice'), twoPeople: false, reason: 'harmless' };
  expect((await recordAuthorization(operations.context, forged)).status).toBe('pending');
  expect(await loadAuthorization(operations.context.store, asked)).toMatchObject({
    requester: desk.id('bob'),
    manifest: { reason: 'moved' },
  });
  const approver = await desk.person('bob');
  const approval = { ...asked, approver, round: 1, decidedThrough: 'api' } as const;
  expect(refusalOf(await approveDeletion(operations.context, approval))).toBe('own-request');
  expectOk(await approveDeletion(operations.context, { ...approval, approver: await desk.person('alice') }));
});

it('a request whose execution was not started in time is worth nothing', async () => {
  const asked = inputOf('wendy');
  await writeRequest(operations.context, asked);
  operations.now += 3_600_001;
  expect((await recordAuthorization(operations.context, asked)).status).toBe('not-recorded');
});

it('with as many Managers as there can be, asking anew, approving and destroying fit into one transaction each', async () => {
  const { context } = operations;
  for (let managers = 3; managers < MOST_MANAGERS; managers += 1) {
    const person = { email: `m${managers}@example.com`, roles: ['Manager'] } as const;
    const two = { asks: await desk.as('alice'), approves: await desk.as('bob') };
    expectOk(await addByTwo(context, two, person));
  }
  operations.now += 1;
  await ask(context, desk, 'wendy');
  const reference = await ask(context, desk, 'bob');
  await approveAsAlice(context, desk, reference);
  expect((await deleteKeyStep(context, reference)).status).toBe('consumed');
  expect(await loadMails(context.store, reference)).toHaveLength(2 * MOST_MANAGERS - 1);
  expect(await brokenRules(context.store, desk)).toEqual([]);
});
