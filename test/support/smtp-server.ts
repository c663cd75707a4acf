import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** What the server says no to: the sender, the recipient, or the message after it was received. */
export interface Refusal {
  readonly at: 'sender' | 'recipient' | 'message';
  /** The SMTP reply code: 450 for now, 550 for good. */
  readonly code: number;
  /** The rest of the reply line. */
  readonly text?: string;
}

export interface SmtpServerOptions {
  /** Asked at each command, so that a server may come round. */
  readonly refuse?: () => Refusal | undefined;
  /** Options of the package smtp-server: TLS, logins, the host to listen on. */
  readonly server?: SMTPServerOptions;
  readonly host?: string;
}

export interface RunningSmtpServer {
  readonly url: string;
  readonly port: number;
  /** What arrived, in order. Grows. */
  readonly mails: readonly ParsedMail[];
  /** All mails as soon as `count` have arrived; fails after ten seconds. */
  waitFor(count: number): Promise<readonly ParsedMail[]>;
  close(): Promise<void>;
}

const WAIT_LIMIT_MS = 10_000;

/** A real SMTP server on a free loopback port, plain and without logins unless told otherwise. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<RunningSmtpServer> {
  const mails: ParsedMail[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const host = options.host ?? '127.0.0.1';
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    ...options.server,
    onMailFrom: (_address, _session, done) => done(refusalOf(options, 'sender')),
    onRcptTo: (_address, _session, done) => done(refusalOf(options, 'recipient')),
    onData(stream, _session, done) {
      simpleParser(stream, (error, mail) => {
        // A client that goes away in the middle of a message has sent none.
        if (error) return done(error);
        const refusal = refusalOf(options, 'message');
        if (refusal === undefined) mails.push(mail);
        done(refusal);
        arrivals.emit('mail');
      });
    },
  });
  // A client that goes away in the middle is no error of the server's.
  server.on('error', () => {});
  await once(server.listen(0, host), 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://${host}:${port}`,
    port,
    mails,
    async waitFor(count) {
      const signal = AbortSignal.timeout(WAIT_LIMIT_MS);
      while (mails.length < count) {
        await once(arrivals, 'mail', { signal }).catch(() => {
          throw new Error(`${mails.length} of ${count} mails arrived within ${WAIT_LIMIT_MS / 1000} seconds`);
        });
      }
      return mails;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function refusalOf({ refuse }: SmtpServerOptions, at: Refusal['at']): Error | undefined {
  const refusal = refuse?.();
  if (refusal?.at !== at) return undefined;
  return Object.assign(new Error(refusal.text ?? 'refused'), { responseCode: refusal.code });
}
