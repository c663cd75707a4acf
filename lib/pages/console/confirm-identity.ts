import { html } from 'hono/html';
import * as z from 'zod';
import { isReachableFrom } from '../../domain/instance-policies.ts';
import { type ClaimView, claimSignIn, openClaimOf } from '../../operations/claims.ts';
import { shownSignIn, takeSignIn } from '../../operations/sign-ins.ts';
import type { SignedIn } from '../../ports/identity.ts';
import { row, typed } from '../parts.ts';
import { formErrors, formField } from './fields.ts';
import { readForm } from './form.ts';
import { consoleLayout } from './layout.ts';
import { elsewhere, notFound } from './messages.ts';
import { type Answer, type ConsolePage, consolePage, type OpenVisit, type PageStatus, page } from './page.ts';
import { PATTERNS, paths } from './paths.ts';
import { refusalInWords } from './refused.ts';
import { completeSignIn, signInPage } from './sign-in.ts';

/**
 * Whoever came by a mailed link and has signed in at the issuer says that it is they: by the address that the link was
 * mailed to. A page that somebody was led to, and an issuer at which they were signed in already, bind nothing.
 */
export const CONFIRM_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.confirmIdentity,
    who: 'anybody',
    handle: (visit) => ask(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.confirmIdentity, who: 'anybody', handle: confirm }),
];

const FORM = z.object({ confirm: z.string().trim().min(1, 'Type your e-mail address').max(254, 'Too long') });

const OVER =
  'This took too long, or was begun in another browser. Nothing was changed. Open the link from the mail again.';
const ENDED =
  'The link from the mail was used, or has ended. Nothing was changed. Ask a Manager for a new one.';
const MISTYPED =
  'This is not the address that the link was mailed to. Type the address at which you got the mail. Nothing was changed.';

interface Open {
  readonly hash: string;
  readonly shown: SignedIn;
  readonly view: ClaimView;
}

/** What is to be confirmed, or the page that says why there is nothing. */
async function open(visit: OpenVisit): Promise<Open | Answer> {
  if (visit.context.identity === undefined) return notFound(visit);
  const signIn = await shownSignIn(visit.context, visit.signInToken);
  if (signIn === undefined) return signInPage(visit, { status: 410, message: OVER, elsewhere: true });
  const opened = await openClaimOf(visit.context, signIn.claim);
  if (!opened.ok || opened.value.state !== 'open')
    return signInPage(visit, { status: 410, message: ENDED, elsewhere: true });
  if (!isReachableFrom(opened.value.instance, visit.source)) return elsewhere(visit);
  return { hash: signIn.claim, shown: signIn.shown, view: opened.value };
}

interface Mistake {
  readonly status: PageStatus;
  readonly message: string;
}

async function ask(visit: OpenVisit, mistake?: Mistake): Promise<Answer> {
  const found = await open(visit);
  return 'view' in found ? form(visit, found, mistake) : found;
}

function form(visit: OpenVisit, { shown, view }: Open, mistake?: Mistake): Answer {
  const label = visit.context.identity?.label ?? '';
  const title = 'Is this your account?';
  const main = html`<div class="narrow">
${formErrors(mistake && { confirm: mistake.message })}
<h1>${title}</h1>
<p>From now on whoever signs in at ${label} with it acts as you in this instance.</p>
<dl>
${row('Account', typed(shown.name ?? shown.subject))}
${shown.name !== undefined && row('Known there as', html`<code>${shown.subject}</code>`)}
${row('Issuer', html`<code>${shown.issuer}</code>`)}
${row('Instance', typed(view.instance.name))}
</dl>
<p>API keys that you had before end. As a Manager you cannot approve what was asked for before now${view.instance.managerWait !== undefined && view.instance.managerWait > 0 && ', nor for a while after'}; every Manager gets a mail.</p>
<form method="post" action="${visit.href(paths.confirmIdentity)}">
${formField({
  name: 'confirm',
  label: 'Your e-mail address',
  hint: 'The one at which you got the mail. Typing it shows that it is you who asks for this.',
  error: mistake?.message,
  autocomplete: 'off',
  maxLength: 254,
  required: true,
})}
<div class="submit"><button type="submit" class="first">Yes, it is mine</button></div>
</form>
<p>If it is not, close this page: nothing was changed.</p>
</div>`;
  return page(
    consoleLayout({ visit, title: mistake === undefined ? title : `Error: ${title}`, main }),
    mistake?.status ?? 200,
  );
}

async function confirm(visit: OpenVisit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return ask(visit, { status: 422, message: read.errors.confirm ?? MISTYPED });
  const found = await open(visit);
  if (!('view' in found)) return found;
  const { issuer, subject } = found.shown;
  const identity = { issuer, subject };
  const bound = await claimSignIn(visit.context, { hash: found.hash, identity, confirm: read.value.confirm });
  if (!bound.ok && bound.refusal.code === 'address-mismatch') {
    return ask(visit, { status: 422, message: MISTYPED });
  }
  if (!bound.ok) return ask(visit, { status: 409, message: refusalInWords(bound.refusal).message });
  await takeSignIn(visit.context, visit.signInToken);
  const answer = await completeSignIn(visit, { by: identity, next: undefined, notice: 'identity-bound' });
  return 'to' in answer ? { ...answer, signIn: 'end' } : answer;
}
