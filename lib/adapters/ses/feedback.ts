import * as z from 'zod';
import type { Bounce } from '../../domain/bounce.ts';
import { PermanentError } from '../../domain/errors.ts';
import { attemptIn } from './tags.ts';

/**
 * What is read of an event that SES publishes to EventBridge: `detail` is its event record, of which SES says that fields
 * may be added (SES developer guide, "Contents of event data").
 */
const EVENT = z.object({
  detail: z.object({
    mail: z.object({ tags: z.record(z.string(), z.array(z.string())).default({}) }),
    bounce: z
      .object({
        bounceType: z.string(),
        bounceSubType: z.string(),
        bouncedRecipients: z
          .array(
            z.object({
              action: z.string().optional(),
              status: z.string().optional(),
              diagnosticCode: z.string().optional(),
            }),
          )
          .default([]),
      })
      .optional(),
    complaint: z
      .object({
        complaintSubType: z.string().nullish(),
        complaintFeedbackType: z.string().nullish(),
      })
      .optional(),
    reject: z.object({}).optional(),
  }),
});
type Detail = z.output<typeof EVENT>['detail'];

/**
 * What an event of SES says of a mail that has not reached its person.
 *
 * @returns undefined where it has reached them all the same, where the event is about something else, or where it does not
 * say which mail it is.
 * @throws PermanentError for what is no such event.
 */
export function bounceIn(event: unknown): Bounce | undefined {
  const read = EVENT.safeParse(event);
  if (!read.success) throw new PermanentError('an event of SES has another form than is known');
  const { mail, bounce, complaint, reject } = read.data.detail;
  const sending = attemptIn(mail.tags);
  const reason =
    (bounce && whyBounced(bounce)) ?? (complaint && whyComplained(complaint)) ?? (reject && REJECTED);
  return sending === undefined || reason === undefined ? undefined : { sending, reason };
}

const SUPPRESSED =
  'SES sends nothing to this address until it is taken off the suppression list of the AWS account';
const NOT_TAKEN = 'the mail server of the address does not take what is in it';
const REJECTED = 'SES took it for a virus and did not send it';

/** By type and subtype (SES developer guide, "Bounce types"). */
const BOUNCES: { readonly [type: string]: string } = {
  'Permanent General': 'the mail server of the address refused it for good',
  'Permanent NoEmail': 'there is no such mailbox',
  'Permanent Suppressed': 'SES sends nothing to this address for now, since mails to it have come back',
  'Permanent OnAccountSuppressionList': SUPPRESSED,
  'Transient General': 'the mail server of the address did not take it, and SES has stopped trying',
  'Transient MailboxFull': 'the mailbox is full, and SES has stopped trying',
  'Transient MessageTooLarge': 'it is too large for the mail server of the address',
  'Transient ContentRejected': NOT_TAKEN,
  'Transient AttachmentRejected': NOT_TAKEN,
  'Undetermined Undetermined': 'it came back, and SES cannot tell why',
};

/**
 * A soft bounce is told when SES has stopped trying, so that it counts as well. An automatic answer, as of somebody who is
 * out of office, is told as a transient and general bounce too: it has no delivery status notification, by which the mail
 * server says that delivering failed (SES developer guide, "Bounce types"; RFC 3464, 2.3.3).
 */
function whyBounced({
  bounceType,
  bounceSubType,
  bouncedRecipients,
}: NonNullable<Detail['bounce']>): string | undefined {
  const type = `${bounceType} ${bounceSubType}`;
  const hasFailed = bouncedRecipients.some(({ action }) => action === 'failed');
  if (type === 'Transient General' && !hasFailed) return undefined;
  const [{ status = '', diagnosticCode = '' } = {}] = bouncedRecipients;
  const [, reply] = /^\s*smtp\s*;\s*([45]\d\d)\b/i.exec(diagnosticCode) ?? [];
  const [enhanced] = /^[45]\.\d{1,3}\.\d{1,3}$/.exec(status) ?? [];
  return withCodes(BOUNCES[type] ?? 'it came back', [bounceType, bounceSubType, reply, enhanced]);
}

/** Whoever reports that a mail is no spam has got it (IANA, "MARF parameters"). */
function whyComplained({
  complaintSubType,
  complaintFeedbackType,
}: NonNullable<Detail['complaint']>): string | undefined {
  if (complaintFeedbackType === 'not-spam') return undefined;
  const why =
    complaintSubType === 'OnAccountSuppressionList'
      ? SUPPRESSED
      : `it was reported as spam, and ${SUPPRESSED}`;
  return withCodes(why, ['Complaint', complaintSubType, complaintFeedbackType]);
}

/** Codes only, and short ones: the mail server's own words repeat addresses, and may quote the mail. */
const withCodes = (why: string, codes: readonly (string | null | undefined)[]): string => {
  const known = codes.filter((code) => /^[\w.-]{1,40}$/.test(code ?? ''));
  return known.length === 0 ? why : `${why} (${known.join(' ')})`;
};
