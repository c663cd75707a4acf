import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { TransientError } from '../domain/errors.ts';
import type { Decision, RefusalCode } from '../domain/refusal.ts';
import type { Context } from '../operations/context.ts';
import { decideByLink, type LinkView, openLink, reauthorizeByLink } from '../operations/links.ts';
import type { Log } from '../ports/log.ts';
import { decisionPage } from './decision-page.ts';
import { type Form, readForm } from './forms.ts';
import { pageHeaders } from './headers.ts';
import type { Html } from './layout.ts';
import { LINK_UNKNOWN, messagePage } from './message-page.ts';
import { reauthorizePage } from './reauthorize-page.ts';
import { API_KEY_REFUSED, type Problem, problemOf } from './refusals.ts';
import { resultPage } from './result-page.ts';

const LARGEST_BODY = 16 * 1024;
/** Base64url of at least 128 random bits. Anything else is not looked for. */
const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;
const METHODS = 'GET, HEAD, POST, OPTIONS';

type Decide = Extract<Form, { readonly decision: 'approve' | 'deny' }>;
type Reauthorize = Extract<Form, { readonly decision: 'reauthorize' | 'decline' }>;

/** What the pages ask of the operations; `token` is the secret of the mailed link. */
export interface Links {
  open(token: string): Promise<Decision<LinkView>>;
  decide(token: string, form: Decide): Promise<Decision<LinkView>>;
  reauthorize(token: string, form: Reauthorize): Promise<Decision<LinkView>>;
}

/**
 * The page behind a mailed link: `GET` shows what would be lost, `POST` decides. Authorized by the link's token
 * alone. Only `POST` changes anything: mail scanners open every link.
 */
export const pages = (context: Context): Hono =>
  linkPages(
    {
      open: (token) => openLink(context, token),
      decide: (token, form) => decideByLink(context, token, form),
      reauthorize: (token, form) => reauthorizeByLink(context, token, form),
    },
    context.log,
  );

export function linkPages(links: Links, log: Log): Hono {
  const app = new Hono();
  app.use('/decide/:token', pageHeaders);
  app.get('/decide/:token', async (c) => {
    const opened = await open(links, c.req.param('token'));
    return opened.ok ? c.html(pageOf(opened.value)) : c.html(LINK_UNKNOWN, 404);
  });
  app.post('/decide/:token', bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => c.html(TOO_LARGE, 413) }));
  app.post('/decide/:token', async (c) => {
    if (!isForm(c.req.header('content-type'))) return c.html(NOT_A_FORM, 415);
    const read = readForm(await c.req.text());
    if (!read.ok) return c.html(incomplete(read.field), 400);
    const token = c.req.param('token');
    const answer = await submit(links, token, read.form);
    if (answer === 'done') return c.redirect(token, 303);
    return c.html(answer.page, answer.status);
  });
  app.options('/decide/:token', (c) => c.body(null, 204, { Allow: METHODS }));
  app.all('/decide/:token', (c) => c.html(OTHER_METHOD, 405, { Allow: METHODS }));
  app.onError((error, c) => {
    log.error('a page could not be shown', { error: error.name });
    if (!(error instanceof TransientError)) return c.html(BROKEN, 500);
    return c.html(BUSY, 503, { 'Retry-After': '5' });
  });
  return app;
}

const open = async (links: Links, token: string): Promise<Decision<LinkView>> =>
  TOKEN.test(token) ? links.open(token) : { ok: false, refusal: { code: 'link-unknown' } };

type Answer = 'done' | { readonly page: Html; readonly status: 404 | Problem['status'] };

/** Decides; what was refused is shown with the reason on the page as it is now. */
async function submit(links: Links, token: string, form: Form): Promise<Answer> {
  if (!TOKEN.test(token)) return { page: LINK_UNKNOWN, status: 404 };
  const decided = isDecide(form) ? await links.decide(token, form) : await links.reauthorize(token, form);
  // Approved, but the key is not destroyed yet: the page of the result says so.
  if (decided.ok || decided.refusal.code === 'still-working') return 'done';
  const opened = await links.open(token);
  if (!opened.ok) return { page: LINK_UNKNOWN, status: 404 };
  const problem = problemFor(decided.refusal.code, form, opened.value);
  return { page: pageOf(opened.value, problem, form), status: problem.status };
}

function problemFor(code: RefusalCode, form: Form, view: LinkView): Problem {
  // What was typed no longer matters when the page has no form any more.
  if (view.offers === 'nothing' && code === 'confirmation-mismatch') return problemOf('already-decided');
  return !isDecide(form) && code === 'access-denied' ? API_KEY_REFUSED : problemOf(code);
}

const isDecide = (form: Form): form is Decide => form.decision === 'approve' || form.decision === 'deny';

function pageOf(view: LinkView, problem?: Problem, form?: Form): Html {
  if (view.offers === 'reauthorize') return reauthorizePage(view, problem);
  if (view.offers === 'nothing') return resultPage(view, problem);
  if (problem === undefined) return decisionPage(view);
  const note = form !== undefined && 'note' in form ? form.note : undefined;
  return decisionPage(view, { problem, ...(note !== undefined && { note }) });
}

const isForm = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1).join('').trim().toLowerCase() === 'application/x-www-form-urlencoded';

const incomplete = (field: string): Html =>
  messagePage(
    'The form was not complete',
    `The field “${field.slice(0, 40)}” was missing or not as the page has it. Nothing was changed. Open the link from the mail again.`,
  );

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
const BROKEN = messagePage(
  'Something is broken',
  'Open the link from the mail again to see what became of it.',
);
const BUSY = messagePage('Countersign is busy', 'Open the link from the mail again in a few seconds.');
