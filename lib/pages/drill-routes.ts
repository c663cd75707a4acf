import { Hono, type Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Decision } from '../domain/refusal.ts';
import { confirmDrillByLink, type DrillView, openDrillLink } from '../operations/confirm-drill.ts';
import type { Context } from '../operations/context.ts';
import { drillPage } from './drill-page.ts';
import { pageHeaders } from './headers.ts';
import { type Problem, problemOf } from './refusals.ts';
import {
  ELSEWHERE,
  isElsewhere,
  isForm,
  LARGEST_BODY,
  METHODS,
  NOT_A_FORM,
  notALink,
  OTHER_METHOD,
  pageFailed,
  TOKEN,
  TOO_LARGE,
  tooManyGuesses,
  wrongGuess,
} from './routes.ts';

/** The page behind a drill's link: `GET` asks and changes nothing, `POST` confirms. */
export function drillPages(context: Context): Hono {
  const app = new Hono();
  app.use('/drill/:token', pageHeaders);
  app.get('/drill/:token', async (c) => {
    const opened = await open(context, c.req.param('token'));
    if (!opened.ok) return notALink(c);
    return isElsewhere(c, opened.value) ? c.html(ELSEWHERE, 403) : c.html(drillPage(opened.value));
  });
  app.post('/drill/:token', bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => c.html(TOO_LARGE, 413) }));
  app.post('/drill/:token', async (c) => {
    if (!isForm(c.req.header('content-type'))) return c.html(NOT_A_FORM, 415);
    return confirm(context, c, c.req.param('token'));
  });
  app.options('/drill/:token', (c) => c.body(null, 204, { Allow: METHODS }));
  app.all('/drill/:token', (c) => c.html(OTHER_METHOD, 405, { Allow: METHODS }));
  app.onError(pageFailed(context.log));
  return app;
}

const open = async (context: Context, token: string): Promise<Decision<DrillView>> =>
  TOKEN.test(token) ? openDrillLink(context, token) : { ok: false, refusal: { code: 'link-unknown' } };

async function confirm(context: Context, c: HonoContext, token: string): Promise<Response> {
  const opened = await open(context, token);
  if (!opened.ok) return notALink(c);
  if (isElsewhere(c, opened.value)) return c.html(ELSEWHERE, 403);
  const form = new URLSearchParams(await c.req.text());
  const apiKey = form.get('apiKey') ?? '';
  const confirmed = await confirmDrillByLink(context, token, {
    confirm: form.get('confirm') ?? '',
    ...(apiKey !== '' && { apiKey }),
  });
  if (confirmed.ok) return c.redirect(token, 303);
  // Ended, or answered meanwhile: the page as it is now says so.
  const now = await open(context, token);
  if (!now.ok) return notALink(c);
  const { code } = confirmed.refusal;
  // A key that is none is a guess, whoever has the link.
  const wait = code === 'credential-needed' && apiKey !== '' ? wrongGuess(c) : 0;
  if (wait > 0) return tooManyGuesses(c, wait);
  const problem = code === 'other-person' ? OTHER_PERSON : problemOf(code);
  return c.html(drillPage(now.value, problem), problem.status);
}

const OTHER_PERSON: Problem = {
  status: 403,
  message:
    'This API key belongs to somebody else than the person that the link was mailed to. Nothing was changed.',
  field: 'apiKey',
};
