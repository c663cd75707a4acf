import { afterEach, beforeEach, expect, it } from 'vitest';
import { beginNextRound } from '../../lib/operations/reauthorize-deletion.ts';
import { loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { settleAuthorization } from '../../lib/operations/settle-authorization.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf, WINDOW } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

it('one who lets a lapsed round end does not take back the round that somebody began meanwhile', async () => {
  const { context } = operations;
  const reference = await ask(context, desk);
  operations.now += WINDOW * 1000;
  expectOk(await settleAuthorization(context, reference));
  const by = await desk.person('alice');
  expectOk(await beginNextRound(context, { ...reference, by, round: 1 }));

  const { authorizationId } = reference;
  const end = async (round: number) =>
    unsetKeyForDeletion(context, await desk.as('wendy'), desk.keyId, { only: { authorizationId, round } });
  expect(refusalOf(await end(1))).toBe('other-round');
  expect(await loadAuthorization(context.store, reference)).toMatchObject({ status: 'pending', round: 2 });
  expectOk(await end(2));
  expect(await loadAuthorization(context.store, reference)).toMatchObject({ status: 'withdrawn' });
});
