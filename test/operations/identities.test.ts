import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peopleAt } from '../../lib/domain/people-then.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import { approveDeletion } from '../../lib/operations/approve-deletion.ts';
import { identify, sha256 } from '../../lib/operations/caller.ts';
import { claimApiKey, claimSignIn, sendClaim } from '../../lib/operations/claims.ts';
import {
  beginConsoleSession,
  membershipsOf,
  openConsoleSession,
} from '../../lib/operations/console-sessions.ts';
import { createApiKey } from '../../lib/operations/credentials.ts';
import { unbindIdentity } from '../../lib/operations/identities.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { loadBinding } from '../../lib/operations/records/identity.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { reloadPerson } from '../../lib/operations/records/person.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';

const ISSUER = 'https://login.example.com';
const as = (subject: string) => ({ issuer: ISSUER, subject });

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});
afterEach(() => operations.close());

/** The mailed link's hash, as another Manager had it sent. */
async function linkFor(name: Name): Promise<string> {
  const by = await desk.as(name === 'alice' ? 'bob' : 'alice');
  expectOk(await sendClaim(operations.context, by, `${name}@example.com`));
  operations.now += 1_000;
  return (await desk.person(name)).claim ?? '';
}

const claimAs = async (name: Name, subject: string, hash?: string) =>
  claimSignIn(operations.context, {
    hash: hash ?? (await linkFor(name)),
    identity: as(subject),
    confirm: `${name}@example.com`,
  });
const bind = async (name: Name, subject: string) => expectOk(await claimAs(name, subject));
const whoIs = async (subject: string) =>
  (await loadBinding(operations.context.store, as(subject), desk.instanceId))?.personId;
const events = async () =>
  (await loadEvents(operations.context.store, instancePartition(desk.instanceId), { limit: 100 })).events;
const mailed = async () => {
  const before = operations.mails.length;
  await sweep(operations.context);
  return operations.mails.slice(before);
};

describe('an identity that is bound', () => {
  it('is that person from then on, in this instance, and leaves one event', async () => {
    await bind('bob', 'sub-bob');
    expect(await desk.person('bob')).toMatchObject({
      signsInAs: as('sub-bob'),
      identitySince: operations.now,
    });
    expect(await whoIs('sub-bob')).toBe(desk.id('bob'));
    const other = await operations.newDesk();
    expect(await loadBinding(operations.context.store, as('sub-bob'), other.instanceId)).toBeUndefined();
    const all = await events();
    expect(all.at(-1)).toMatchObject({
      action: 'countersign.people.bind-identity',
      actor: desk.id('bob'),
      data: { person: desk.id('bob'), ...as('sub-bob') },
    });
    expect(firstBrokenLink(all, sha256)).toBeUndefined();
  });

  it('is told of to the person and every Manager', async () => {
    await mailed();
    await bind('bob', 'sub-bob');
    const mails = (await mailed()).filter(({ subject }) => subject.includes('signs in another way'));
    expect(mails.map(({ to }) => to).sort()).toEqual(
      ['alice', 'bob', 'carol'].map((name) => `${name}@example.com`),
    );
    expect(mails[0]?.text).toContain('login.example.com');
  });

  it('is one person’s: somebody else’s claim of it is refused, one after the other and at once', async () => {
    await bind('bob', 'shared');
    expect(refusalOf(await claimAs('wendy', 'shared'))).toBe('identity-taken');
    const [alice, carol] = [await linkFor('alice'), await linkFor('carol')];
    const both = await Promise.all([claimAs('alice', 'both', alice), claimAs('carol', 'both', carol)]);
    expect(both.map(refusalOf).sort()).toEqual(['accepted', 'identity-taken']);
    expect([desk.id('alice'), desk.id('carol')]).toContain(await whoIs('both'));
  });

  it('is the only one of its person: another one takes its place', async () => {
    await bind('bob', 'first');
    await bind('bob', 'second');
    expect([await whoIs('first'), await whoIs('second')]).toEqual([undefined, desk.id('bob')]);
    await bind('wendy', 'first');
    await bind('wendy', 'first');
    expect(await whoIs('first')).toBe(desk.id('wendy'));
  });

  it('is not bound by a link that was used, has ended or is somebody else’s, nor without the address', async () => {
    const hash = await linkFor('bob');
    const asked = { hash, identity: as('sub'), confirm: 'alice@example.com' };
    expect(refusalOf(await claimSignIn(operations.context, asked))).toBe('address-mismatch');
    expectOk(await claimAs('bob', 'sub', hash));
    expect(refusalOf(await claimAs('bob', 'other', hash))).toBe('claimed-already');
    const old = await linkFor('wendy');
    await linkFor('wendy');
    expect(refusalOf(await claimAs('wendy', 'other', old))).toBe('claim-ended');
    expect(refusalOf(await claimAs('wendy', 'other', sha256('none')))).toBe('link-unknown');
    expect(await whoIs('other')).toBeUndefined();
  });

  it('ends the API keys that its person had', async () => {
    const { apiKey } = expectOk(await createApiKey(operations.context, await desk.as('bob'), 'me'));
    await bind('bob', 'sub-bob');
    expect(await identify(operations.context, apiKey)).toBeUndefined();
  });

  it('ends with its person, and is free for whoever comes after', async () => {
    await bind('wendy', 'sub-wendy');
    expectOk(await removePerson(operations.context, await desk.as('bob'), 'wendy@example.com'));
    expect(await whoIs('sub-wendy')).toBeUndefined();
    const again = { email: 'wendy@example.com', roles: ['Reader'] } as const;
    const { person } = expectOk(await addPerson(operations.context, await desk.as('bob'), again));
    expectOk(await sendClaim(operations.context, await desk.as('bob'), person.id));
    const { claim } = await reloadPerson(operations.context.store, person);
    expectOk(await claimAs('wendy', 'sub-wendy', claim));
    expect(await whoIs('sub-wendy')).toBe(person.id);
  });
});

describe('whoever signs in otherwise since', () => {
  const approve = async (reference: Awaited<ReturnType<typeof ask>>) =>
    approveDeletion(operations.context, {
      ...reference,
      approver: await desk.person('bob'),
      round: 1,
      decidedThrough: 'api',
    });

  it('does not approve what was asked for before, and approves what is asked for after', async () => {
    const before = await ask(operations.context, desk);
    await bind('bob', 'sub-bob');
    expect(refusalOf(await approve(before))).toBe('grant-too-young');
    operations.now += 61_000;
    expectOk(await approve(await ask(operations.context, desk)));
  });

  it('does not approve while the account is being bound', async () => {
    const reference = await ask(operations.context, desk);
    const { store } = operations.context;
    const hash = await linkFor('bob');
    let bindsFirst = true;
    const slow = operations.through({
      ...store,
      commit: async (writes) => {
        if (bindsFirst) {
          bindsFirst = false;
          expectOk(await claimAs('bob', 'sub-bob', hash));
        }
        return store.commit(writes);
      },
    });
    const approver = await desk.person('bob');
    const approval = { ...reference, approver, round: 1, decidedThrough: 'api' } as const;
    expect(refusalOf(await approveDeletion(slow, approval))).toBe('grant-too-young');
  });

  it('is seen so by whoever asks later who could have approved then', async () => {
    const since = operations.now;
    await bind('bob', 'sub-bob');
    expectOk(await unbindIdentity(operations.context, await desk.as('bob'), 'me'));
    const known = {
      people: [await desk.person('bob')],
      events: await events(),
      createdAt: 0,
    };
    expect(peopleAt(known, operations.now)[0]?.identitySince).toBe(operations.now);
    expect(peopleAt(known, since)[0]?.identitySince).toBeUndefined();
  });

  it('does not get round that by ending it again, with an API key that was made meanwhile', async () => {
    const before = await ask(operations.context, desk);
    await bind('bob', 'somebody-who-reads-his-mail');
    expectOk(await createApiKey(operations.context, await desk.as('bob'), 'me'));
    expectOk(await unbindIdentity(operations.context, await desk.as('bob'), 'me'));
    expect(refusalOf(await approve(before))).toBe('grant-too-young');
  });
});

describe('ending it', () => {
  it('is the person’s or a Manager’s, and nobody else’s', async () => {
    const { context } = operations;
    await bind('wendy', 'sub-wendy');
    await bind('bob', 'sub-bob');
    expect(refusalOf(await unbindIdentity(context, await desk.as('wendy'), 'bob@example.com'))).toBe(
      'access-denied',
    );
    expect(refusalOf(await unbindIdentity(context, await desk.as('wendy'), 'nobody'))).toBe('access-denied');
    expect(refusalOf(await unbindIdentity(context, await desk.as('alice'), 'nobody'))).toBe(
      'person-not-found',
    );
    expectOk(await unbindIdentity(context, await desk.as('wendy'), 'me'));
    expectOk(await unbindIdentity(context, await desk.as('alice'), 'bob@example.com'));
    expect(refusalOf(await unbindIdentity(context, await desk.as('alice'), 'bob@example.com'))).toBe(
      'identity-not-bound',
    );
    expect([await whoIs('sub-wendy'), await whoIs('sub-bob')]).toEqual([undefined, undefined]);
    expect((await events()).slice(-2)).toMatchObject([
      { action: 'countersign.people.unbind-identity', actor: desk.id('wendy') },
      { action: 'countersign.people.unbind-identity', actor: desk.id('alice'), data: as('sub-bob') },
    ]);
    const told = (await mailed()).filter(({ subject }) => subject.includes('does not sign in'));
    expect(told.map(({ to }) => to)).toEqual(
      expect.arrayContaining(['bob@example.com', 'carol@example.com']),
    );
  });

  it('ends every session that began so at once, and a new link to an API key does as well', async () => {
    const { context } = operations;
    for (const end of ['unbind', 'claim'] as const) {
      await bind('bob', 'sub-bob');
      const signingIn = { personId: desk.id('bob'), instanceId: desk.instanceId, by: as('sub-bob') };
      const { token } = expectOk(await beginConsoleSession(context, signingIn));
      expect(await membershipsOf(context, as('sub-bob'))).toMatchObject([{ personId: desk.id('bob') }]);
      expect((await openConsoleSession(context, token))?.caller.person.id).toBe(desk.id('bob'));
      if (end === 'unbind') expectOk(await unbindIdentity(context, await desk.as('alice'), desk.id('bob')));
      else {
        await mailed();
        await linkFor('bob');
        const link =
          (await mailed()).map(({ text }) => /claim\/([\w-]{43})/.exec(text)?.[1]).find(Boolean) ?? '';
        expectOk(await claimApiKey(context, link, 'bob@example.com'));
      }
      expect(await openConsoleSession(context, token)).toBeUndefined();
      expect(refusalOf(await beginConsoleSession(context, signingIn))).toBe('access-denied');
      expect(await membershipsOf(context, as('sub-bob'))).toEqual([]);
    }
  });
});
