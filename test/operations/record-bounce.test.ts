import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COUNTERSIGN } from '../../lib/domain/audit.ts';
import { TransientError } from '../../lib/domain/errors.ts';
import type { Measure } from '../../lib/domain/measures.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { startDrill } from '../../lib/operations/drills.ts';
import { openLink } from '../../lib/operations/links.ts';
import { recordBounce } from '../../lib/operations/record-bounce.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../lib/operations/records/event.ts';
import { instancePartition } from '../../lib/operations/records/instance.ts';
import { keyPartition } from '../../lib/operations/records/key.ts';
import { loadAttempted } from '../../lib/operations/records/mail.ts';
import { sendMails } from '../../lib/operations/send-mails.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { listUndelivered, resendMail } from '../../lib/operations/undelivered-mails.ts';
import type { Mail } from '../../lib/ports/mailer.ts';
import type { Store } from '../../lib/ports/store.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk } from '../support/story.ts';
import { changeByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;
let reference: Reference;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  reference = await ask(operations.context, desk);
});

afterEach(() => operations.close());

const reason = 'there is no such mailbox';
const measured: Partial<Record<Measure, number>>[] = [];
const context = (store: Store = operations.context.store) => ({
  ...operations.through(store),
  metrics: { record: (one: Partial<Record<Measure, number>>) => void measured.push(one) },
});
const toAlice = (): readonly Mail[] => operations.mails.filter(({ to }) => to.startsWith('alice'));
/** The newest mail that Alice was sent. */
function newest(): Mail {
  const mail = toAlice().at(-1);
  if (mail === undefined) throw new Error('Alice was mailed nothing');
  return mail;
}
const comeBack = ({ sending }: Mail) => recordBounce(context(), { sending, reason });
const rowOf = ({ sending }: Mail) => loadAttempted(operations.context.store, sending);
const listed = async () =>
  expectOk(await listUndelivered(operations.context, await desk.as('bob'), { status: 'given-up', limit: 10 }))
    .mails;
const eventsOf = async (partition: string) =>
  (await loadEvents(operations.context.store, partition, { limit: 100 })).events;
const keyEvents = () => eventsOf(keyPartition(desk.instanceId, desk.keyId));

async function sendAgain(): Promise<void> {
  const [mail] = await listed();
  expectOk(await resendMail(operations.context, await desk.as('bob'), mail?.id ?? ''));
}

/** The same store; something happens before the first commit. */
function interrupted(happens: () => Promise<void>): Store {
  const { store } = operations.context;
  let first = true;
  return {
    get: (key) => store.get(key),
    query: (query) => store.query(query),
    async commit(writes) {
      const now = first;
      first = false;
      if (now) await happens();
      return store.commit(writes);
    },
  };
}

describe('a mail that came back', () => {
  beforeEach(() => sendMails(operations.context, reference));

  it('is given up, in the Managers’ list, counted, and told in its key’s history', async () => {
    expect(await comeBack(newest())).toBe(true);
    expect(await listed()).toMatchObject([
      { to: 'alice@example.com', row: { status: 'given-up', attempts: 1, problem: reason } },
    ]);
    expect(await rowOf(newest())).not.toHaveProperty('sentAt');
    expect(measured.at(-1)).toEqual({ MailsGivenUp: 1 });
    expect((await keyEvents()).at(-1)).toMatchObject({
      action: 'countersign.mails.bounce',
      actor: COUNTERSIGN,
      authorizationId: reference.authorizationId,
      round: 1,
      data: { template: 'approval-requested', to: desk.id('alice'), why: reason },
    });
  });

  it('is told without its address or link, in the history and in the log', async () => {
    await comeBack(newest());
    const told = JSON.stringify([await keyEvents(), operations.logged]);
    expect(told).toContain('a mail came back and is given up');
    expect(told).not.toMatch(/alice@|\/decide\//);
  });

  it('changes nothing when it is told a second time', async () => {
    await comeBack(newest());
    const events = (await keyEvents()).length;
    expect(await comeBack(newest())).toBe(false);
    expect(await keyEvents()).toHaveLength(events);
  });

  it('changes nothing when it waits to be sent again meanwhile, or was', async () => {
    const first = newest();
    await comeBack(first);
    await sendAgain();
    expect(await comeBack(first)).toBe(false);
    expect(await rowOf(first)).toMatchObject({ status: 'due' });
    await sweep(operations.context);
    expect(await comeBack(first)).toBe(false);
    expect(await rowOf(first)).toMatchObject({ status: 'sent', attempts: 2 });
    // That one can come back as well.
    expect(await comeBack(newest())).toBe(true);
  });

  it('is sent again with another link to the same decision', async () => {
    const tokenIn = ({ text }: Mail) => /\/decide\/([\w-]{43})/.exec(text)?.[1] ?? '';
    const first = newest();
    await comeBack(first);
    await sendAgain();
    await sweep(operations.context);
    expect(toAlice()).toHaveLength(2);
    expect(newest().messageId).toBe(first.messageId);
    expect(tokenIn(newest())).not.toBe(tokenIn(first));
    expect(expectOk(await openLink(operations.context, tokenIn(newest())))).toMatchObject({
      person: { id: desk.id('alice') },
      round: 1,
      offers: 'decide',
    });
    expect(await rowOf(newest())).not.toHaveProperty('sealedToken');
  });

  it('leads no link of it to an address that was changed since', async () => {
    const first = newest();
    await comeBack(first);
    const two = { asks: await desk.as('bob'), approves: await desk.as('carol') };
    const change = { email: 'eve@example.com' };
    expectOk(await changeByTwo(operations.context, two, 'alice@example.com', change));
    await sendAgain();
    await sweep(operations.context);
    expect(operations.mails.filter(({ to }) => to.startsWith('eve')).map(({ text }) => text)).toEqual([
      expect.not.stringContaining('/decide/'),
    ]);
    expect(await rowOf(first)).toMatchObject({ status: 'dropped' });
  });

  it('is given up also when its request is decided: the address is wrong still', async () => {
    const by = await desk.person('bob');
    expectOk(await recordDenial(operations.context, { ...reference, by, round: 1, decidedThrough: 'api' }));
    expect(await comeBack(newest())).toBe(true);
  });

  it('changes nothing when there is no such mail', async () => {
    const { sending } = newest();
    const events = (await keyEvents()).length;
    for (const strange of [
      { ...sending, mailId: 'another' },
      { ...sending, instanceId: 'another' },
      { ...sending, about: { keyId: desk.keyId, authorizationId: 'another' } },
      { instanceId: sending.instanceId, mailId: sending.mailId, attempt: 1 },
    ])
      expect(await recordBounce(context(), { sending: strange, reason })).toBe(false);
    expect(await keyEvents()).toHaveLength(events);
  });

  it('is recorded once when it is told twice at the same time', async () => {
    const told = await Promise.all([comeBack(newest()), comeBack(newest()), comeBack(newest())]);
    expect(told.filter(Boolean)).toHaveLength(1);
    const bounces = (await keyEvents()).filter(({ action }) => action === 'countersign.mails.bounce');
    expect(bounces).toHaveLength(1);
  });

  it('changes nothing of one that somebody has sent again between its reading and its writing', async () => {
    const first = newest();
    const store = interrupted(async () => {
      await comeBack(first);
      await sendAgain();
      await sweep(operations.context);
    });
    expect(await recordBounce(context(store), { sending: first.sending, reason })).toBe(false);
    expect(await rowOf(first)).toMatchObject({ status: 'sent', attempts: 2 });
  });
});

it('a mail that comes back before it is noted as sent is given up, and keeps its link', async () => {
  operations.deliver = async (mail) => {
    if (mail.to.startsWith('alice')) await comeBack(mail);
    return { delivered: true };
  };
  await sendMails(operations.context, reference);
  expect(await listed()).toMatchObject([{ row: { problem: reason, sealedToken: expect.any(String) } }]);
  operations.deliver = async () => ({ delivered: true });
  await sendAgain();
  await sweep(operations.context);
  const [first, second] = toAlice();
  expect(second?.text).toBe(first?.text);
});

describe('a mail about people that came back', () => {
  beforeEach(async () => {
    expectOk(await startDrill(operations.context, await desk.as('bob'), 3_600));
    await sweep(operations.context);
  });
  const instanceEvents = () => eventsOf(instancePartition(desk.instanceId));

  it('is given up and in the list, without an event of the instance', async () => {
    const events = await instanceEvents();
    expect(await comeBack(newest())).toBe(true);
    expect(await listed()).toMatchObject([{ row: { template: 'drill', problem: reason } }]);
    expect(await instanceEvents()).toEqual(events);
    expect(await comeBack(newest())).toBe(false);
  });

  it('is recorded once when it is told twice at the same time', async () => {
    const told = await Promise.all([comeBack(newest()), comeBack(newest()), comeBack(newest())]);
    expect(told.filter(Boolean)).toHaveLength(1);
  });

  it('is not sent again without its link: the answer says what to do instead', async () => {
    await comeBack(newest());
    const [mail] = await listed();
    const answer = await resendMail(operations.context, await desk.as('bob'), mail?.id ?? '');
    expect(answer).toMatchObject({
      ok: false,
      refusal: { code: 'link-not-kept', detail: expect.stringContaining('countersign drill confirm') },
    });
    expect(await listed()).toHaveLength(1);
  });
});

describe('a mail that was taken without an answer, and came back', () => {
  let tried: Mail | undefined;
  beforeEach(async () => {
    operations.deliver = async (mail) => {
      tried = mail;
      throw new TransientError('no answer');
    };
    expectOk(await startDrill(operations.context, await desk.as('bob'), 3_600));
    await sweep(operations.context);
  });
  const sending = () => (tried as Mail).sending;

  /** A sweep leaves a mail server that does not answer alone after three mails. */
  async function tryOnceMore(): Promise<void> {
    operations.now += 60_000;
    for (let sweeps = 0; sweeps < 4; sweeps += 1) await sweep(operations.context);
  }
  async function sendDueAgain(): Promise<void> {
    const by = await desk.as('bob');
    const page = { status: 'due', limit: 10 } as const;
    const { mails } = expectOk(await listUndelivered(operations.context, by, page));
    const mail = mails.find(({ row }) => row.id === sending().mailId);
    expectOk(await resendMail(operations.context, by, mail?.id ?? ''));
  }

  it('is given up, and not tried any more', async () => {
    const first = sending();
    expect(await recordBounce(context(), { sending: first, reason })).toBe(true);
    const row = await loadAttempted(operations.context.store, first);
    expect(row).toMatchObject({ status: 'given-up', sealedToken: expect.any(String) });
    operations.now += 600_000;
    await sweep(operations.context);
    expect(await loadAttempted(operations.context.store, first)).toEqual(row);
  });

  it.each([
    ['it is tried once more', tryOnceMore, 2],
    ['somebody has it sent again', sendDueAgain, 1],
  ] as const)('changes nothing when %s between its reading and its writing', async (_, happens, attempts) => {
    const first = sending();
    expect(await recordBounce(context(interrupted(happens)), { sending: first, reason })).toBe(false);
    const row = await loadAttempted(operations.context.store, first);
    expect(row).toMatchObject({ status: 'due', attempts });
  });
});
