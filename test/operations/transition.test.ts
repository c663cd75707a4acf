import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { awaitApproval } from '../../lib/operations/steps/await-decision.ts';
import type { WakingCommit } from '../../lib/ports/store.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { approveAsAlice, ask } from '../support/requests.ts';

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
});

afterEach(() => operations.close());

/** A step that waits stores its token. */
const wait = (taskToken: string, enteredAt = '2026-01-01T00:00:01.000Z') =>
  awaitApproval(operations.context, { ...reference, incarnation: 1, retryCount: 0, taskToken, enteredAt });

/** Approves where a commit can wake. @returns what was woken with the decision, and what after it. */
async function approve(before: (token: string) => Promise<unknown> = async () => {}) {
  const { context } = operations;
  const withIt: string[] = [];
  const wakingCommit: WakingCommit = async (writes, token) => {
    await before(token);
    withIt.push(token);
    return context.store.commit(writes);
  };
  await approveAsAlice({ ...context, wakingCommit }, desk, reference);
  return { withIt, afterIt: operations.woken };
}

it('a step that is woken with the decision is not woken again', async () => {
  await wait('first');
  expect(await approve()).toEqual({ withIt: ['first'], afterIt: [] });
});

it('a token that was stored while the decision was being written is woken after it', async () => {
  await wait('first');
  const stored = () => wait('second', '2026-01-01T00:00:02.000Z');
  expect(await approve(stored)).toEqual({ withIt: ['first'], afterIt: ['second'] });
});

it('a decision that finds no token wakes nobody', async () => {
  expect(await approve()).toEqual({ withIt: [], afterIt: [] });
});
