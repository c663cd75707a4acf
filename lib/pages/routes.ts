import type { Hono } from 'hono';
import type { Decision, RefusalCode } from '../domain/refusal.ts';
import { type Context, onBehalfOf } from '../operations/context.ts';
import { decideByLink, type LinkView, openLink, reauthorizeByLink } from '../operations/links.ts';
import { noteOpening } from '../operations/openings.ts';
import type { Log } from '../ports/log.ts';
import { decisionPage } from './decision-page.ts';
import { type DecisionForm, type Form, isDecision, readForm } from './forms.ts';
import type { Html } from './layout.ts';
import {
  closed,
  isElsewhere,
  notALink,
  openedBy,
  pageBehindLink,
  tooManyGuesses,
  wrongGuess,
} from './link-page.ts';
import { messagePage } from './message-page.ts';
import { reauthorizePage } from './reauthorize-page.ts';
import { API_KEY_REFUSED, type Problem, problemOf } from './refusals.ts';
import { resultPage } from './result-page.ts';

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
  const open = (token: string) => openedBy(token, (known) => links.open(known));
  return pageBehindLink(
    {
      path: '/decide/:token',
      get: async (c, token) => {
        const opened = await open(token);
        if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
        // Hono answers HEAD here too, and nobody looks at that.
        if (c.req.method === 'GET') await links.opened(token);
        return c.html(pageOf(opened.value));
      },
      post: async (c, token) => {
        const read = readForm(await c.req.text());
        if (!read.ok) return c.html(incomplete(read.field), 400);
        const opened = await open(token);
        if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
        const answer = await submit(links, { token, form: read.form, from: c.get('correlationId') });
        if (answer === 'done') return c.redirect(token, 303);
        if (answer === 'not a link') return notALink(c);
        // A key that is none is a guess, whoever has the link.
        const wait = answer.guessed ? wrongGuess(c) : 0;
        return wait === 0 ? c.html(answer.page, answer.status) : tooManyGuesses(c, wait);
      },
    },
    log,
  );
}

type Answer =
  | 'done'
  | 'not a link'
  | { readonly page: Html; readonly status: Problem['status']; readonly guessed: boolean };

/** Decides; what was refused is shown with the reason on the page as it is now. */
async function submit(
  links: Links,
  { token, form, from }: { readonly token: string; readonly form: Form; readonly from: string | undefined },
): Promise<Answer> {
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

const incomplete = (field: string): Html =>
  messagePage(
    'The form was not complete',
    `The field “${field.slice(0, 40)}” was missing or not as the page has it. Nothing was changed. Open the link from the mail again.`,
  );
