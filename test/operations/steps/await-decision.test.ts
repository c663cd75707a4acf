import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reference } from '../../../lib/operations/records/authorization.ts';
import { loadWait } from '../../../lib/operations/records/wait.ts';
import { awaitApproval } from '../../../lib/operations/steps/await-decision.ts';
import { type Operations, openOperations } from '../../support/operations.ts';
import { ask } from '../../support/requests.ts';

let operations: Operations;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  reference = await ask(operations.context, await operations.newDesk());
});

afterEach(() => operations.close());

const wait = async (taskToken: string, enteredAt: string, more: object = {}) => {
  const step = { ...reference, incarnation: 1, retryCount: 0, taskToken, enteredAt, ...more };
  await awaitApproval(operations.context, step);
  return (await loadWait(operations.context.store, reference))?.taskToken;
};

it('the token of the later attempt stays, however its whole seconds are written', async () => {
  expect(await wait('first', '2026-01-01T00:00:01Z')).toBe('first');
  expect(await wait('second', '2026-01-01T00:00:01.250Z')).toBe('second');
  expect(await wait('late double', '2026-01-01T00:00:01Z', { retryCount: 3 })).toBe('second');
  expect(await wait('retried', '2026-01-01T00:00:01.250Z', { retryCount: 1 })).toBe('retried');
  expect(await wait('tenth', '2026-01-01T00:00:01.250Z', { retryCount: 10 })).toBe('tenth');
  expect(await wait('replaced', '2025-12-31T00:00:00Z', { incarnation: 2 })).toBe('replaced');
});
