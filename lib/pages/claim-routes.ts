import { Hono, type Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Decision } from '../domain/refusal.ts';
import { type ClaimView, claimApiKey, openClaim } from '../operations/claims.ts';
import type { Context } from '../operations/context.ts';
import { apiKeyPage, claimPage } from './claim-page.ts';
import { pageHeaders } from './headers.ts';
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
} from './routes.ts';

/**
 * The page behind a mailed link to an API key: `GET` shows a form and changes nothing, `POST` shows the key once. Mail
 * scanners open every link and press every button, so that the form asks for what none of them types.
 */
export function claimPages(context: Context): Hono {
  const app = new Hono();
  app.use('/claim/:token', pageHeaders);
  app.get('/claim/:token', async (c) => {
    const opened = await open(context, c.req.param('token'));
    if (!opened.ok) return notALink(c);
    return isElsewhere(c, opened.value) ? c.html(ELSEWHERE, 403) : c.html(claimPage(opened.value));
  });
  app.post('/claim/:token', bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => c.html(TOO_LARGE, 413) }));
  app.post('/claim/:token', async (c) => {
    if (!isForm(c.req.header('content-type'))) return c.html(NOT_A_FORM, 415);
    return claim(context, c, c.req.param('token'));
  });
  app.options('/claim/:token', (c) => c.body(null, 204, { Allow: METHODS }));
  app.all('/claim/:token', (c) => c.html(OTHER_METHOD, 405, { Allow: METHODS }));
  app.onError(pageFailed(context.log));
  return app;
}

const open = async (context: Context, token: string): Promise<Decision<ClaimView>> =>
  TOKEN.test(token) ? openClaim(context, token) : { ok: false, refusal: { code: 'link-unknown' } };

async function claim(context: Context, c: HonoContext, token: string): Promise<Response> {
  const opened = await open(context, token);
  if (!opened.ok) return notALink(c);
  if (isElsewhere(c, opened.value)) return c.html(ELSEWHERE, 403);
  const confirm = new URLSearchParams(await c.req.text()).get('confirm') ?? '';
  const claimed = await claimApiKey(context, token, confirm);
  if (claimed.ok) return c.html(apiKeyPage(claimed.value.view, claimed.value.apiKey));
  if (claimed.refusal.code === 'address-mismatch') return c.html(claimPage(opened.value, true), 422);
  // Used, ended or changed meanwhile: the page as it is now says so.
  const now = await open(context, token);
  return now.ok ? c.html(claimPage(now.value), 409) : notALink(c);
}
