import type { Hono, Context as HonoContext } from 'hono';
import { confirmDrillByLink, openDrillLink } from '../operations/confirm-drill.ts';
import type { Context } from '../operations/context.ts';
import { drillPage } from './drill-page.ts';
import {
  closed,
  isElsewhere,
  notALink,
  openedBy,
  pageBehindLink,
  tooManyGuesses,
  wrongGuess,
} from './link-page.ts';
import { type Problem, problemOf } from './refusals.ts';

/** The page behind a drill's link: `GET` asks and changes nothing, `POST` confirms. */
export const drillPages = (context: Context): Hono =>
  pageBehindLink(
    {
      path: '/drill/:token',
      get: async (c, token) => {
        const opened = await open(context, token);
        if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
        return c.html(drillPage(opened.value));
      },
      post: (c, token) => confirm(context, c, token),
    },
    context.log,
  );

const open = (context: Context, token: string) => openedBy(token, (known) => openDrillLink(context, known));

async function confirm(context: Context, c: HonoContext, token: string): Promise<Response> {
  const opened = await open(context, token);
  if (!opened.ok || isElsewhere(c, opened.value)) return closed(c, opened);
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
