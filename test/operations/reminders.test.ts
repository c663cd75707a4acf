import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../lib/domain/time.ts';
import { recordDenial } from '../../lib/operations/deny-deletion.ts';
import { openLink } from '../../lib/operations/links.ts';
import { removePerson } from '../../lib/operations/people.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';
import { loadAuthorization } from '../../lib/operations/records/authorization.ts';
import { loadMails } from '../../lib/operations/records/mail.ts';
import { remind } from '../../lib/operations/reminders.ts';
import { sendMails } from '../../lib/operations/send-mails.ts';
import { sweep } from '../../lib/operations/sweep.ts';
import { type Desk, type Operations, openOperations } from '../support/operations.ts';
import { ask } from '../support/requests.ts';
import { expectOk } from '../support/story.ts';
import { addByTwo } from '../support/two-managers.ts';

let operations: Operations;
let desk: Desk;
let reference: Reference;
let asked: number;

beforeEach(async () => {
  operations = await openOperations();
  desk = await operations.newDesk();
  asked = operations.now;
  reference = await ask(operations.context, desk);
  await sendMails(operations.context, reference);
  operations.mails.length = 0;
});

afterEach(() => operations.close());

/** The sweeper comes every six hours, and at the very times at which something is due. */
async function passTo(time: number): Promise<void> {
  while (operations.now < time) {
    operations.now = Math.min(operations.now + DAY / 4, time);
    await sweep(operations.context);
  }
}

const reminders = () =>
  operations.mails
    .filter(({ subject }) => /still waits|A day left/.test(subject))
    .map(({ to, subject }) => `${to.split('@')[0]} ${subject.includes('day left') ? 'last' : 'half'}`)
    .sort();

it('go to every Manager who could approve, once at half-time and once a day before the end', async () => {
  await passTo(asked + 3.5 * DAY - 1);
  expect(reminders()).toEqual([]);
  await passTo(asked + 3.5 * DAY);
  expect(reminders()).toEqual(['alice half', 'bob half', 'carol half']);
  await passTo(asked + 6 * DAY - 1);
  expect(reminders()).toHaveLength(3);
  await passTo(asked + 6 * DAY);
  expect(reminders().filter((one) => one.endsWith('last'))).toEqual(['alice last', 'bob last', 'carol last']);
  await passTo(asked + 10 * DAY);
  expect(reminders()).toHaveLength(6);
});

it('carry links of their own, which open the same request', async () => {
  await passTo(asked + 3.5 * DAY);
  const tokens = operations.mails.map(({ text }) => /\/decide\/([\w-]{43})/.exec(text)?.[1] ?? '');
  expect(new Set(tokens).size).toBe(3);
  for (const token of tokens) {
    expect(expectOk(await openLink(operations.context, token))).toMatchObject({ offers: 'decide', round: 1 });
  }
});

it('leave out whoever became a Manager after it was asked for, and whoever is none any more', async () => {
  const as = await desk.as('alice');
  const two = { asks: as, approves: await desk.as('carol') };
  expectOk(await addByTwo(operations.context, two, { email: 'mia@example.com', roles: ['Manager'] }));
  expectOk(await removePerson(operations.context, as, 'carol@example.com'));
  await passTo(asked + 3.5 * DAY);
  expect(reminders()).toEqual(['alice half', 'bob half']);
});

it('are not written of what is decided, and not sent when it was decided meanwhile', async () => {
  operations.now = asked + 3.5 * DAY;
  const pending = await loadAuthorization(operations.context.store, reference);
  if (pending === undefined) throw new Error('it is gone');
  await remind(operations.context, pending);
  const by = await desk.person('bob');
  expectOk(await recordDenial(operations.context, { ...reference, by, round: 1, decidedThrough: 'api' }));
  operations.now += 2.5 * DAY;
  await remind(operations.context, pending);
  await sweep(operations.context);
  expect(reminders()).toEqual([]);
  const rows = (await loadMails(operations.context.store, reference)).filter(({ template }) =>
    template.endsWith('reminder'),
  );
  expect(rows.map(({ template, status }) => `${template} ${status}`)).toEqual(
    Array.from({ length: 3 }, () => 'half-time-reminder dropped'),
  );
});

it('come once, also from two sweepers at once', async () => {
  operations.now = asked + 3.5 * DAY + MINUTE;
  await Promise.all([sweep(operations.context), sweep(operations.context)]);
  await sweep(operations.context);
  expect(reminders()).toEqual(['alice half', 'bob half', 'carol half']);
});
