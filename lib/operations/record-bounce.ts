import { COUNTERSIGN, type EventDraft } from '../domain/audit.ts';
import { type Bounce, isUndeliveredBy } from '../domain/bounce.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { loadKey } from './records/key.ts';
import {
  type DeletionMail,
  isPeopleMail,
  loadAttempted,
  mailKey,
  type OutboxRow,
  undeliveredEntry,
} from './records/mail.ts';

/** What recording a bounce needs: nothing that reads or makes a link. */
export type Recording = Pick<Context, 'store' | 'clock' | 'log' | 'metrics'>;

/**
 * Marks a mail that came back as given up, for the Managers' list, in one conditional write with its event. Told twice, late
 * or out of order it changes nothing.
 *
 * The event is in the chain of the mail's key. A mail about people has none, as when it is refused at once: its chain would
 * be the instance's, and whoever writes there can write people.
 * @returns whether anything has changed.
 * @throws TransientError when it can be repeated; PermanentError for a mail without its key.
 */
export async function recordBounce(context: Recording, bounce: Bounce): Promise<boolean> {
  const recorded = await attempt(context, () => recordOnce(context, bounce));
  if (!recorded.ok) throw new TransientError('others kept changing the key of a mail that came back');
  const row = recorded.value;
  if (row === undefined) return false;
  context.log.error('a mail came back and is given up', {
    ...(isPeopleMail(row) ? { instanceId: row.instanceId } : { authorizationId: row.authorizationId }),
    template: row.template,
    problem: bounce.reason,
  });
  context.metrics?.record({ MailsGivenUp: 1 });
  return true;
}

async function recordOnce(
  context: Recording,
  { sending, reason }: Bounce,
): Promise<Decision<OutboxRow | undefined> | undefined> {
  const row = await loadAttempted(context.store, sending);
  if (row === undefined || !isUndeliveredBy(row, sending)) return accept(undefined);
  const write = givingUp(row, reason);
  const committed = isPeopleMail(row)
    ? (await context.store.commit([write])).committed
    : await commitWithEvent(context, row, { write, reason });
  return committed ? accept(row) : undefined;
}

/** A link that has not left yet stays sealed with the mail. */
const givingUp = (row: OutboxRow, reason: string): Write => ({
  update: mailKey(row),
  when: [
    { attribute: 'status', is: 'equal', value: row.status },
    { attribute: 'attempts', is: 'equal', value: row.attempts },
    // Somebody may have it sent again at this moment: it is due then, and as often tried.
    row.attemptsBefore === undefined
      ? { attribute: 'attemptsBefore', is: 'absent' }
      : { attribute: 'attemptsBefore', is: 'equal', value: row.attemptsBefore },
  ],
  set: { status: 'given-up', problem: reason },
  remove: ['sentAt'],
  indexes: { due: null, list: undeliveredEntry(row, 'given-up') },
});

async function commitWithEvent(
  { store, clock }: Recording,
  row: DeletionMail,
  { write, reason }: { readonly write: Write; readonly reason: string },
): Promise<boolean> {
  const key = await loadKey(store, row.instanceId, row.keyId);
  if (key === undefined) throw new PermanentError('the key of a mail is not there');
  const { id: mail, template, personId: to, authorizationId, round } = row;
  const event: EventDraft = {
    action: 'countersign.mails.bounce',
    actor: COUNTERSIGN,
    outcome: 'success',
    authorizationId,
    round,
    data: { mail, template, to, why: reason },
  };
  return commitKeyChange({ store }, { key, now: clock.now(), events: [event], writes: [write] });
}
