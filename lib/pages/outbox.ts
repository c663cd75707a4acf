import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { pageHeaders } from './headers.ts';
import type { MailFolder } from './mail-folder.ts';
import { messagePage } from './message-page.ts';
import { mailPage, outboxPage } from './outbox-page.ts';

export interface OutboxAccess {
  /** What the terminal was shown; whoever knows it reads everybody's mail. */
  readonly secret: string;
  /** `host:port` under which this computer reaches the server; any other name could be an attacker's (DNS rebinding). */
  readonly allowedHosts: readonly string[];
}

const MOST_MAILS = 200;

/** The outgoing mails, for trying Countersign out on one computer. Whatever is not right is not found. */
export function outboxPages(folder: MailFolder, access: OutboxAccess): Hono {
  const app = new Hono();
  app.use('/outbox/*', pageHeaders);
  app.use('/outbox/:secret/*', async (c, next) => (mayEnter(c, access) ? next() : c.html(NOT_FOUND, 404)));
  app.get('/outbox/:secret', async (c) => c.html(outboxPage(await folder.list(MOST_MAILS), access.secret)));
  app.get('/outbox/:secret/:file', async (c) => {
    const mail = await folder.read(c.req.param('file'));
    return mail === undefined ? c.html(NOT_FOUND, 404) : c.html(mailPage(mail, access.secret));
  });
  app.all('/outbox/*', (c) => c.html(NOT_FOUND, 404));
  return app;
}

function mayEnter(c: Context, { secret, allowedHosts }: OutboxAccess): boolean {
  const host = c.req.header('host')?.toLowerCase() ?? '';
  return allowedHosts.includes(host) && isSecret(c.req.param('secret') ?? '', secret);
}

/** In constant time: digests are of one length, and do not tell how much of a guess was right. */
const isSecret = (guess: string, secret: string): boolean => timingSafeEqual(digest(guess), digest(secret));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const NOT_FOUND = messagePage('There is nothing here', 'Look in the terminal for the address of the outbox.');
