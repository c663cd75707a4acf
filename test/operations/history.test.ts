import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyHistory } from '../../lib/operations/history.ts';
import { authorizationItem, loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk } from '../support/story.ts';

let operations: Operations;

beforeEach(async () => {
  operations = await openOperations();
});

afterEach(() => operations.close());

it('a key that was set more than a thousand times has its newest authorization in its history', async () => {
  const { context } = operations;
  const desk = await operations.newDesk();
  const reference = await ask(context, desk);
  const newest = await loadAuthorization(context.store, reference);
  if (newest === undefined) throw new Error('nothing was recorded');
  const older = Array.from({ length: 1_200 }, (_, i) => {
    // Before the newest one's in the order of ids.
    const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    const requestedAt = newest.requestedAt - 1_000 - i;
    return authorizationItem({ ...newest, id, requestedAt }, operations.now);
  });
  for (let i = 0; i < older.length; i += 100) {
    await context.store.commit(older.slice(i, i + 100).map((put) => ({ put, when: [] })));
  }
  const caller = await desk.as('alice');
  const { authorizations } = expectOk(await keyHistory(context, caller, desk.keyId, { limit: 10 }));
  expect(authorizations).toHaveLength(100);
  expect(authorizations[0]?.id).toBe(newest.id);
});
