import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError, TransientError } from '../../lib/domain/errors.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { keyHistory } from '../../lib/operations/history.ts';
import { removePerson } from '../../lib/operations/people.ts';
import { beginNextRound } from '../../lib/operations/reauthorize-deletion.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadMails, type OutboxRow } from '../../lib/operations/records/mail.ts';
import { sendMails } from '../../lib/operations/send-mails.ts';
import { settleAuthorization } from '../../lib/operations/settle-authorization.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { unsetKeyForDeletion } from '../../lib/operations/unset-key-for-deletion.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, WINDOW } from '../support/story.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
});

afterEach(() => operations.close());

const rows = () => loadMails(operations.context.store, reference);
const rowsOf = async (template: OutboxRow['template']) =>
  (await rows()).filter((row) => row.template === template);
const send = () => sendMails(operations.context, reference);
const wake = () => sweep(operations.context);
const to = () => operations.mails.map((mail) => mail.to.replace('@example.com', '')).sort();
/** Lets the sweeper come every minute. */
async function pass(milliseconds: number): Promise<void> {
  const until = operations.now + milliseconds;
  while (operations.now < until) {
    operations.now += MINUTE;
    await wake();
  }
}

const busy = () => Promise.reject(new TransientError('the server is busy'));

describe('a request’s mails', () => {
  it('go to every Manager once, each with a link of their own, whose token is kept nowhere afterwards', async () => {
    expect((await rows()).every((row) => row.sealedToken !== undefined)).toBe(true);
    await send();
    await send();
    await pass(2 * MINUTE);
    expect(to()).toEqual(['alice', 'bob', 'carol']);
    const links = operations.mails.map(({ text }) => /\/decide\/([\w-]{43})/.exec(text)?.[1]);
    expect(new Set(links).size).toBe(3);
    for (const row of await rows()) {
      expect(row).toMatchObject({ status: 'sent', attempts: 1 });
      expect(row).not.toHaveProperty('sealedToken');
    }
  });

  it('are left to the sweeper when the server is busy, and one that failed holds up no other for long', async () => {
    operations.deliver = busy;
    await send();
    expect((await rows()).filter(({ attempts }) => attempts === 1)).toHaveLength(1);
    expect((await rows()).filter(({ attempts }) => attempts === 0)).toHaveLength(2);
    operations.deliver = async () => ({ delivered: true });
    await pass(2 * MINUTE);
    expect(to()).toEqual(['alice', 'bob', 'carol']);
  });

  it('keep one Message-ID through all attempts', async () => {
    const tried: string[] = [];
    operations.deliver = async ({ messageId }) => {
      tried.push(messageId);
      throw new TransientError('the server is busy');
    };
    await pass(10 * MINUTE);
    expect(tried.length).toBeGreaterThan(6);
    expect(new Set(tried).size).toBe(3);
  });

  it('are tried less and less often, and given up after 24 attempts and some days, for everyone to see', async () => {
    const tried: number[] = [];
    operations.deliver = async (mail) => {
      if (mail.to.startsWith('alice') && mail.subject.includes('Approve')) tried.push(operations.now);
      return { delivered: false, deferred: 'the mail server refused the mail for now' };
    };
    await pass(6 * HOUR);
    const pauses = tried.slice(1).map((at, i) => (at - (tried[i] ?? 0)) / MINUTE);
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 32]);
    for (let hours = 0; hours < 6 * 24; hours += 1) {
      operations.now += HOUR;
      await wake();
      await wake();
    }
    expect(tried).toHaveLength(24);
    for (const row of await rowsOf('approval-requested')) {
      expect(row).toMatchObject({ status: 'given-up', attempts: 24 });
      expect(row.problem).toContain('mail server');
    }
    const history = expectOk(
      await keyHistory(operations.context, await desk.as('wendy'), desk.keyId, { limit: 100 }),
    );
    const requests = history.mails.filter(({ template }) => template === 'approval-requested');
    expect(requests.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['given-up', 24],
      ['given-up', 24],
      ['given-up', 24],
    ]);
  });

  it('that the server refuses for good are given up at once, and the others go out', async () => {
    operations.deliver = async (mail) =>
      mail.to.startsWith('alice') ? { delivered: false, rejected: 'no such mailbox' } : { delivered: true };
    await send();
    expect(to()).toEqual(['bob', 'carol']);
    const given = (await rows()).filter(({ status }) => status === 'given-up');
    expect(given).toMatchObject([{ personId: desk.id('alice'), problem: 'no such mailbox', attempts: 1 }]);
  });

  it('to a mailbox that takes none now hold up no other', async () => {
    operations.deliver = async (mail) =>
      mail.to.startsWith('alice') ? { delivered: false, deferred: 'mailbox full' } : { delivered: true };
    await send();
    expect(to()).toEqual(['bob', 'carol']);
    const [left] = (await rows()).filter(({ status }) => status === 'due');
    expect(left).toMatchObject({ personId: desk.id('alice'), attempts: 1, problem: 'mailbox full' });
    expect(left).toHaveProperty('sealedToken');
  });

  it('do not wait for ever behind one that breaks the connection each time', async () => {
    operations.deliver = async (mail) => {
      if (mail.to.startsWith('alice')) throw new TransientError('the connection was reset');
      return { delivered: true };
    };
    await pass(5 * MINUTE);
    expect(to()).toEqual(['bob', 'carol']);
  });

  it('are begun in one write and ended in another, however many they are', async () => {
    const { store } = operations.context;
    const commits: number[] = [];
    const context = operations.through({
      ...store,
      commit: (writes) => {
        commits.push(writes.length);
        return store.commit(writes);
      },
    });
    await sendMails(context, reference);
    expect(commits).toEqual([3, 3]);
    expect(to()).toEqual(['alice', 'bob', 'carol']);
  });

  it('that cannot even be made do not fail the step, and are given up after as many attempts', async () => {
    operations.deliver = () => Promise.reject(new PermanentError('sealed under another key'));
    await send();
    for (let hours = 0; hours < 7 * 24; hours += 1) {
      operations.now += HOUR;
      await wake();
      await wake();
    }
    for (const row of await rowsOf('approval-requested')) {
      expect(row).toMatchObject({ status: 'given-up', attempts: 24 });
    }
    expect(operations.logged.join()).not.toContain('sealed under another key');
  });
});

describe('a mail that nobody needs any more', () => {
  const dropped = { status: 'dropped', problem: 'nobody is to hear of this any more' };

  it('is not sent when its round has been decided', async () => {
    const by = await desk.person('bob');
    expectOk(await recordDenial(operations.context, { ...reference, by, round: 1, decidedThrough: 'api' }));
    await send();
    expect(await rowsOf('approval-requested')).toMatchObject([dropped, dropped, dropped]);
    expect(operations.mails.every(({ text }) => !text.includes('/decide/'))).toBe(true);
    expect(to()).toEqual(['alice', 'bob', 'carol', 'wendy']);
  });

  it('is not sent when a later round has begun, nor is the question whether to ask again', async () => {
    operations.now += WINDOW * 1000;
    expectOk(await settleAuthorization(operations.context, reference));
    const by = await desk.person('alice');
    expectOk(await beginNextRound(operations.context, { ...reference, by, round: 1 }));
    await send();
    const first = (await rows()).filter(({ round }) => round === 1);
    expect(first.map(({ template }) => template).sort()).toEqual([
      'approval-requested',
      'approval-requested',
      'approval-requested',
      'window-closed',
    ]);
    expect(first.every(({ status }) => status === 'dropped')).toBe(true);
    expect(to()).toEqual(['bob', 'carol']);
  });

  it('is not sent when what it asks to repeat was withdrawn', async () => {
    operations.now += WINDOW * 1000;
    expectOk(await settleAuthorization(operations.context, reference));
    expectOk(await unsetKeyForDeletion(operations.context, await desk.as('bob'), desk.keyId, {}));
    await send();
    expect(await rowsOf('window-closed')).toMatchObject([dropped]);
  });

  it('is not sent to somebody who was removed', async () => {
    expectOk(await removePerson(operations.context, await desk.as('bob'), desk.id('alice')));
    await send();
    expect(to()).toEqual(['bob', 'carol']);
  });
});

it('a crash between handing a mail over and noting it sends it again, with the same Message-ID', async () => {
  const { store } = operations.context;
  let dead = false;
  operations.deliver = async (mail) => {
    operations.mails.push(mail);
    dead = true;
    return { delivered: false, rejected: 'never noted' };
  };
  const context = operations.through({
    ...store,
    commit: (writes) => (dead ? new Promise(() => {}) : store.commit(writes)),
  });
  void sendMails(context, reference);
  await expect.poll(() => dead).toBe(true);
  const [first] = operations.mails;
  operations.deliver = async () => ({ delivered: true });
  await pass(2 * MINUTE);
  const again = operations.mails.filter(({ messageId }) => messageId === first?.messageId);
  expect(again).toHaveLength(2);
  expect((await rows()).every(({ status }) => status === 'sent')).toBe(true);
});

it('a step and the sweeper that send at once send each mail once', async () => {
  operations.now += DAY;
  await Promise.all([send(), wake(), send(), wake()]);
  await wake();
  expect(to()).toEqual(['alice', 'bob', 'carol']);
});
