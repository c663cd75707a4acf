import { type ErrorHandler, Hono, type Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { TransientError } from '../domain/errors.ts';
import { isReachableFrom } from '../domain/instance-policies.ts';
import type { Decision, RefusalCode } from '../domain/refusal.ts';
import { type Context, onBehalfOf } from '../operations/context.ts';
import { decideByLink, type LinkView, openLink, reauthorizeByLink } from '../operations/links.ts';
import { noteOpening } from '../operations/openings.ts';
import type { Log } from '../ports/log.ts';
import { decisionPage } from './decision-page.ts';
import { type DecisionForm, type Form, isDecision, readForm } from './forms.ts';
import { pageHeaders } from './headers.ts';
import type { Html } from './layout.ts';
import { LINK_UNKNOWN, messagePage } from './message-page.ts';
import { reauthorizePage } from './reauthorize-page.ts';
import { API_KEY_REFUSED, type Problem, problemOf } from './refusals.ts';
import { resultPage } from './result-page.ts';

export const LARGEST_BODY = 16 * 1024;
/** Base64url of at least 128 random bits. Anything else is not looked for. */
export const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;
export const METHODS = 'GET, HEAD, POST, OPTIONS';

type Reauthorize = Extract<Form, { readonly decision: 'reauthorize' | 'decline' }>;

/** What the pages ask of the operations; `token` is the secret of the mailed link. */
export interface Links {
  open(token: string): Promise<Decision<LinkView>>;
  /** Notes that somebody has looked at the page; never fails. */
  opened(token: string): Promise<void>;
  /** @param correlationId names the request in its events and in the log. */
  decide(token: string, form: DecisionForm, correlationId?: string): Promise<Decision<LinkView>>;
  reauthorize(token: string, form: Reauthorize, correlationId?: string): Promise<Decision<LinkView>>;
}

/**
 * The page behind a mailed link: `GET` shows what would be lost, `POST` decides. Authorized by the link's token
 * alone. Only `POST` changes anything: mail scanners open every link.
 */
export const pages = (context: Context): Hono =>
  linkPages(
    {
      open: (token) => openLink(context, token),
      opened: (token) => noteOpening(context, token),
      decide: (token, form, from) => decideByLink(asked(context, from), token, form),
      reauthorize: (token, form, from) => reauthorizeByLink(asked(context, from), token, form),
    },
    context.log,
  );

const asked = (context: Context, from: string | undefined): Context =>
  from === undefined ? context : onBehalfOf(context, from);

export function linkPages(links: Links, log: Log): Hono {
  const app = new Hono();
  app.use('/decide/:token', pageHeaders);
  app.get('/decide/:token', async (c) => {
    const token = c.req.param('token');
    const opened = await open(links, token);
    if (!opened.ok) return notALink(c);
    if (isElsewhere(c, opened.value)) return c.html(ELSEWHERE, 403);
    // Hono answers HEAD here too, and nobody looks at that.
    if (c.req.method === 'GET') await links.opened(token);
    return c.html(pageOf(opened.value));
  });
  app.post('/decide/:token', bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => c.html(TOO_LARGE, 413) }));
  app.post('/decide/:token', async (c) => {
    if (!isForm(c.req.header('content-type'))) return c.html(NOT_A_FORM, 415);
    const read = readForm(await c.req.text());
    if (!read.ok) return c.html(incomplete(read.field), 400);
    const token = c.req.param('token');
    const opened = await open(links, token);
    if (opened.ok && isElsewhere(c, opened.value)) return c.html(ELSEWHERE, 403);
    const answer = await submit(links, { token, form: read.form, from: c.get('correlationId') });
    if (answer === 'done') return c.redirect(token, 303);
    if (answer === 'not a link') return notALink(c);
    // A key that is none is a guess, whoever has the link.
    const wait = answer.guessed ? wrongGuess(c) : 0;
    return wait === 0 ? c.html(answer.page, answer.status) : tooManyGuesses(c, wait);
  });
  app.options('/decide/:token', (c) => c.body(null, 204, { Allow: METHODS }));
  app.all('/decide/:token', (c) => c.html(OTHER_METHOD, 405, { Allow: METHODS }));
  app.onError(pageFailed(log));
  return app;
}

/** What a page answers when something is broken. */
export const pageFailed =
  (log: Log): ErrorHandler =>
  (error, c) => {
    log.error('a page could not be shown', { error: error.name });
    if (!(error instanceof TransientError)) return c.html(BROKEN, 500);
    return c.html(BUSY, 503, { 'Retry-After': '5' });
  };

const open = async (links: Links, token: string): Promise<Decision<LinkView>> =>
  TOKEN.test(token) ? links.open(token) : { ok: false, refusal: { code: 'link-unknown' } };

type Answer =
  | 'done'
  | 'not a link'
  | { readonly page: Html; readonly status: Problem['status']; readonly guessed: boolean };

/** Decides; what was refused is shown with the reason on the page as it is now. */
async function submit(
  links: Links,
  { token, form, from }: { readonly token: string; readonly form: Form; readonly from: string | undefined },
): Promise<Answer> {
  if (!TOKEN.test(token)) return 'not a link';
  const decided = isDecision(form)
    ? await links.decide(token, form, from)
    : await links.reauthorize(token, form, from);
  // Approved, but the key is not destroyed yet: the page of the result says so.
  if (decided.ok || decided.refusal.code === 'still-working') return 'done';
  const opened = await links.open(token);
  if (!opened.ok) return 'not a link';
  const { code } = decided.refusal;
  const problem = problemFor(code, form, opened.value);
  return {
    page: pageOf(opened.value, problem, form),
    status: problem.status,
    guessed: code === 'credential-needed' && form.apiKey !== undefined,
  };
}

export const wrongGuess = (c: HonoContext): number => c.get('wrongGuess')?.() ?? 0;

/** A link that is none is told so; whoever tries many is told to wait. A right one is shown meanwhile. */
export function notALink(c: HonoContext): Response | Promise<Response> {
  const wait = wrongGuess(c);
  return wait === 0 ? c.html(LINK_UNKNOWN, 404) : tooManyGuesses(c, wait);
}

export const tooManyGuesses = (c: HonoContext, seconds: number): Response | Promise<Response> =>
  c.html(GUESSING, 429, { 'Retry-After': String(seconds) });

/** Whether the instance is not reached from where the request comes from: that counts for its links as well. */
export const isElsewhere = (c: HonoContext, { instance }: Pick<LinkView, 'instance'>): boolean =>
  !isReachableFrom(instance, c.get('source'));

function problemFor(code: RefusalCode, form: Form, view: LinkView): Problem {
  // What was typed no longer matters when the page has no form any more.
  if (view.offers === 'nothing' && code === 'confirmation-mismatch') return problemOf('already-decided');
  return !isDecision(form) && (code === 'access-denied' || code === 'credential-needed')
    ? API_KEY_REFUSED
    : problemOf(code);
}

function pageOf(view: LinkView, problem?: Problem, form?: Form): Html {
  if (view.offers === 'reauthorize') return reauthorizePage(view, problem);
  if (view.offers === 'nothing') return resultPage(view, problem);
  if (problem === undefined) return decisionPage(view);
  const note = form !== undefined && 'note' in form ? form.note : undefined;
  return decisionPage(view, { problem, ...(note !== undefined && { note }) });
}

export const isForm = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1).join('').trim().toLowerCase() === 'application/x-www-form-urlencoded';

const incomplete = (field: string): Html =>
  messagePage(
    'The form was not complete',
    `The field “${field.slice(0, 40)}” was missing or not as the page has it. Nothing was changed. Open the link from the mail again.`,
  );

export const TOO_LARGE = messagePage(
  'The form was too large',
  'Nothing was changed. Open the link from the mail again.',
);
export const NOT_A_FORM = messagePage(
  'This is not a form',
  'Nothing was changed. Open the link from the mail in a browser.',
);
export const OTHER_METHOD = messagePage(
  'This cannot be done here',
  'Nothing was changed. Open the link from the mail.',
);
export const ELSEWHERE = messagePage(
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
