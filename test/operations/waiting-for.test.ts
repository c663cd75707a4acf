import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settleAuthorization } from '../../lib/operations/settle-authorization.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { waitingFor } from '../../lib/operations/waiting-for.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, REAUTHORIZATION_WINDOW, WINDOW } from '../support/story.ts';

let operations: Operations;
let desk: Desk;

beforeAll(async () => {
  operations = await openOperations();
});
beforeEach(async () => {
  desk = await operations.newDesk();
});
afterAll(() => operations.close());

/** In which lists somebody finds the one authorization. */
async function listsOf(name: Name): Promise<readonly string[]> {
  const { complete: _, ...lists } = await waitingFor(operations.context, await desk.as(name));
  return Object.entries(lists).flatMap(([list, found]) => found.map(() => list));
}

describe('what waits', () => {
  it('is for the Managers to decide, and for its requester to wait for', async () => {
    await ask(operations.context, desk, 'wendy');
    expect(await listsOf('alice')).toEqual(['toApprove']);
    expect(await listsOf('wendy')).toEqual(['asked']);
  });

  it('is not for the Manager to approve who asked for it, nor for one who came later', async () => {
    await ask(operations.context, desk, 'alice');
    expect(await listsOf('alice')).toEqual(['asked']);
    expect(await listsOf('bob')).toEqual(['toApprove']);
  });

  it('names who asked and until when it can be decided', async () => {
    await ask(operations.context, desk, 'wendy');
    const { toApprove, complete } = await waitingFor(operations.context, await desk.as('bob'));
    expect(toApprove).toMatchObject([
      { requester: 'wendy@example.com', until: operations.now + WINDOW * 1000, key: { id: desk.keyId } },
    ]);
    expect(complete).toBe(true);
  });

  it('can be asked for again by its requester once its window has closed, and no longer than that', async () => {
    const reference = await ask(operations.context, desk, 'wendy');
    operations.now += WINDOW * 1000;
    expect(await listsOf('alice')).toEqual(['others']);
    await settleAuthorization(operations.context, reference);
    expect(await listsOf('wendy')).toEqual(['toReauthorize']);
    expect(await listsOf('alice')).toEqual(['others']);
    operations.now += REAUTHORIZATION_WINDOW * 1000;
    expect(await listsOf('wendy')).toEqual(['others']);
  });

  it('is gone when it is over', async () => {
    await ask(operations.context, desk, 'wendy');
    expectOk(await unsetKeyForDeletion(operations.context, await desk.as('wendy'), desk.keyId, {}));
    expect(await listsOf('alice')).toEqual([]);
  });

  it('is seen by whoever may see the key alone', async () => {
    await ask(operations.context, desk, 'wendy');
    const alice = await desk.as('alice');
    const seenBy = (on: { readonly key: string }) =>
      waitingFor(operations.context, {
        ...alice,
        person: { ...alice.person, roles: {}, grants: [{ role: 'Reader', on, grantedAt: 1 }] },
      });
    expect((await seenBy({ key: desk.keyId })).others).toHaveLength(1);
    const { others } = await seenBy({ key: 'another' });
    expect(others).toEqual([]);
  });
});
