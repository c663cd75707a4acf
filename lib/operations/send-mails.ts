import { TransientError } from '../domain/errors.ts';
import { type EpochMillis, HOUR, MINUTE, SECOND } from '../domain/time.ts';
import type { Delivery } from '../ports/mailer.ts';
import type { Store, Write } from '../ports/store.ts';
import { type Compose, composerOf } from './compose-mail.ts';
import type { Context } from './context.ts';
import { attributesOf } from './records/attributes.ts';
import type { Reference } from './records/authorization.ts';
import { dueAt } from './records/due.ts';
import { isPeopleMail, loadMails, mailKey, type OutboxRow, undeliveredEntry } from './records/mail.ts';

/** After 1, 2, 4 … minutes, at most 6 hours apart: 24 attempts take four days. Then the mail is given up. */
const FIRST_BACKOFF = MINUTE;
const LONGEST_BACKOFF = 6 * HOUR;
const MOST_ATTEMPTS = 24;

/** Attempts that are begun in one transaction: the store takes 100 writes, and 20 Managers make some 30 mails. */
const MOST_TOGETHER = 50;
/**
 * How long mails of one transaction are handed over, in milliseconds. One that hangs takes 30 seconds more, and after
 * a minute the sweeper takes over what was begun; a Lambda function of a step ends after 30.
 */
const SENDING_LIMIT = 15 * SECOND;

/**
 * A step's part in its authorization's mails: sends them, or leaves that to the sender that this process has, so that no
 * decision waits for a mail server.
 */
export async function sendMails(context: Context, reference: Reference): Promise<void> {
  if (context.mailSender === undefined) await sendNow(context, reference);
  else context.mailSender.send(reference);
}

/**
 * Sends what was never tried of an authorization's mails. What cannot be sent now stays for the sweeper.
 * @returns false when the mail server could not be reached.
 */
export async function sendNow(context: Context, reference: Reference): Promise<boolean> {
  const mails = await loadMails(context.store, reference);
  return sendTogether(
    context,
    mails.filter((row) => row.status === 'due' && row.attempts === 0),
  );
}

/**
 * Sends mails of one authorization, or of one instance's people, each at least once and always with the same
 * Message-ID. Beginning all the attempts is written first, so that a step and the sweeper do not both send, and a
 * crash in between only delays the next attempts. How they ended is written once, at the end.
 * @returns false when the mail server could not be reached: nothing more was tried then.
 */
export async function sendTogether(context: Context, rows: readonly OutboxRow[]): Promise<boolean> {
  for (let from = 0; from < rows.length; from += MOST_TOGETHER) {
    const begun = await beginAttempts(context, rows.slice(from, from + MOST_TOGETHER));
    if (!(await sendBegun(context, begun))) return false;
  }
  return true;
}

async function sendBegun(context: Context, begun: readonly OutboxRow[]): Promise<boolean> {
  const [first] = begun;
  if (first === undefined) return true;
  const compose = await composerOf(context, first);
  const until = context.clock.now() + SENDING_LIMIT;
  const ended: Attempt[] = [];
  const outcomes: Outcome[] = [];
  let reached = true;
  for (const row of begun) {
    const goOn: boolean = reached && context.clock.now() <= until;
    const tried: Outcome | undefined = goOn ? await trySending(context, row, compose) : undefined;
    reached = reached && tried !== UNREACHABLE;
    const outcome = tried && givenUpInTheEnd(row, tried);
    if (outcome !== undefined) outcomes.push(outcome);
    ended.push({
      row,
      write: outcome === undefined ? putBack(row, context.clock.now()) : ending(row, outcome),
    });
  }
  tellOfMails(context, outcomes);
  await commitWhatHolds(context.store, ended);
  return reached;
}

/** An attempt that was begun and not made counts for none, and the mail stays due: the one that failed comes later. */
const putBack = (row: OutboxRow, now: EpochMillis): Write => ({
  update: mailKey(row),
  when: [{ attribute: 'attempts', is: 'equal', value: row.attempts }],
  set: { attempts: row.attempts - 1, notBefore: now },
  indexes: { due: dueAt('mail', now, row.id) },
});

type Outcome = Pick<OutboxRow, 'status' | 'sentAt' | 'problem'>;

const UNREACHABLE: Outcome = { status: 'due', problem: 'the mail server could not be reached or was busy' };

/** Whatever goes wrong with a mail concerns it alone: the others go out, and an operator may mend it meanwhile. */
async function trySending(context: Context, row: OutboxRow, compose: Compose): Promise<Outcome> {
  try {
    const mail = await compose(row);
    if (mail === undefined) return { status: 'dropped', problem: 'nobody is to hear of this any more' };
    const delivery = await context.mailer.send(mail);
    if (delivery.delivered) return { status: 'sent', sentAt: context.clock.now() };
    return failed(context, row, delivery);
  } catch (error) {
    const problem = error instanceof Error ? error.name : 'unknown';
    context.log.error('a mail could not be sent and will be tried again', {
      ...named(row),
      attempts: row.attempts,
      problem,
    });
    if (error instanceof TransientError) return UNREACHABLE;
    return { status: 'due', problem: 'the mail could not be made or handed over' };
  }
}

function failed(
  { log }: Context,
  row: OutboxRow,
  delivery: Extract<Delivery, { readonly delivered: false }>,
): Outcome {
  if ('rejected' in delivery) {
    const problem = delivery.rejected;
    log.error('a mail was refused for good and is given up', { ...named(row), problem });
    return { status: 'given-up', problem };
  }
  const problem = delivery.deferred;
  log.error('a mail was refused for now and will be tried again', { ...named(row), problem });
  return { status: 'due', problem };
}

const named = (row: OutboxRow) => ({
  ...(isPeopleMail(row) ? { instanceId: row.instanceId } : { authorizationId: row.authorizationId }),
  template: row.template,
});

async function beginAttempts(
  { store, clock }: Context,
  rows: readonly OutboxRow[],
): Promise<readonly OutboxRow[]> {
  const now = clock.now();
  const attempts = rows.map((row) => {
    const backoff = Math.min(FIRST_BACKOFF * 2 ** triesOf(row), LONGEST_BACKOFF);
    const begun = { ...row, attempts: row.attempts + 1, notBefore: now + backoff };
    return { row: begun, write: beginning(row, begun) };
  });
  return commitWhatHolds(store, attempts);
}

/** How often it was tried since it was written, or since somebody had it sent again. */
const triesOf = ({ attempts, attemptsBefore = 0 }: OutboxRow): number => attempts - attemptsBefore;

const beginning = (before: OutboxRow, { attempts, notBefore }: OutboxRow): Write => ({
  update: mailKey(before),
  when: [
    { attribute: 'status', is: 'equal', value: 'due' },
    { attribute: 'attempts', is: 'equal', value: before.attempts },
  ],
  set: { attempts, notBefore },
  indexes: { due: dueAt('mail', notBefore, before.id) },
});

const givenUpInTheEnd = (row: OutboxRow, outcome: Outcome): Outcome =>
  outcome.status === 'due' && triesOf(row) >= MOST_ATTEMPTS ? { ...outcome, status: 'given-up' } : outcome;

function tellOfMails({ metrics }: Context, outcomes: readonly Outcome[]): void {
  if (metrics === undefined || outcomes.length === 0) return;
  const ofStatus = (status: Outcome['status']) => outcomes.filter((one) => one.status === status).length;
  metrics.record({
    MailsSent: ofStatus('sent'),
    MailsRefused: ofStatus('due'),
    MailsGivenUp: ofStatus('given-up'),
  });
}

function ending(row: OutboxRow, outcome: Outcome): Write {
  const { status, problem } = outcome;
  const undelivered = status === 'given-up' || (status === 'due' && problem !== undefined);
  return {
    update: mailKey(row),
    when: [
      { attribute: 'attempts', is: 'equal', value: row.attempts },
      // A mail service can say that the mail came back before this is written.
      { attribute: 'status', is: 'equal', value: 'due' },
    ],
    set: attributesOf(outcome),
    indexes: {
      due: status === 'due' ? dueAt('mail', row.notBefore, row.id) : null,
      list: undelivered ? undeliveredEntry(row, status) : null,
    },
    // Sent: the link is in the mail now, and nowhere else. Given up: it is kept, so that the mail can be sent again.
    ...((status === 'sent' || status === 'dropped') && { remove: ['sealedToken'] }),
  };
}

interface Attempt {
  readonly row: OutboxRow;
  readonly write: Write;
}

/** Commits those of the writes whose condition holds, in one transaction. @returns whose they were. */
async function commitWhatHolds(store: Store, attempts: readonly Attempt[]): Promise<readonly OutboxRow[]> {
  let left = attempts;
  while (left.length > 0) {
    const result = await store.commit(left.map(({ write }) => write));
    if (result.committed) return left.map(({ row }) => row);
    const { failed: lost } = result;
    left = left.filter((_, i) => !lost.includes(i));
  }
  return [];
}
