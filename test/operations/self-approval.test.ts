import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { brokenRules } from '../support/rules.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk, 'alice');
});

afterEach(() => operations.close());

const approveOwn = async () => {
  const approver = await desk.person('alice');
  const approval = { ...reference, approver, round: 1, decidedThrough: 'api' } as const;
  return refusalOf(await approveDeletion(operations.context, approval));
};

const refusals = async () => {
  const partition = keyPartition(desk.instanceId, desk.keyId);
  const { events } = await loadEvents(operations.context.store, partition, { limit: 1000 });
  return events.filter(({ outcome }) => outcome === 'failure');
};

it('a refused self-approval leaves an event, once a minute however often it is repeated', async () => {
  for (let tries = 0; tries < 5; tries += 1) expect(await approveOwn()).toBe('own-request');
  expect(await refusals()).toMatchObject([
    { action: 'kms.secrets.delete', actor: desk.id('alice'), round: 1, data: { reason: 'own-request' } },
  ]);
  operations.now += 60_000;
  expect(await approveOwn()).toBe('own-request');
  expect(await refusals()).toHaveLength(2);
  expect(await brokenRules(operations.context.store, desk)).toEqual([]);
});

it('whoever tries it in a loop does not hold up a withdrawal', async () => {
  let going = true;
  const loops = Array.from({ length: 100 }, async () => {
    for (; going; await setImmediate()) await approveOwn();
  });
  await setImmediate();
  const withdrawn = await unsetKeyForDeletion(operations.context, await desk.as('wendy'), desk.keyId, {});
  going = false;
  await Promise.all(loops);
  expectOk(withdrawn);
});
