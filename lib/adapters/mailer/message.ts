import { randomUUID } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import { encode, wrap } from 'nodemailer/lib/qp';
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
 *
 * The library makes the headers and encodes. Put together here: its own way is a chain of streams, which takes five times
 * the processor's time and, beside many requests, waits for six turns of the event loop.
 */
export function composeMessage(
  mail: Mail,
  from: Mailbox,
  headers: { readonly [name: string]: string } = {},
): Buffer {
  const root = new MimeNode('multipart/alternative', { textEncoding: 'Q', baseBoundary: randomUUID() })
    .setHeader({ 'Auto-Submitted': 'auto-generated', ...headers })
    .setHeader('From', from)
    .setHeader('To', { name: '', address: mail.to })
    .setHeader('Subject', mail.subject)
    .setHeader('Message-ID', mail.messageId);
  const head = root.buildHeaders();
  const delimiter = `--${String(root.boundary)}`;
  const parts = [partOf('text/plain', mail.text), partOf('text/html', mail.html)];
  return Buffer.from(
    `${head}\r\n\r\n${parts.map((part) => `${delimiter}\r\n${part}\r\n`).join('')}${delimiter}--\r\n`,
  );
}

// RFC 5322 (2.1.1): at most 998 characters a line.
const STANDS_AS_IT_IS = /^(?:[\t\x20-\x7e]{0,998}(?:\n|$))*$/;

function partOf(type: string, content: string): string {
  const standing = STANDS_AS_IT_IS.test(content);
  const lines = content.replaceAll(/\r\n?|\n/g, '\r\n');
  const encoding = standing ? '7bit' : 'quoted-printable';
  const head = `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
  return head + (standing ? lines : wrap(encode(lines)));
}
