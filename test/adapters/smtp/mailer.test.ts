import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { smtpMailer } from '../../../lib/adapters/smtp/mailer.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { aMail, describeMailer } from '../../contracts/mailer.ts';
import {
  type RunningSmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
} from '../../support/smtp-server.ts';

const FROM = 'Countersign <countersign@example.com>';

/** Closed in this order after each test: the clients, then the servers. */
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function mailerTo(url: string, more: { readonly connections?: number } = {}) {
  const mailer = smtpMailer({ url, from: FROM, ...more });
  open.unshift(() => mailer.close());
  return mailer;
}

async function serverWith(options?: SmtpServerOptions): Promise<RunningSmtpServer> {
  const server = await startSmtpServer(options);
  open.push(() => server.close());
  return server;
}

/** The TransientError that sending must end with; nothing in it may tell of the mail, the server's words or logins. */
async function transientError(url: string): Promise<Error> {
  const error = await mailerTo(url)
    .send(aMail())
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TransientError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(
    /anna|s3cret|Grüße|Kundenschl|said the server/,
  );
  return error as Error;
}

describe('the SMTP mailer', () => {
  describeMailer(async () => {
    const server = await serverWith();
    return {
      mailer: mailerTo(server.url),
      received: async () =>
        server.mails.map(({ to, subject = '', text = '', html }) => ({
          to: [to].flat()[0]?.text ?? '',
          subject,
          text,
          html: html || '',
        })),
    };
  });

  test('a mail sent twice carries one Message-ID, its sender, and says that no person sent it', async () => {
    const server = await serverWith();
    const mailer = mailerTo(server.url);
    await mailer.send(aMail());
    await mailer.send(aMail());
    const mails = await server.waitFor(2);
    expect(mails.map(({ messageId }) => messageId)).toEqual([aMail().messageId, aMail().messageId]);
    expect(mails[0]?.from?.value).toEqual([{ name: 'Countersign', address: 'countersign@example.com' }]);
    expect(mails[0]?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  test.for(['sender', 'recipient', 'message'] as const)(
    'a 5yz reply to the %s rejects the mail, with codes and without the server’s words',
    async (at) => {
      const refusal = { at, code: 550, text: '5.1.1 <anna.schmidt@example.com> is unknown' };
      const { url } = await serverWith({ refuse: () => refusal });
      const delivery = await mailerTo(url).send(aMail());
      expect(delivery).toEqual({ delivered: false, rejected: expect.stringMatching(/: E\w+ 550 5\.1\.1$/) });
    },
  );

  test.for(['sender', 'recipient', 'message'] as const)(
    'a 4yz reply to the %s defers this mail alone, and it arrives when the server comes round',
    async (at) => {
      const refusals = [{ at, code: 451, text: '4.7.1 said the server of anna' }];
      const server = await serverWith({ refuse: () => refusals[0] });
      const deferred = expect.stringMatching(/: E\w+ 451 4\.7\.1$/);
      await expect(mailerTo(server.url).send(aMail())).resolves.toEqual({ delivered: false, deferred });
      refusals.pop();
      await expect(mailerTo(server.url).send(aMail())).resolves.toEqual({ delivered: true });
      expect(server.mails).toHaveLength(1);
    },
  );

  test('a 421 reply is the server’s about itself: it closes', async () => {
    const { url } = await serverWith({
      refuse: () => ({ at: 'recipient', code: 421, text: '4.3.2 closing' }),
    });
    expect((await transientError(url)).message).toContain('421');
  });

  test('a server that is not there makes the mail wait', async () => {
    const server = await startSmtpServer();
    await server.close();
    expect((await transientError(server.url)).message).toContain('ECONNREFUSED');
  });

  test('a server that hangs up in the middle makes the mail wait', async () => {
    const url = await rawServer((socket) => {
      socket.write('220 hello\r\n');
      socket.once('data', () => socket.destroy());
    });
    await transientError(url);
  });

  async function countingServer() {
    const sessions: string[] = [];
    const onConnect = ({ id }: { readonly id: string }, done: () => void) => {
      sessions.push(id);
      done();
    };
    const server = await serverWith({ server: { onConnect } });
    return { server, sessions };
  }

  test('mails one after another go over one connection', async () => {
    const { server, sessions } = await countingServer();
    const mailer = mailerTo(server.url);
    await mailer.send(aMail({ subject: 'one' }));
    await mailer.send(aMail({ subject: 'two' }));
    expect(server.mails.map(({ subject }) => subject)).toEqual(['one', 'two']);
    expect(sessions).toHaveLength(1);
  });

  test('mails at once go over as many connections as there may be, and no more', async () => {
    const { server, sessions } = await countingServer();
    const mailer = mailerTo(server.url, { connections: 2 });
    await Promise.all([1, 2, 3, 4, 5].map((n) => mailer.send(aMail({ subject: String(n) }))));
    expect(server.mails).toHaveLength(5);
    expect(sessions).toHaveLength(2);
  });

  test('a mail whose connection the server closes before it has begun goes over another, whole', async () => {
    const received: string[] = [];
    const url = await rawServer((socket) => {
      socket.write('220 hello\r\n');
      let mails = 0;
      let inMail = false;
      createInterface({ input: socket }).on('line', (line) => {
        if (line.startsWith('MAIL') && mails > 0) socket.destroy();
        if (inMail) received.push(line);
        if (inMail && line !== '.') return;
        if (inMail) mails += 1;
        inMail = line === 'DATA';
        socket.write(inMail ? '354 go on\r\n' : '250 yes\r\n');
      });
    });
    const mailer = mailerTo(url);
    await expect(mailer.send(aMail())).resolves.toEqual({ delivered: true });
    const first = received.splice(0);
    await expect(mailer.send(aMail())).resolves.toEqual({ delivered: true });
    expect(withoutChance(received)).toEqual(withoutChance(first));
  });

  test('a server that trickles its answer is left after 30 seconds, though it is never silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    open.push(() => vi.useRealTimers());
    let stalled = () => {};
    const url = await rawServer((socket) => {
      socket.write('220 hello\r\n');
      createInterface({ input: socket }).on('line', (line) => {
        socket.write(line.startsWith('EHLO') ? '250 yes\r\n' : '2');
        if (line.startsWith('MAIL')) stalled();
      });
    });
    const asked = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    const error = transientError(url);
    await asked;
    vi.advanceTimersByTime(30_000);
    expect((await error).message).toContain('EABORT');
  });

  test('a server that greets with 554 makes the mail wait: it says nothing about the mail', async () => {
    const url = await rawServer((socket) => socket.end('554 5.3.2 said the server\r\n'));
    expect((await transientError(url)).message).toContain('554 5.3.2');
  });

  test('a login logs in; a refused one makes the mail wait and is not repeated in the error', async () => {
    const server = await serverWith({
      server: {
        disabledCommands: ['STARTTLS'],
        allowInsecureAuth: true,
        onAuth: ({ username, password }, _session, done) =>
          password === 'p@ss/word'
            ? done(null, { user: username })
            : done(new Error(`said the server: no ${username} ${password}`)),
      },
    });
    const right = `smtp://anna:${encodeURIComponent('p@ss/word')}@127.0.0.1:${server.port}`;
    await expect(mailerTo(right).send(aMail())).resolves.toEqual({ delivered: true });
    const error = await transientError(`smtp://anna:s3cret@127.0.0.1:${server.port}`);
    expect(error.message).toContain('EAUTH 535');
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  if (outside === undefined)
    process.stderr.write('\nSKIPPED: SMTP beyond loopback: no network interface\n\n');

  test.runIf(outside).for([
    ['offers no STARTTLS', { disabledCommands: ['STARTTLS', 'AUTH'] }],
    ['has a certificate that nobody vouches for', { disabledCommands: ['AUTH'] }],
  ] as const)('a server beyond loopback that %s is sent neither mail nor login', async ([, options]) => {
    const senders: string[] = [];
    const server = await serverWith({
      host: outside ?? '',
      server: { ...options, disabledCommands: [...options.disabledCommands] },
      refuse: () => {
        senders.push('a mail was begun');
        return undefined;
      },
    });
    expect((await transientError(server.url)).message).toMatch(/ETLS|ESOCKET/);
    expect(senders).toEqual([]);
    expect(server.mails).toEqual([]);
  });

  test.for(['', 'Countersign', 'a@example.com, b@example.com', 'A <a@example.com>\r\nBcc: b@example.com'])(
    'the sender %j is refused before anything is sent',
    (from) => {
      expect(() => smtpMailer({ url: 'smtp://127.0.0.1', from })).toThrow(PermanentError);
    },
  );
});

/** A message without its boundary and its date, which are other ones each time. */
const withoutChance = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replace(/_NmP-[\w-]+/, '').replace(/^Date: .*/, ''));

/** A server that behaves as no SMTP server package would. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => server.close());
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
