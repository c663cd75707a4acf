import { afterEach, beforeEach, expect, it } from 'vitest';
import { MOST_MANAGERS } from '../../lib/domain/person.ts';
import { addByOperator } from '../../lib/operations/add-by-operator.ts';
import { addPerson } from '../../lib/operations/add-person.ts';
import type { changePerson } from '../../lib/operations/change-person.ts';
import { decideByLink, openLink } from '../../lib/operations/links.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { sendMails } from '../../lib/operations/send-mails.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import type { Write } from '../../lib/ports/store.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';
import { addByTwo, changeByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
});

afterEach(() => operations.close());

const as = (name: 'alice' | 'bob') => desk.as(name);
/** A Manager who is neither bob nor the one who is changed. */
const thirdTo = (who: string) => desk.as(who.startsWith('carol') ? 'alice' : 'carol');
const two = async () => ({ asks: await as('alice'), approves: await as('bob') });
const change = async (who: string, request: Parameters<typeof changePerson>[3]) =>
  expectOk(
    await changeByTwo(
      operations.context,
      { asks: await as('bob'), approves: await thirdTo(who) },
      who,
      request,
    ),
  );
/** Who was told of it, by the sweep that comes then. */
async function told(about: RegExp): Promise<readonly string[]> {
  await sweep(operations.context);
  return operations.mails
    .filter(({ subject }) => about.test(subject))
    .map(({ to }) => to.split('@')[0] ?? '')
    .sort();
}

it('a new Manager is told of to every Manager, the new one among them', async () => {
  const request = { email: 'mia@example.com', roles: ['Manager'] } as const;
  expectOk(await addByTwo(operations.context, await two(), request));
  expect(await told(/mia@example.com became a Manager/)).toEqual(['alice', 'bob', 'carol', 'mia']);
  const mail = operations.mails.find(({ subject }) => subject.includes('became a Manager'));
  expect(mail?.text).toContain('Done by: alice@example.com');
});

it('whoever the operator lets purge is told of to every Manager and to them, new or there already', async () => {
  const { context } = operations;
  const roles = ['KeyPurge'] as const;
  for (const email of ['pat@example.com', 'wendy@example.com']) {
    expectOk(await addByOperator(context, { instanceId: desk.instanceId, email, roles }));
  }
  expect(await told(/pat@example.com may purge destroyed keys/)).toEqual(['alice', 'bob', 'carol', 'pat']);
  expect(await told(/wendy@example.com may purge destroyed keys/)).toEqual([
    'alice',
    'bob',
    'carol',
    'wendy',
  ]);
  expect(operations.mails[0]?.text).toContain('Done by: the operator of this installation');
});

it('a new Manager who may purge as well is told of in one mail', async () => {
  const request = { email: 'mia@example.com', roles: ['Manager', 'KeyPurge'] } as const;
  expectOk(await addByTwo(operations.context, await two(), request));
  expect(await told(/mia@example.com (became|may)/)).toEqual(['alice', 'bob', 'carol', 'mia']);
});

it('a Reader who is added is no news', async () => {
  const request = { email: 'rob@example.com', roles: ['Reader'] } as const;
  expectOk(await addPerson(operations.context, await as('alice'), request));
  expect(await told(/./)).toEqual([]);
});

it('a changed address is told of to every Manager, to the former address and to the new one', async () => {
  await change('wendy@example.com', { email: 'wanda@example.com' });
  expect(await told(/address of wendy@example.com/)).toEqual(['alice', 'bob', 'carol', 'wanda', 'wendy']);
  expect(operations.mails[0]?.text).toContain('Former address: wendy@example.com');
});

it('a Manager’s mail of it goes to where they were, although their address is changed right afterwards', async () => {
  await change('alice@example.com', { email: 'eve@example.com' });
  operations.now += 1;
  await change('carol@example.com', { email: 'eva@example.com' });
  expect(await told(/address of alice@example.com/)).toEqual(['alice', 'bob', 'carol', 'eve']);
});

it('the end of a Manager is told of to all and to them, of others to them alone', async () => {
  expectOk(await removePerson(operations.context, await as('bob'), 'carol@example.com'));
  expect(await told(/carol@example.com was removed/)).toEqual(['alice', 'bob', 'carol']);
  expectOk(await removePerson(operations.context, await as('bob'), 'wendy@example.com'));
  expect(await told(/wendy@example.com was removed/)).toEqual(['wendy']);
});

it('with as many Managers as there can be, their mails fit into the transaction', async () => {
  for (let i = 3; i < MOST_MANAGERS; i += 1) {
    const request = { email: `m${i}@example.com`, roles: ['Manager'] } as const;
    expectOk(await addByTwo(operations.context, await two(), request));
  }
  const { store } = operations.context;
  const sizes: number[] = [];
  const context = operations.through({
    ...store,
    commit: (writes: readonly Write[]) => {
      sizes.push(writes.length);
      return store.commit(writes);
    },
  });
  const request = { email: 'eve@example.com', status: 'frozen' } as const;
  const agreeing = { asks: await as('bob'), approves: await as('alice') };
  expectOk(await changeByTwo(context, agreeing, 'carol@example.com', request));
  expect(sizes).toEqual([1 + 1 + 1 + 20, 1 + 2 + 1 + 1 + 2 + 20 + 21 + 20]);
});

/** Alice's link of a request, as it was mailed to her. */
async function linkOfAlice() {
  const reference = await ask(operations.context, desk);
  await sendMails(operations.context, reference);
  const mail = operations.mails.find(({ to }) => to === 'alice@example.com');
  return { reference, token: /\/decide\/([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? '' };
}

it('a changed address ends the links that were mailed to the former one', async () => {
  const { reference, token } = await linkOfAlice();
  expect(expectOk(await openLink(operations.context, token)).offers).toBe('decide');
  await change('alice@example.com', { email: 'eve@example.com' });
  expect(refusalOf(await openLink(operations.context, token))).toBe('link-withdrawn');
  const pending = await loadAuthorization(operations.context.store, reference);
  const decision = {
    decision: 'approve',
    round: 1,
    manifestDigest: pending?.manifestDigest ?? '',
    confirm: desk.keyId.slice(-6),
  } as const;
  expect(refusalOf(await decideByLink(operations.context, token, decision))).toBe('link-withdrawn');
});

it('a link that was not sent yet is not sent to the new address', async () => {
  const reference = await ask(operations.context, desk);
  await change('alice@example.com', { email: 'eve@example.com' });
  await sendMails(operations.context, reference);
  const requests = operations.mails.filter(({ text }) => text.includes('/decide/'));
  expect(requests.map(({ to }) => to).sort()).toEqual(['bob@example.com', 'carol@example.com']);
});

it('an address that changes while its link approves is not approved for', async () => {
  const { reference, token } = await linkOfAlice();
  const pending = await loadAuthorization(operations.context.store, reference);
  const { store } = operations.context;
  let changed = false;
  const context = operations.through({
    ...store,
    commit: async (writes) => {
      if (!changed) {
        changed = true;
        await change('alice@example.com', { email: 'eve@example.com' });
      }
      return store.commit(writes);
    },
  });
  const decision = {
    decision: 'approve',
    round: 1,
    manifestDigest: pending?.manifestDigest ?? '',
    confirm: desk.keyId.slice(-6),
  } as const;
  expect(refusalOf(await decideByLink(context, token, decision))).toBe('link-withdrawn');
  expect(await loadAuthorization(store, reference)).toMatchObject({ status: 'pending' });
});
