import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CliError } from '../problem.ts';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail server of the demonstration's own. */
export interface Mailbox {
  readonly url: string;
  /** The first mail to this address whose text has a line that matches, as soon as it has arrived. */
  waitFor(to: string, line: RegExp): Promise<{ readonly mail: ReceivedMail; readonly match: string }>;
  close(): void;
}

const WAIT_LIMIT_MS = 10_000;

/**
 * Takes mail by SMTP on a free loopback port.
 * @throws CliError where the packages for it are left out (`npm ci --omit=dev`).
 */
export async function openMailbox(): Promise<Mailbox> {
  const [{ SMTPServer }, { simpleParser }] = await Promise.all([
    import('smtp-server'),
    import('mailparser'),
  ]).catch(() => {
    throw new CliError('the demo needs the development packages: run npm ci');
  });
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, session, done) {
      simpleParser(stream, (error, mail) => {
        // A client that goes away in the middle of a message has sent none.
        if (error) return done(error);
        const { subject = '', text = '' } = mail;
        for (const { address } of session.envelope.rcptTo) mails.push({ to: address, subject, text });
        done();
        server.emit('mail');
      });
    },
  });
  server.on('error', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    async waitFor(to, line) {
      const signal = AbortSignal.timeout(WAIT_LIMIT_MS);
      for (;;) {
        const found = mails.flatMap((mail) => {
          const match = mail.to === to ? line.exec(mail.text)?.[0] : undefined;
          return match === undefined ? [] : [{ mail, match }];
        })[0];
        if (found !== undefined) return found;
        await once(server, 'mail', { signal }).catch(() => {
          throw new CliError(`no mail to ${to} has arrived within ${WAIT_LIMIT_MS / 1_000} seconds`);
        });
      }
    },
    close: () => server.close(),
  };
}
