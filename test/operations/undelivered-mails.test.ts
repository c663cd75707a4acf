import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { readAuthorization } from '../../lib/operations/read-authorization.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { sendMails } from '../../lib/operations/send-mails.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { listUndelivered, resendMail } from '../../lib/operations/undelivered-mails.ts';
import { type Desk, type Name, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk, refusalOf } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
});

afterEach(() => operations.close());

type Status = 'due' | 'given-up';
const list = async (status: Status, { limit = 10, after }: { limit?: number; after?: string } = {}) =>
  expectOk(
    await listUndelivered(operations.context, await desk.as('bob'), {
      status,
      limit,
      ...(after !== undefined && { after }),
    }),
  );
const addressees = async (status: Status) => (await list(status)).mails.map(({ to }) => String(to)).sort();
const resend = async (id: string, by: Name = 'bob') => resendMail(operations.context, await desk.as(by), id);
const send = () => sendMails(operations.context, reference);

/** What the mail server does with mails to Alice; others it takes. */
const toAlice = (delivery: { readonly deferred: string } | { readonly rejected: string }) => {
  operations.deliver = async ({ to }) =>
    to.startsWith('alice') ? { delivered: false, ...delivery } : { delivered: true };
};
const refuseAlice = () => toAlice({ rejected: 'no such mailbox' });
const takeAll = () => {
  operations.deliver = async () => ({ delivered: true });
};

describe('a mail that could not be delivered', () => {
  it('is in the list of those that are tried again, and leaves it when it is sent', async () => {
    toAlice({ deferred: 'mailbox full' });
    await send();
    expect(await addressees('due')).toEqual(['alice@example.com']);
    expect(await addressees('given-up')).toEqual([]);
    takeAll();
    operations.now += 60_000;
    await sweep(operations.context);
    expect(await addressees('due')).toEqual([]);
  });

  it('is on the request, for every reader of it', async () => {
    refuseAlice();
    await send();
    const { mails } = expectOk(
      await readAuthorization(operations.context, await desk.as('wendy'), desk.keyId),
    );
    expect(mails.find(({ personId }) => personId === desk.id('alice'))).toMatchObject({
      status: 'given-up',
      attempts: 1,
      problem: 'no such mailbox',
      id: expect.stringMatching(/^\d+-[0-9a-f-]{36}$/),
    });
    expect(JSON.stringify(mails)).not.toContain('sealedToken');
  });

  it('goes out with its link when it is sent again, and leaves an event', async () => {
    refuseAlice();
    await send();
    const [given] = (await list('given-up')).mails;
    takeAll();
    expectOk(await resend(given?.id ?? ''));
    expect(await addressees('given-up')).toEqual([]);
    await sweep(operations.context);
    const [mail] = operations.mails.filter(({ to }) => to.startsWith('alice'));
    expect(mail?.text).toMatch(/\/decide\/[\w-]{43}/);
    expect(refusalOf(await resend(given?.id ?? ''))).toBe('mail-not-found');
    const { events } = await loadEvents(operations.context.store, instancePartition(desk.instanceId), {
      limit: 100,
    });
    expect(events.at(-1)).toMatchObject({
      action: 'countersign.mails.resend',
      actor: desk.id('bob'),
      data: { template: 'approval-requested', to: desk.id('alice') },
    });
  });

  it('has as many attempts again, as far apart', async () => {
    refuseAlice();
    await send();
    const [given] = (await list('given-up')).mails;
    toAlice({ deferred: 'mailbox full' });
    expectOk(await resend(given?.id ?? ''));
    await sweep(operations.context);
    const [again] = (await list('due')).mails;
    expect(again?.row).toMatchObject({ status: 'due', attempts: 2, notBefore: operations.now + 60_000 });
  });

  it('is not sent again when what it asks for is decided', async () => {
    refuseAlice();
    await send();
    const [given] = (await list('given-up')).mails;
    const by = await desk.person('bob');
    expectOk(await recordDenial(operations.context, { ...reference, by, round: 1, decidedThrough: 'api' }));
    takeAll();
    expectOk(await resend(given?.id ?? ''));
    await sweep(operations.context);
    expect(operations.mails.some(({ text }) => text.includes('/decide/') && text.includes('alice'))).toBe(
      false,
    );
    expect(await addressees('given-up')).toEqual([]);
  });

  it('about people is in the same list', async () => {
    refuseAlice();
    const request = { email: 'mia@example.com', roles: ['Manager'] } as const;
    const two = { asks: await desk.as('bob'), approves: await desk.as('carol') };
    expectOk(await addByTwo(operations.context, two, request));
    await sweep(operations.context);
    const given = (await list('given-up')).mails.find(({ row }) => row.template === 'became-manager');
    expect(given).toMatchObject({ to: 'alice@example.com' });
    takeAll();
    expectOk(await resend(given?.id ?? ''));
    await sweep(operations.context);
    expect(operations.mails.filter(({ to }) => to.startsWith('alice'))[0]?.subject).toContain('mia@');
  });
});

it('the list is paged, the newest first, and for Managers of this instance alone', async () => {
  operations.deliver = async () => ({ delivered: false, rejected: 'no such mailbox' });
  await send();
  operations.now += 1_000;
  await sendMails(operations.context, await ask(operations.context, await operations.newDesk()));
  const first = await list('given-up', { limit: 2 });
  const second = await list('given-up', { limit: 2, after: first.cursor ?? '' });
  const ids = [...first.mails, ...second.mails].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  const writer = await desk.as('wendy');
  const page = { status: 'given-up', limit: 1 } as const;
  expect(refusalOf(await listUndelivered(operations.context, writer, page))).toBe('access-denied');
  expect(refusalOf(await resend(ids[0] ?? '', 'wendy'))).toBe('access-denied');
  const other = await operations.newDesk();
  const elsewhere = await resendMail(operations.context, await other.as('bob'), ids[0] ?? '');
  expect(refusalOf(elsewhere)).toBe('mail-not-found');
  expect(refusalOf(await resend('1-x'))).toBe('mail-not-found');
});
