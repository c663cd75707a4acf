import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_DRILL, type Drill } from '../../../lib/domain/drill.ts';
import { readDrill, startDrill } from '../../../lib/operations/drills.ts';
import { changeInstance } from '../../../lib/operations/instance.ts';
import { loadNewestDrill } from '../../../lib/operations/records/drill.ts';
import { loadPeople, personItem } from '../../../lib/operations/records/person.ts';
import { openServer, type Server } from '../../http/server.ts';
import { expectOk, type Name } from '../../support/story.ts';
import { type Visitor, visitor } from './visitor.ts';

let server: Server;

beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

async function signedIn(name: Name): Promise<Visitor> {
  const someone = visitor(server.app);
  await someone.signIn(server.story.apiKeys[name]);
  return someone;
}

const start = async (): Promise<Drill> =>
  expectOk(await startDrill(server.context, await server.story.as('alice'), DEFAULT_DRILL));
const current = () => loadNewestDrill(server.context.store, server.story.instanceId);
const bobsAnswer = async () => {
  const { person } = await server.story.as('bob');
  return (await current())?.participants.find(({ personId }) => personId === person.id)?.confirmation;
};

/** Takes every role from Bob but this one. */
async function makeBobManagerOfARing(): Promise<void> {
  const { store } = server.context;
  const bob = (await loadPeople(store, server.story.instanceId)).find(({ email }) =>
    email.startsWith('bob@'),
  );
  if (bob === undefined) throw new Error('there is no bob');
  const grants = [{ role: 'Manager', on: { keyRing: 'default' }, grantedAt: 1 }] as const;
  await store.commit([{ put: personItem({ ...bob, roles: {}, grants }), when: [] }]);
}

describe('a drill, for a Manager who is asked and signed in', () => {
  it('is on the first page until they have confirmed with the end of the key’s id, once', async () => {
    expectOk(
      await changeInstance(server.context, await server.story.as('alice'), { approvalNeedsCredential: true }),
    );
    const { id, keyId, keyName } = await start();
    const path = `/drills/${id}`;
    const bob = await signedIn('bob');
    expect((await bob.get('/')).text).toContain(`href="${path}"`);
    expect((await bob.get(path)).text).toContain('Confirm that I can approve');

    for (const confirm of ['', '000000', 'x'.repeat(101)]) {
      const { status, text } = await bob.post(path, { confirm });
      expect([confirm, status, text.includes('id="confirm-error"')]).toEqual([confirm, 422, true]);
    }
    expect((await bob.post(path, { confirm: keyId.slice(-6), csrf: '' })).status).toBe(403);
    expect(await bobsAnswer()).toBeUndefined();

    const confirmed = await bob.post(path, { confirm: ` ${keyId.slice(-6).toUpperCase()} ` });
    expect([confirmed.status, confirmed.location]).toEqual([303, `${path}?notice=drill-confirmed`]);
    expect(await bobsAnswer()).toMatchObject({
      through: 'console',
      withCredential: true,
      couldApprove: true,
    });
    const { text } = await bob.get(path);
    expect(text).toContain('through the console, with a credential of their own');
    expect(text).not.toContain('Confirm that I can approve');
    expect((await bob.get('/')).text).not.toContain(keyName);
    expect((await (await signedIn('alice')).get('/')).text).toContain(keyName);
  });

  it('is one that they are asked by as Manager of a key ring, who reads no other', async () => {
    await makeBobManagerOfARing();
    const { id, keyId } = await start();
    const bob = await signedIn('bob');
    expect((await bob.get('/')).text).toContain(`href="/drills/${id}"`);
    expect((await bob.get(`/drills/${id}`)).text).toContain('Confirm that I can approve');
    expect((await bob.post(`/drills/${id}`, { confirm: keyId.slice(-6) })).status).toBe(303);
    expect(await bobsAnswer()).toMatchObject({ through: 'console' });
    expect((await bob.get('/drills')).status).toBe(403);
  });

  it('offers nothing to whoever is not asked, or once it is over', async () => {
    const { id, keyId } = await start();
    const wendy = await signedIn('wendy');
    expect((await wendy.get(`/drills/${id}`)).text).not.toContain('Confirm that I can approve');
    expect((await wendy.get('/')).text).not.toContain(`/drills/${id}`);
    expect((await wendy.post(`/drills/${id}`, { confirm: keyId.slice(-6) })).status).toBe(403);
    await server.story.pass(DEFAULT_DRILL + 1);
    const bob = await signedIn('bob');
    expect((await bob.get(`/drills/${id}`)).text).not.toContain('Confirm that I can approve');
    const late = await bob.post(`/drills/${id}`, { confirm: keyId.slice(-6) });
    expect([late.status, late.text.includes('The drill has ended')]).toEqual([409, true]);
  });

  it('that began before they were Manager of anything is not found', async () => {
    const { id } = await start();
    const { caller } = await asManagerOfARing('wendy');
    expect(await readDrill(server.context, caller, id)).toMatchObject({
      refusal: { code: 'drill-not-found' },
    });
  });
});

async function asManagerOfARing(name: Name) {
  const caller = await server.story.as(name);
  const grants = [{ role: 'Manager', on: { keyRing: 'default' }, grantedAt: 1 }] as const;
  return { caller: { ...caller, person: { ...caller.person, roles: {}, grants } } };
}
