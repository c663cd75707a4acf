import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { TransientError } from '../../domain/errors.ts';
import type { Delivery, Mailer } from '../../ports/mailer.ts';
import { awsError } from '../aws/errors.ts';
import { composeMessage, flawOf, parseMailbox } from '../mailer/message.ts';
import { tagsOf } from './tags.ts';

/** SES writes a Message-ID of its own over ours; this header keeps ours, so that a double can still be told. */
const OWN_MESSAGE_ID = 'X-Countersign-Message-ID';

/** How SES rejects a mail whose sender, or in the sandbox whose recipient, is not verified yet (AWS knowledge center). */
const NOT_VERIFIED = 'Email address is not verified';
/** SES's last word on this very mail. What it says about the account or the sender's domain can be mended. */
const REFUSED: ReadonlySet<string> = new Set(['BadRequestException', 'MessageRejected']);
const MENDABLE: ReadonlySet<string> = new Set([
  'AccountSuspendedException',
  'MailFromDomainNotVerifiedException',
  'NotFoundException',
  'SendingPausedException',
]);

/**
 * A mailer over Amazon SES: the same message, byte for byte, as SMTP's, and {@link OWN_MESSAGE_ID}. Its tags name the mail
 * in what SES tells of it later (feedback.ts).
 *
 * @throws PermanentError for a sender that is not usable.
 */
export function sesMailer(
  client: SESv2Client,
  options: { readonly from: string; readonly configurationSet?: string },
): Mailer {
  const from = parseMailbox(options.from);
  return {
    async send(mail) {
      const flaw = flawOf(mail);
      if (flaw !== undefined) return { delivered: false, rejected: flaw };
      const raw = composeMessage(mail, from, { [OWN_MESSAGE_ID]: mail.messageId });
      const command = new SendEmailCommand({
        FromEmailAddress: from.address,
        Destination: { ToAddresses: [mail.to] },
        Content: { Raw: { Data: raw } },
        ConfigurationSetName: options.configurationSet,
        EmailTags: tagsOf(mail.sending),
      });
      try {
        await client.send(command);
        return { delivered: true };
      } catch (error) {
        return refusedOrThrown(error);
      }
    },
  };
}

function refusedOrThrown(error: unknown): Delivery {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' };
  if (name === 'MessageRejected' && message.startsWith(NOT_VERIFIED))
    return { delivered: false, deferred: 'SES refused the mail for now: an address is not verified yet' };
  if (REFUSED.has(name)) return { delivered: false, rejected: `SES refused the mail: ${name}` };
  const translated = awsError(error, 'SES could not send a mail');
  throw MENDABLE.has(name) ? new TransientError(translated.message) : translated;
}
