import { askedIn, whyNotApprover } from '../domain/approval.ts';
import type { Authorization } from '../domain/authorization.ts';
import { type Reminder, reminderAt } from '../domain/reminder.ts';
import type { Context } from './context.ts';
import { type MailDraft, mailWrites } from './mails.ts';
import { authorizationKey, referenceOf } from './records/authorization.ts';
import { loadKey } from './records/key.ts';
import { isWritten } from './records/mail.ts';
import { loadPeople } from './records/person.ts';

/**
 * Writes the reminder whose time has come to every Manager who could still approve, each with a link of its own, since
 * the token of the first one is kept nowhere. All in one transaction, at most 41 writes, conditional on the round; a
 * reminder that is there is not written again. Not in the transaction that begins a round: that has a mail and a link
 * for 20 Managers already, and reminders would take it beyond 100 writes.
 */
export async function remind(context: Context, authorization: Authorization): Promise<void> {
  const { store, clock } = context;
  if (authorization.status !== 'pending') return;
  const now = clock.now();
  const template = reminderAt(authorization, now);
  if (template === undefined) return;
  const reference = referenceOf(authorization);
  // The write would find it out too, after sealing a token for each.
  if (await isWritten(store, { ...reference, round: authorization.round, template })) return;
  const drafts = await draftsOf(context, authorization, template);
  if (drafts.length === 0) return;
  await store.commit([
    {
      check: authorizationKey(reference),
      // In any incarnation: the sweeper may just have begun another one.
      when: [
        { attribute: 'status', is: 'equal', value: 'pending' },
        { attribute: 'round', is: 'equal', value: authorization.round },
      ],
    },
    ...(await mailWrites(context, authorization, drafts, now)),
  ]);
}

async function draftsOf(
  { store }: Context,
  authorization: Authorization,
  template: Reminder,
): Promise<readonly MailDraft[]> {
  const key = await loadKey(store, authorization.instanceId, authorization.keyId);
  if (key === undefined) return [];
  const asked = askedIn(authorization, key);
  const people = await loadPeople(store, authorization.instanceId);
  return people
    .filter((person) => person.kind === 'user' && whyNotApprover(person, asked) === undefined)
    .map(({ id }) => ({ template, to: id, bySweeper: true }));
}
