import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enter } from '../../lib/operations/caller.ts';
import { confirmDrillAs } from '../../lib/operations/confirm-drill.ts';
import { startDrill } from '../../lib/operations/drills.ts';
import { changeInstance } from '../../lib/operations/instance.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { settleAuthorization } from '../../lib/operations/settle-authorization.ts';
import { waitingOn } from '../../lib/operations/waiting-on.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, REAUTHORIZATION_WINDOW, refusalOf, WINDOW } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;

beforeAll(async () => {
  operations = await openOperations();
});
beforeEach(async () => {
  desk = await operations.newDesk();
});
afterAll(() => operations.close());

/** A line for each thing that somebody sees: what, and on whom it waits. */
async function seenBy(name: Name): Promise<readonly string[]> {
  const { things, complete } = expectOk(await waitingOn(operations.context, await desk.as(name)));
  expect(complete).toBe(true);
  return things.map(({ kind, waitsFor }) => `${kind}: ${waitsFor.join(', ') || 'nobody'}`);
}

describe('what waits, and on whom', () => {
  it('is a deletion for those who could approve it, and then for who asked', async () => {
    const reference = await ask(operations.context, desk, 'wendy');
    expect(await seenBy('wendy')).toEqual([
      'deletion: alice@example.com, bob@example.com, carol@example.com',
    ]);
    operations.now += WINDOW * 1000;
    expect(await seenBy('wendy')).toEqual(['deletion: nobody']);
    await settleAuthorization(operations.context, reference);
    const { things } = expectOk(await waitingOn(operations.context, await desk.as('alice')));
    expect(things).toMatchObject([
      { waitsFor: ['wendy@example.com'], until: operations.now + REAUTHORIZATION_WINDOW * 1000 },
    ]);
  });

  it('is a change for the other Managers, without those who are gone', async () => {
    const two = { asks: await desk.as('alice'), approves: await desk.as('bob') };
    const mia = expectOk(
      await addByTwo(operations.context, two, { email: 'mia@example.com', roles: ['Manager'] }),
    ).person;
    operations.now += 1_000;
    const changed = await changeInstance(operations.context, await desk.as('bob'), {
      serviceApprovals: true,
    });
    expect(expectOk(changed).waits).toBeDefined();
    expect(await seenBy('bob')).toEqual(['change: alice@example.com, carol@example.com, mia@example.com']);
    for (const id of [mia.id, desk.id('alice')]) {
      expectOk(await removePerson(operations.context, await desk.as('bob'), id));
    }
    expect(await seenBy('bob')).toEqual(['change: carol@example.com']);
    // It tells people's addresses.
    expect(await seenBy('wendy')).toEqual([]);
  });

  it('is a drill for whoever has not confirmed, and nothing when its time is over', async () => {
    const { context } = operations;
    const { id, keyId } = expectOk(await startDrill(context, await desk.as('alice'), 3_600));
    expect(await seenBy('wendy')).toEqual(['drill: alice@example.com, bob@example.com, carol@example.com']);
    expectOk(
      await confirmDrillAs(context, await desk.as('bob'), { id, confirm: keyId.slice(-6), through: 'api' }),
    );
    expect(await seenBy('wendy')).toEqual(['drill: alice@example.com, carol@example.com']);
    operations.now += 3_600_000;
    expect(await seenBy('wendy')).toEqual([]);
  });

  it('is shown the oldest first, and to nobody who reads no keys', async () => {
    const { context } = operations;
    await ask(context, desk, 'wendy');
    operations.now += 1_000;
    expectOk(await startDrill(context, await desk.as('alice'), 3_600));
    operations.now += 1_000;
    await changeInstance(context, await desk.as('bob'), { serviceApprovals: true });
    expect((await seenBy('alice')).map((line) => line.split(':')[0])).toEqual([
      'deletion',
      'drill',
      'change',
    ]);
    const { person } = expectOk(
      await addByTwo(
        context,
        { asks: await desk.as('alice'), approves: await desk.as('bob') },
        { email: 'narrow@example.com', roles: ['KeyPurge'] },
      ),
    );
    const purger = expectOk(await enter(context, person.instanceId, person.id));
    expect(refusalOf(await waitingOn(context, purger))).toBe('access-denied');
  });
});
