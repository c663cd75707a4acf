import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import MailMessage from 'nodemailer/lib/mailer/mail-message.js';
import { TransientError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import type { Delivery, Mailer } from '../../ports/mailer.ts';
import { composeMessage, flawOf, parseMailbox } from '../mailer/message.ts';
import { parseSmtpUrl, type SmtpServer } from './url.ts';
import { WholeMessage } from './whole-message.ts';

/** For each silence: until connected, until greeted, and between two answers. */
const SILENCE_LIMIT = 10 * SECOND;
/** For one mail whole, its turn in the pool included: a server that trickles its answers is never silent. */
const SEND_LIMIT = 30 * SECOND;

/** Most mail servers take more from one sender (Postfix 50, Exim 20 from everybody together); some take 3. */
export const DEFAULT_CONNECTIONS = 10;

interface SmtpOptions {
  readonly url: string;
  readonly from: string;
  /** How many there are at most; each is made when it is needed. Default {@link DEFAULT_CONNECTIONS}. */
  readonly connections?: number;
}

/**
 * A mailer over one SMTP server, with a pool of connections. `close` lets a mail that is under way finish.
 *
 * A refused login, a refused TLS and a closed connection are transient, whatever the reply's code: they say
 * nothing about the mail, and an operator can mend them.
 *
 * @throws PermanentError for a URL or a sender that is not usable.
 */
export function smtpMailer(options: SmtpOptions): Mailer & { close(): void } {
  const from = parseMailbox(options.from);
  const transport = createTransport(
    poolOptions(parseSmtpUrl(options.url), options.connections ?? DEFAULT_CONNECTIONS),
  );
  return {
    async send(mail) {
      const flaw = flawOf(mail);
      if (flaw !== undefined) return { delivered: false, rejected: flaw };
      const composed = new WholeMessage(composeMessage(mail, from), { from, mail });
      try {
        await handOver(transport, composed);
        return { delivered: true };
      } catch (error) {
        return refusedOrThrown(error);
      }
    },
    close: () => transport.close(),
  };
}

type Transport = ReturnType<typeof createTransport>;

/** Resolves when the server has taken it. @throws the library's error when it has not, or not within the limit. */
async function handOver(transport: Transport, composed: WholeMessage): Promise<void> {
  const { transporter } = transport;
  const limit = new AbortController();
  const late = setTimeout(() => limit.abort(), SEND_LIMIT);
  const message = new MailMessage(transport, { signal: limit.signal });
  message.message = composed;
  try {
    await promisify(transporter.send.bind(transporter))(message);
  } finally {
    clearTimeout(late);
  }
}

/**
 * Connects as the mailer does: EHLO, STARTTLS where it has to be, and the login; sends nothing.
 * @throws PermanentError for a URL that is not usable, TransientError when the server takes none of it.
 */
export async function verifySmtp(url: string): Promise<void> {
  const transport = createTransport(poolOptions(parseSmtpUrl(url), 1));
  try {
    await transport.verify();
  } catch (error) {
    throw new TransientError(describe(error).status);
  } finally {
    transport.close();
  }
}

const poolOptions = ({ host, port, tls, login }: SmtpServer, maxConnections: number) => ({
  pool: true as const,
  maxConnections,
  host,
  port,
  secure: tls === 'always',
  requireTLS: tls === 'upgrade',
  ignoreTLS: tls === 'none',
  ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
  connectionTimeout: SILENCE_LIMIT,
  greetingTimeout: SILENCE_LIMIT,
  socketTimeout: SILENCE_LIMIT,
  dnsTimeout: SILENCE_LIMIT,
});

/**
 * 421: the server is about to close; 503 is about the order of commands (RFC 5321), the others about the login
 * (RFC 4954): not about this mail.
 */
const NOT_ABOUT_THE_MAIL: ReadonlySet<number> = new Set([421, 454, 503, 530, 534, 535, 538]);

/**
 * A 5yz reply to the sender, the recipient or the contents is the server's last word about the mail, a 4yz reply its
 * word for now, as of a mailbox that is full; everything else is about the server.
 * Codes only: the server's text repeats addresses, the thrown object holds the whole conversation.
 */
function refusedOrThrown(error: unknown): Delivery {
  const { code, reply, status } = describe(error);
  const aboutTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (aboutTheMail && (reply === undefined || !NOT_ABOUT_THE_MAIL.has(reply))) {
    return reply === undefined || reply >= 500
      ? { delivered: false, rejected: `the mail server refused the mail: ${status}` }
      : { delivered: false, deferred: `the mail server refused the mail for now: ${status}` };
  }
  throw new TransientError(`the mail server did not take the mail: ${status}`);
}

/** nodemailer's error fields: `code` its own name, `originalCode` the system's, `response` the server's reply. */
function describe(error: unknown): { code: string; reply?: number; status: string } {
  const code = textOf(error, 'code') || 'unknown error';
  const [, reply, enhanced] = /^(\d{3})[ -]?(\d\.\d{1,3}\.\d{1,3})?/.exec(textOf(error, 'response')) ?? [];
  const status = [code, textOf(error, 'originalCode'), reply, enhanced].filter(Boolean).join(' ');
  return reply === undefined ? { code, status } : { code, status, reply: Number(reply) };
}

function textOf(error: unknown, field: string): string {
  const value: unknown = error instanceof Error ? Reflect.get(error, field) : undefined;
  return typeof value === 'string' ? value : '';
}
