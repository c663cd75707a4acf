import { type ErrorHandler, Hono, type Context as HonoContext } from 'hono';
import { TransientError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { isReachableFrom } from '../domain/instance-policies.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import { limitBody } from '../http/body-limit.ts';
import type { Log } from '../ports/log.ts';
import { pageHeaders } from './headers.ts';
import { LINK_UNKNOWN, messagePage } from './message-page.ts';

export const LARGEST_BODY = 16 * 1024;
/** Base64url of at least 128 random bits. Anything else is not looked for. */
const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;
const METHODS = 'GET, HEAD, POST, OPTIONS';

/** A page that a mailed link opens. Only `post` changes anything: mail scanners open every link. */
interface LinkPage {
  readonly path: `/${string}/:token`;
  readonly get: (c: HonoContext, token: string) => Promise<Response>;
  /** Is asked for a form alone, of at most `LARGEST_BODY`. */
  readonly post: (c: HonoContext, token: string) => Promise<Response>;
}

/** The routes of a page behind a mailed link, with what every one of them answers alike. */
export function pageBehindLink({ path, get, post }: LinkPage, log: Log): Hono {
  const app = new Hono();
  const tokenOf = (c: HonoContext) => c.req.param('token') ?? '';
  app.use(path, pageHeaders);
  app.get(path, (c) => get(c, tokenOf(c)));
  app.post(
    path,
    limitBody(LARGEST_BODY, (c) => c.html(TOO_LARGE, 413)),
  );
  app.post(path, (c) =>
    isForm(c.req.header('content-type')) ? post(c, tokenOf(c)) : c.html(NOT_A_FORM, 415),
  );
  app.options(path, (c) => c.body(null, 204, { Allow: METHODS }));
  app.all(path, (c) => c.html(OTHER_METHOD, 405, { Allow: METHODS }));
  app.onError(pageFailed(log));
  return app;
}

interface OfInstance {
  readonly instance: Instance;
}

/** What a link opens; refused for a text that is no link's token, which is looked for nowhere. */
export const openedBy = async <V>(
  token: string,
  open: (token: string) => Promise<Decision<V>>,
): Promise<Decision<V>> => (TOKEN.test(token) ? open(token) : refuse('link-unknown'));

/** What is answered in place of the page to whom a link opens nothing, or nothing from where they are. */
export const closed = (c: HonoContext, opened: Decision<OfInstance>): Response | Promise<Response> =>
  opened.ok ? c.html(ELSEWHERE, 403) : notALink(c);

/** What a page answers when something is broken. */
const pageFailed =
  (log: Log): ErrorHandler =>
  (error, c) => {
    log.error('a page could not be shown', { error: error.name });
    if (!(error instanceof TransientError)) return c.html(BROKEN, 500);
    return c.html(BUSY, 503, { 'Retry-After': '5' });
  };

export const wrongGuess = (c: HonoContext): number => c.get('wrongGuess')?.() ?? 0;

/** A link that is none is told so; whoever tries many is told to wait. A right one is shown meanwhile. */
export function notALink(c: HonoContext): Response | Promise<Response> {
  const wait = wrongGuess(c);
  return wait === 0 ? c.html(LINK_UNKNOWN, 404) : tooManyGuesses(c, wait);
}

export const tooManyGuesses = (c: HonoContext, seconds: number): Response | Promise<Response> =>
  c.html(GUESSING, 429, { 'Retry-After': String(seconds) });

/** Whether the instance is not reached from where the request comes from: that counts for its links as well. */
export const isElsewhere = (c: HonoContext, { instance }: OfInstance): boolean =>
  !isReachableFrom(instance, c.get('source'));

export const isForm = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1).join('').trim().toLowerCase() === 'application/x-www-form-urlencoded';

const TOO_LARGE = messagePage(
  'The form was too large',
  'Nothing was changed. Open the link from the mail again.',
);
const NOT_A_FORM = messagePage(
  'This is not a form',
  'Nothing was changed. Open the link from the mail in a browser.',
);
const OTHER_METHOD = messagePage(
  'This cannot be done here',
  'Nothing was changed. Open the link from the mail.',
);
const ELSEWHERE = messagePage(
  'This link does not open from here',
  'Its instance is reached from some networks alone, and yours is not among them. Nothing was changed. Open the link from the mail again from one of them.',
);
const GUESSING = messagePage(
  'Too many attempts',
  'Too many links or API keys that are not valid came from your network. Nothing was changed. Open the link from the mail again in a minute; a link that is right opens meanwhile too.',
);
const BROKEN = messagePage(
  'Something is broken',
  'Open the link from the mail again to see what became of it.',
);
const BUSY = messagePage('Countersign is busy', 'Open the link from the mail again in a few seconds.');
