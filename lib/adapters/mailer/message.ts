import MailComposer from 'nodemailer/lib/mail-composer';
import { PermanentError } from '../../domain/errors.ts';
import type { Mail } from '../../ports/mailer.ts';

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** RFC 5321 (4.5.3.1.3): a path is at most 256 octets, two of them its angle brackets. */
const LONGEST_ADDRESS = 254;

/** One plain address: nothing that a header or an envelope could read as a second one, a name or a comment. */
const ADDRESS = /^[^\s\p{Cc}@<>(),;:"[\]\\]+@[^\s\p{Cc}@<>(),;:"[\]\\]+$/u;
const MESSAGE_ID = /^<[^\s\p{Cc}@<>]+@[^\s\p{Cc}@<>]+>$/u;
const MAILBOX = /^\s*(?:"?(?<name>[^"<>\p{Cc}]*?)"?\s*<(?<address>[^<>]+)>|(?<alone>[^<>]+?))\s*$/u;

const isAddress = (text: string): boolean => ADDRESS.test(text) && Buffer.byteLength(text) <= LONGEST_ADDRESS;

/**
 * The sender of all mails: `name@example.com` or `Countersign <name@example.com>`.
 *
 * @throws PermanentError when it is neither.
 */
export function parseMailbox(text: string): Mailbox {
  const { name = '', address, alone } = MAILBOX.exec(text)?.groups ?? {};
  const found = address ?? alone ?? '';
  if (isAddress(found)) return { name, address: found };
  throw new PermanentError(
    'the sender of mails must be an address: name@example.com or Countersign <name@example.com>',
  );
}

/** Why a mail can never be sent, or undefined. Names the field and never its value. */
export function flawOf(mail: Mail): string | undefined {
  if (!isAddress(mail.to)) return 'the recipient is not an e-mail address';
  if (/\p{Cc}/u.test(mail.subject)) return 'the subject holds a control character';
  if (!MESSAGE_ID.test(mail.messageId)) return 'the Message-ID is malformed';
  return undefined;
}

/**
 * The mail as an RFC 5322 message with CRLF line ends: a text and an HTML part, as they stand where they are
 * ASCII (so that a link is one line for whoever reads the source), else quoted-printable, which passes servers that
 * know ASCII only. `Auto-Submitted` (RFC 3834) keeps vacation notices from answering it.
 */
export async function composeMessage(
  mail: Mail,
  from: Mailbox,
  headers: { readonly [name: string]: string } = {},
): Promise<Buffer> {
  const composer = new MailComposer({
    from,
    to: { name: '', address: mail.to },
    subject: mail.subject,
    messageId: mail.messageId,
    text: partOf('text/plain', mail.text),
    html: partOf('text/html', mail.html),
    headers: { 'Auto-Submitted': 'auto-generated', ...headers },
    textEncoding: 'Q',
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

// RFC 5322 (2.1.1): at most 998 characters a line. The library encodes already what is longer than 76.
const STANDS_AS_IT_IS = /^(?:[\t\x20-\x7e]{0,998}(?:\n|$))*$/;

function partOf(type: string, content: string) {
  if (!STANDS_AS_IT_IS.test(content))
    return { content, contentTransferEncoding: 'quoted-printable' as const };
  const head = `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n`;
  return { raw: `${head}${content.replaceAll('\n', '\r\n')}` };
}
