import { html } from 'hono/html';
import * as z from 'zod';
import { isReachableFrom } from '../../domain/instance-policies.ts';
import { sha256, validCredential } from '../../operations/caller.ts';
import { beginConsoleSession, endConsoleSession, membershipsOf } from '../../operations/console-sessions.ts';
import type { Html } from '../layout.ts';
import { errorSummary } from '../parts.ts';
import { formField } from './fields.ts';
import { readForm } from './form.ts';
import { consoleLayout } from './layout.ts';
import {
  type Answer,
  type ConsolePage,
  consolePage,
  isSignedIn,
  type OpenVisit,
  type PageStatus,
  page,
  type Shown,
  seeOther,
} from './page.ts';
import { PATTERNS, paths, safeNext } from './paths.ts';

const FORM = z.object({
  apiKey: z.string().trim().min(1, 'Enter your API key').max(1_000, 'This is not an API key'),
  next: z.string().optional(),
});

const REFUSED = 'This API key is not valid, or its owner has no role any more.';
const NOBODY =
  'Nobody here signs in with that account, or its owner has no role any more. A Manager can have a link sent to you; open it and sign in from there.';
const SERVICE = 'This API key is a service’s. The console is for people: sign in with your own.';
const ELSEWHERE = 'From your network no instance of yours is reached. Sign in from one that is allowed.';
const GUESSING = 'Too many keys that are not valid came from your network. Try again in a minute.';
export const NO_TLS = 'Sessions need https. Open the console under its https address.';

/** Signing in and out. Whoever is signed in already is led on. */
export const SIGN_IN_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.signIn,
    who: 'anybody',
    handle: (visit) => (isSignedIn(visit) ? seeOther(safeNext(visit.query.get('next'))) : signInPage(visit)),
  }),
  consolePage({ method: 'POST', path: PATTERNS.signIn, who: 'anybody', handle: signIn }),
  consolePage({
    method: 'POST',
    path: PATTERNS.signOut,
    who: 'signed-in',
    handle: async (visit) => {
      await endConsoleSession(visit.context, visit.token);
      return seeOther(paths.signIn, 'signed-out', 'end');
    },
  }),
];

async function signIn(visit: OpenVisit): Promise<Answer> {
  const read = readForm(visit, FORM);
  const next = visit.form.get('next');
  if (!read.ok) return signInPage(visit, { status: 422, message: read.errors.apiKey ?? REFUSED });
  const hash = sha256(read.value.apiKey);
  const credential = await validCredential(visit.context, hash);
  if (credential === undefined) return wrongKey(visit);
  return completeSignIn(visit, { by: { credential: hash }, next });
}

function wrongKey(visit: OpenVisit): Answer {
  const wait = visit.wrongGuess();
  if (wait === 0) return signInPage(visit, { status: 403, message: REFUSED });
  const headers = { 'Retry-After': String(wait) };
  return { ...signInPage(visit, { status: 429, message: GUESSING }), headers } as Answer;
}

/**
 * Signs in somebody who has shown who they are: in the first of their instances that is reached from where they are. Whoever
 * has several chooses next.
 * @returns the way to where they wanted to go, with the cookie; or the sign-in page, saying why not.
 */
export async function completeSignIn(visit: OpenVisit, shown: Shown): Promise<Answer> {
  const { context } = visit;
  if (!visit.canSignIn) return signInPage(visit, { status: 403, message: NO_TLS });
  const memberships = await membershipsOf(context, shown.by);
  const reached = memberships.filter(({ instance }) => isReachableFrom(instance, visit.source));
  const [membership] = reached;
  if (membership === undefined) {
    if (memberships.length > 0) return signInPage(visit, { status: 403, message: ELSEWHERE });
    const byKey = { status: 403, message: REFUSED } as const;
    return signInPage(
      visit,
      'credential' in shown.by ? byKey : { ...byKey, message: NOBODY, elsewhere: true },
    );
  }
  const several = reached.length > 1;
  const begun = await beginConsoleSession(context, {
    personId: membership.personId,
    instanceId: membership.instance.id,
    by: shown.by,
    several,
    former: visit.token,
  });
  if (!begun.ok) {
    const message = begun.refusal.code === 'service-identity' ? SERVICE : REFUSED;
    return signInPage(visit, { status: 403, message });
  }
  const next = safeNext(shown.next);
  const to = several ? `${paths.instances}?${new URLSearchParams({ next }).toString()}` : next;
  return seeOther(to, shown.notice, { begin: begun.value.token });
}

/** What a person who signs in is told to mend. */
interface Problem {
  readonly status: PageStatus;
  readonly message: string;
  /** Not of the API key that was typed. */
  readonly elsewhere?: true;
}

/** The form, never with what was typed into it. */
export function signInPage(visit: OpenVisit, problem?: Problem): Answer {
  const title = 'Sign in to Countersign';
  const next = safeNext(visit.form.get('next') ?? visit.query.get('next'));
  const main = html`<div class="narrow">
${problem?.elsewhere === true && errorSummary(problem.message)}
<h1>${title}</h1>
${leaveIssuer(visit)}<form method="post" action="${visit.href(paths.signIn)}">
<input type="hidden" name="next" value="${next}">
${NAME_FOR_PASSWORD_MANAGERS}
${formField({
  name: 'apiKey',
  label: 'API key',
  hint: 'It begins with cs_. You got it when you were added, or by the link in a mail.',
  error: problem?.elsewhere === true ? undefined : problem?.message,
  type: 'password',
  autocomplete: 'current-password',
  required: true,
})}
<div class="submit"><button type="submit" class="first">Sign in</button></div>
</form>
${otherWays(visit, next)}
</div>`;
  return page(
    consoleLayout({ visit, title: problem === undefined ? title : `Error: ${title}`, main }),
    problem?.status ?? 200,
  );
}

// They keep a password under a name; an API key has none. Without `name` it is not sent.
const NAME_FOR_PASSWORD_MANAGERS = html`<input type="text" value="API key" autocomplete="username" hidden readonly>`;

/** After signing out here somebody can still be signed in there, and be back here with one click. */
const leaveIssuer = ({ context: { identity }, notice, href }: OpenVisit): Html | '' =>
  identity === undefined || notice !== 'signed-out'
    ? ''
    : html`<p><a class="go" href="${href(paths.signOutElsewhere)}">Sign out of ${identity.label} as well</a></p>
`;

const otherWays = ({ signInMethods, href }: OpenVisit, next: string): Html | '' =>
  signInMethods.length === 0
    ? ''
    : html`<h2>Or sign in with</h2>
${signInMethods.map(
  (method) =>
    html`<p><a class="button" href="${href(method.href)}?${new URLSearchParams({ next }).toString()}">${method.label}</a></p>
`,
)}`;
