import type { Store } from '../ports/store.ts';
import type { Reference } from './records/authorization.ts';
import { type DeletionMail, loadMails } from './records/mail.ts';
import { mailIdOf } from './undelivered-mails.ts';

/** A mail as readers of a request see it: to whom, about what, and whether it went out. Never its content. */
export type MailRecord = Pick<
  DeletionMail,
  'id' | 'authorizationId' | 'round' | 'template' | 'personId' | 'status' | 'attempts' | 'sentAt' | 'problem'
>;

/** Every mail of an authorization, sent or not. */
export async function mailRecords(store: Store, reference: Reference): Promise<readonly MailRecord[]> {
  const rows = await loadMails(store, reference);
  return rows.map((row) => {
    const { authorizationId, round, template, personId, status, attempts, sentAt, problem } = row;
    return {
      id: mailIdOf(row),
      authorizationId,
      round,
      template,
      personId,
      status,
      attempts,
      ...(sentAt !== undefined && { sentAt }),
      ...(problem !== undefined && { problem }),
    };
  });
}
