import type { Hono, Context as HonoContext } from 'hono';
import { sha256 } from '../operations/caller.ts';
import { claimApiKey, openClaim } from '../operations/claims.ts';
import type { Context } from '../operations/context.ts';
import { beginSignIn } from '../operations/sign-ins.ts';
import { apiKeyPage, type ClaimIssuer, claimPage } from './claim-page.ts';
import { signInCookie } from './console/session-cookie.ts';
import { pageHeaders } from './headers.ts';
import { ISSUER_TROUBLES } from './issuer-troubles.ts';
import { closed, isElsewhere, notALink, openedBy, pageBehindLink } from './link-page.ts';

/**
 * The page behind a mailed link to an API key: `GET` shows a form and changes nothing, `POST` shows the key once. Mail
 * scanners open every link and press every button, so that the form asks for what none of them types.
 */
export function claimPages(context: Context): Hono {
  const app = pageBehindLink(
    {
      path: '/claim/:token',
      get: async (c, token) => {
        const opened = await open(context, token);
        if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
        return c.html(claimPage(opened.value, { issuer: issuerOf(context, token) }));
      },
      post: (c, token) => claim(context, c, token),
    },
    context.log,
  );
  app.use('/claim/:token/sign-in', pageHeaders);
  app.get('/claim/:token/sign-in', (c) => signInElsewhere(context, c, c.req.param('token')));
  return app;
}

const open = (context: Context, token: string) => openedBy(token, (known) => openClaim(context, known));

function issuerOf({ identity, settings }: Context, token: string): ClaimIssuer | undefined {
  const base = new URL(settings.publicUrl).pathname.replace(/\/$/, '');
  return identity && { label: identity.label, href: `${base}/claim/${token}/sign-in` };
}

/**
 * To the issuer. Whoever opens it changes nothing: what is bound is bound when somebody has signed in there, and says that
 * it is they. A scanner does neither.
 */
async function signInElsewhere(context: Context, c: HonoContext, token: string): Promise<Response> {
  const { identity, settings } = context;
  const issuer = issuerOf(context, token);
  const opened = await open(context, token);
  if (identity === undefined) return notALink(c);
  if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
  if (opened.value.state !== 'open') return c.html(claimPage(opened.value), 410);
  const cookie = signInCookie(settings.publicUrl);
  if (!cookie.usable) return c.html(claimPage(opened.value), 403);
  const begun = await beginSignIn(context, identity, { claim: sha256(token) });
  if (!begun.ok) {
    const { status, tell } = ISSUER_TROUBLES[begun.trouble];
    const trouble = tell(identity.label);
    return c.html(claimPage(opened.value, { issuer: issuer && { ...issuer, trouble } }), status);
  }
  cookie.set(c, begun.value.token);
  return c.redirect(begun.value.url, 303);
}

async function claim(context: Context, c: HonoContext, token: string): Promise<Response> {
  const opened = await open(context, token);
  if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
  const confirm = new URLSearchParams(await c.req.text()).get('confirm') ?? '';
  const claimed = await claimApiKey(context, token, confirm);
  if (claimed.ok) return c.html(apiKeyPage(claimed.value.view, claimed.value.apiKey));
  if (claimed.refusal.code === 'address-mismatch') {
    return c.html(claimPage(opened.value, { mistyped: true, issuer: issuerOf(context, token) }), 422);
  }
  // Used, ended or changed meanwhile: the page as it is now says so.
  const now = await open(context, token);
  return now.ok ? c.html(claimPage(now.value), 409) : notALink(c);
}
