import { beginSignIn, finishSignIn } from '../../operations/sign-ins.ts';
import type { Identity } from '../../ports/identity.ts';
import { ISSUER_TROUBLES } from '../issuer-troubles.ts';
import { CONFIRM_PAGES } from './confirm-identity.ts';
import { notFound } from './messages.ts';
import { type Answer, away, type ConsolePage, consolePage, type OpenVisit } from './page.ts';
import { PATTERNS, paths, safeNext } from './paths.ts';
import { completeSignIn, NO_TLS, signInPage } from './sign-in.ts';

/**
 * Signing in at the issuer: there, and back with a code that is redeemed once. Its way back is a GET by its nature
 * (RFC 6749, section 4.1.2): it is bound to the cookie of this browser, without which it does nothing.
 */
export const SIGN_IN_ELSEWHERE_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.signInElsewhere, who: 'anybody', handle: leave }),
  consolePage({ method: 'GET', path: PATTERNS.signedInElsewhere, who: 'anybody', handle: comeBack }),
  consolePage({ method: 'GET', path: PATTERNS.signOutElsewhere, who: 'anybody', handle: signOut }),
  ...CONFIRM_PAGES,
];

const OVER =
  'This sign-in is over, or it was begun in another browser. Nothing was changed. Begin again here.';

async function leave(visit: OpenVisit): Promise<Answer> {
  const { identity } = visit.context;
  if (identity === undefined) return notFound(visit);
  if (!visit.canSignIn) return signInPage(visit, { status: 403, message: NO_TLS, elsewhere: true });
  const next = safeNext(visit.query.get('next'));
  const begun = await beginSignIn(visit.context, identity, next === paths.home ? {} : { next });
  return begun.ok
    ? away(begun.value.url, { begin: begun.value.token })
    : troubled(visit, identity, begun.trouble);
}

async function comeBack(visit: OpenVisit): Promise<Answer> {
  const { identity } = visit.context;
  if (identity === undefined) return notFound(visit);
  const finished = await finishSignIn(visit.context, identity, {
    token: visit.signInToken,
    query: visit.query,
  });
  // What the browser brought along was for the issuer's answer alone; no page of ours goes on with it.
  const back: OpenVisit = { ...visit, query: new URLSearchParams() };
  if (finished === 'unknown') return signInPage(back, { status: 403, message: OVER, elsewhere: true });
  if (!finished.ok) return troubled(back, identity, finished.trouble);
  const { who, next, toConfirm } = finished.value;
  if (toConfirm !== undefined) {
    return { to: paths.confirmIdentity, signIn: { begin: toConfirm } };
  }
  const { issuer, subject } = who;
  const answer = await completeSignIn(back, { by: { issuer, subject }, next });
  return 'to' in answer ? { ...answer, signIn: 'end' } : answer;
}

async function signOut(visit: OpenVisit): Promise<Answer> {
  const { identity, settings } = visit.context;
  if (identity === undefined) return notFound(visit);
  const url = await identity.signOutUrl(`${settings.publicUrl}${paths.signIn}`);
  if (!url.ok) return troubled(visit, identity, url.trouble);
  if (url.value !== undefined) return away(url.value);
  const message = `${identity.label} has no page for signing out that we know of. Sign out there, or close the browser.`;
  return signInPage(visit, { status: 404, message, elsewhere: true });
}

function troubled(visit: OpenVisit, { label }: Identity, trouble: keyof typeof ISSUER_TROUBLES): Answer {
  const { status, tell } = ISSUER_TROUBLES[trouble];
  const wait = trouble === 'refused' ? visit.wrongGuess() : 0;
  const answer = signInPage(visit, {
    status: wait === 0 ? status : 429,
    message: tell(label),
    elsewhere: true,
  });
  return wait === 0 ? answer : ({ ...answer, headers: { 'Retry-After': String(wait) } } as Answer);
}
