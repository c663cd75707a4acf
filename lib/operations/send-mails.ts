import type { Status } from '../domain/authorization.ts';
import { TransientError } from '../domain/errors.ts';
import { HOUR, MINUTE } from '../domain/time.ts';
import { renderMail } from '../mails/render.ts';
import type { MailTemplate } from '../mails/templates.ts';
import type { Delivery, Mail } from '../ports/mailer.ts';
import type { Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { attributesOf } from './records/attributes.ts';
import type { Reference } from './records/authorization.ts';
import { dueAt } from './records/due.ts';
import { loadInstance } from './records/instance.ts';
import { loadMails, mailContext, mailItem, mailKey, type OutboxRow } from './records/mail.ts';
import { loadPeople } from './records/person.ts';
import { loadCurrent } from './transition.ts';

/** After 1, 2, 4 … minutes, at most 6 hours apart: 24 attempts take four days. Then the mail is given up. */
const FIRST_BACKOFF = MINUTE;
const LONGEST_BACKOFF = 6 * HOUR;
const MOST_ATTEMPTS = 24;

/**
 * Sends what is due of an authorization's mails. What cannot be sent now stays for the sweeper: when one could not
 * be handed over, the others are not tried, so that a mail server that hangs holds a step up once.
 */
export async function sendMails(context: Context, reference: Reference): Promise<void> {
  const mails = await loadMails(context.store, reference);
  const unsent = mails.filter((row) => row.status === 'due' && row.attempts === 0);
  for (const row of unsent) if (!(await sendMail(context, row))) return;
}

/**
 * Sends one mail, at least once and always with the same Message-ID. Beginning an attempt is written first, so that
 * a step and the sweeper do not both send, and a crash in between only delays the next attempt.
 * @returns false when the mail server could not be reached, or was busy.
 */
export async function sendMail(context: Context, row: OutboxRow): Promise<boolean> {
  const begun = await beginAttempt(context, row);
  if (begun === undefined) return true;
  const delivery = await deliver(context, begun);
  if ('problem' in delivery) {
    const givenUp = begun.attempts >= MOST_ATTEMPTS;
    await finish(context, begun, { status: givenUp ? 'given-up' : 'due', problem: delivery.problem });
    return false;
  }
  await finish(
    context,
    begun,
    delivery.delivered
      ? { status: 'sent', sentAt: context.clock.now() }
      : { status: 'given-up', problem: delivery.rejected },
  );
  return true;
}

async function beginAttempt({ store, clock }: Context, row: OutboxRow): Promise<OutboxRow | undefined> {
  const backoff = Math.min(FIRST_BACKOFF * 2 ** row.attempts, LONGEST_BACKOFF);
  const begun = { ...row, attempts: row.attempts + 1, notBefore: clock.now() + backoff };
  const result = await store.commit([rewrite(row, begun)]);
  return result.committed ? begun : undefined;
}

const rewrite = (before: OutboxRow, after: OutboxRow): Write => ({
  put: mailItem(after),
  when: [
    { attribute: 'status', is: 'equal', value: 'due' },
    { attribute: 'attempts', is: 'equal', value: before.attempts },
  ],
});

/** Whatever goes wrong concerns this mail alone: a step goes on without it, and an operator may mend it meanwhile. */
async function deliver(context: Context, row: OutboxRow): Promise<Delivery | { readonly problem: string }> {
  try {
    const mail = await compose(context, row);
    if (mail === undefined) return { delivered: false, rejected: 'nobody is to hear of this any more' };
    const delivery = await context.mailer.send(mail);
    if (!delivery.delivered) {
      const { authorizationId, template } = row;
      const problem = delivery.rejected;
      context.log.error('a mail was refused for good and is given up', {
        authorizationId,
        template,
        problem,
      });
    }
    return delivery;
  } catch (error) {
    context.log.error('a mail could not be sent and will be tried again', {
      authorizationId: row.authorizationId,
      template: row.template,
      attempts: row.attempts,
      problem: error instanceof Error ? error.name : 'unknown',
    });
    if (error instanceof TransientError)
      return { problem: 'the mail server could not be reached or was busy' };
    return { problem: 'the mail could not be made or handed over' };
  }
}

/** The mail as it is to be now; undefined when its person is gone, or a link in it could decide nothing any more. */
async function compose(context: Context, row: OutboxRow): Promise<Mail | undefined> {
  const { store, sealer, settings } = context;
  const current = await loadCurrent(store, row);
  const instance = await loadInstance(store, row.instanceId);
  const people = await loadPeople(store, row.instanceId);
  const recipient = people.find((person) => person.id === row.personId);
  if (current === undefined || instance === undefined || recipient?.status !== 'active') return undefined;
  const { key, authorization } = current;
  if (!canBeAnswered(row, authorization)) return undefined;
  const token = row.sealedToken && Buffer.from(await sealer.unseal(row.sealedToken, mailContext(row)));
  const emails = Object.fromEntries(people.map(({ id, email }) => [id, email]));
  const content = renderMail({
    template: row.template,
    recipient,
    instance,
    key,
    authorization,
    round: row.round,
    emails,
    publicUrl: settings.publicUrl,
    ...(token && { link: `${settings.publicUrl}/decide/${token.toString()}` }),
  });
  return { ...content, to: recipient.email, messageId: messageIdOf(row, settings.publicUrl) };
}

/** What each mail that asks for something can be answered in; the others only tell. */
const ASKS: { readonly [template in MailTemplate]?: Status } = {
  'approval-requested': 'pending',
  'window-closed': 'lapsed',
  'loss-changed': 'drifted',
};

function canBeAnswered(
  row: OutboxRow,
  { status, round }: { readonly status: Status; readonly round: number },
) {
  const asks = ASKS[row.template];
  return asks === undefined || (asks === status && round === row.round);
}

/** The same for every attempt, so that a mail that was sent twice can be seen to be one. */
const messageIdOf = ({ id }: OutboxRow, publicUrl: string): string =>
  `<${sha256(id).slice(0, 32)}@${new URL(publicUrl).hostname}>`;

async function finish(
  { store }: Context,
  begun: OutboxRow,
  outcome: Pick<OutboxRow, 'status' | 'sentAt' | 'problem'>,
): Promise<void> {
  const when = [{ attribute: 'attempts', is: 'equal', value: begun.attempts }] as const;
  const over = outcome.status !== 'due';
  await store.commit([
    {
      update: mailKey(begun),
      when,
      set: attributesOf(outcome),
      indexes: { due: over ? null : dueAt('mail', begun.notBefore, begun.id) },
      // The link is in the mail now, and nowhere else.
      ...(over && { remove: ['sealedToken'] }),
    },
  ]);
}
