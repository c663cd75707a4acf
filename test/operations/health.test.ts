import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHealth } from '../../lib/operations/health.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});
afterEach(() => operations.close());

it('counts the mails of the instance alone, and tells when its chains were last signed for', async () => {
  const other = await operations.newDesk();
  await ask(operations.context, desk);
  operations.deliver = async () => ({ delivered: false, rejected: 'no such mailbox' });
  operations.now += 120_000;
  await sweep(operations.context);
  const health = expectOk(await readHealth(operations.context, await desk.as('bob')));
  expect(health.undelivered).toMatchObject({ due: 0 });
  expect(health.undelivered['given-up']).toBeGreaterThan(0);
  expect(health.lastCheckpoint).toBe(operations.now);
  const others = expectOk(await readHealth(operations.context, await other.as('bob')));
  expect(others.undelivered).toEqual({ due: 0, 'given-up': 0 });
});

it('tells what the process has seen where there is one, and nothing of one where there is none', async () => {
  const installation: Installation = {
    version: '1.2.3',
    startedAt: 7,
    look: async () => ({ overdue: 3, sinks: [], lastBackup: 9 }),
  };
  const bob = await desk.as('bob');
  const here = expectOk(await readHealth({ ...operations.context, installation }, bob));
  expect(here.process).toEqual({ version: '1.2.3', startedAt: 7, overdue: 3, sinks: [], lastBackup: 9 });
  const { installation: _, readiness: __, ...context } = operations.context;
  const elsewhere = expectOk(await readHealth(context, bob));
  expect([elsewhere.process, elsewhere.checks]).toEqual([undefined, [{ name: 'store', status: 'ok' }]]);
});

it('is for Managers of the whole instance', async () => {
  expect(refusalOf(await readHealth(operations.context, await desk.as('wendy')))).toBe('access-denied');
});
