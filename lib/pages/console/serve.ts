import { timingSafeEqual } from 'node:crypto';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { TransientError } from '../../domain/errors.ts';
import { isReachableFrom } from '../../domain/instance-policies.ts';
import type { Caller } from '../../operations/caller.ts';
import { csrfOf, openConsoleSession } from '../../operations/console-sessions.ts';
import { type Context, onBehalfOf } from '../../operations/context.ts';
import { isForm, LARGEST_BODY } from '../link-page.ts';
import { CSRF_FIELD } from './form.ts';
import { CONSOLE_HEADERS, QUIET_HEADER } from './headers.ts';
import {
  broken,
  busy,
  elsewhere,
  foreignForm,
  notAForm,
  notForYou,
  notFound,
  otherMethod,
  tooLarge,
} from './messages.ts';
import { isNotice } from './notices.ts';
import {
  type Answer,
  type ConsolePage,
  isFor,
  isSignedIn,
  type OpenVisit,
  type SignInMethod,
  seeOther,
} from './page.ts';
import { CONSOLE_PAGES, NAVIGATION } from './pages.ts';
import { paths } from './paths.ts';
import { isSameOrigin } from './same-origin.ts';
import { type SessionCookie, sessionCookie, signInCookie } from './session-cookie.ts';

export interface ConsoleOptions {
  /** Ways to sign in beside the API key. */
  readonly signInMethods?: readonly SignInMethod[];
  /** Default: every page that there is. */
  readonly pages?: readonly ConsolePage[];
}

type Params = { readonly [name: string]: string };

/** What every request needs, made once. */
interface Console {
  readonly context: Context;
  readonly signInMethods: readonly SignInMethod[];
  readonly cookie: SessionCookie;
  readonly signIn: SessionCookie;
  readonly base: string;
  readonly pages: readonly ConsolePage[];
  /** The pages of a path by their methods. */
  readonly find: (path: string) => { readonly page: ConsolePage; readonly params: Params }[];
}

// Programs get the API's answers at every address that is not theirs, whatever pages there are.
const FOR_PROGRAMS = /^\/(?:api|countersign|identity|oidc|outbox|decide|claim)(?:\/|$)/;

/**
 * The console, for browsers: whoever accepts HTML. Stands behind every other route, so that it shadows none, and hands on
 * what is not asked for by a browser. Deny by default: a page opens only for those that its row names.
 */
export function consolePages(
  context: Context,
  { signInMethods = [], pages = CONSOLE_PAGES }: ConsoleOptions = {},
): MiddlewareHandler {
  const router = new TrieRouter<ConsolePage>();
  for (const page of pages) router.add('ALL', page.path, page);
  let made: Console | undefined;
  const consoleOf = (): Console => {
    const { publicUrl } = context.settings;
    made ??= {
      context,
      signInMethods,
      pages,
      cookie: sessionCookie(publicUrl),
      signIn: signInCookie(publicUrl),
      base: new URL(publicUrl).pathname.replace(/\/$/, ''),
      find: (path) =>
        router.match('ALL', path)[0].map(([page, params]) => ({ page, params: params as Params })),
    };
    return made;
  };
  return async (c, next) => {
    if (!acceptsHtml(c) || FOR_PROGRAMS.test(c.req.path)) return next();
    return serve(consoleOf(), c);
  };
}

const acceptsHtml = (c: HonoContext): boolean =>
  /(?:^|,)\s*(?:text\/html|application\/xhtml\+xml)\s*(?:[;,]|$)/i.test(c.req.header('accept') ?? '');

async function serve(site: Console, c: HonoContext): Promise<Response> {
  let visit = visitOf(site, c, {});
  try {
    const here = site.find(c.req.path);
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const found = here.find(({ page }) => page.method === method);
    c.set('route', (found ?? here[0])?.page.path);
    // The whole body first: one that is sent slowly must not outlive its sender's session, or their role.
    const body = c.req.method === 'POST' ? await c.req.text() : '';
    visit = await whoIsThere(site, c, { params: found?.params ?? {}, body });
    if (visit.caller !== undefined && !isReachableFrom(visit.caller.instance, visit.source)) {
      return respond(site, c, elsewhere(stranger(visit)));
    }
    if (found === undefined) {
      if (here.length === 0) return respond(site, c, notFound(visit));
      const allow = here.flatMap(({ page }) => (page.method === 'GET' ? ['GET', 'HEAD'] : [page.method]));
      return respond(site, c, { ...otherMethod(visit), headers: { Allow: allow.join(', ') } } as Answer);
    }
    return respond(site, c, await answer(site, c, { page: found.page, visit, body }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { log } = site.context;
    log.error('a page could not be shown', { error: error.name, correlationId: c.get('correlationId') });
    if (!(error instanceof TransientError)) return respond(site, c, broken(visit));
    return respond(site, c, { ...busy(visit), headers: { 'Retry-After': '5' } } as Answer);
  }
}

/** What is not right is said before who may is asked: nothing of it depends on what there is. */
async function answer(
  { context, find }: Console,
  c: HonoContext,
  { page, visit, body }: { readonly page: ConsolePage; readonly visit: OpenVisit; readonly body: string },
): Promise<Answer> {
  const { method, who } = page;
  if (method === 'POST') {
    if (!isForm(c.req.header('content-type'))) return notAForm(visit);
    if (body.length > LARGEST_BODY) return tooLarge(visit);
    if (!isSameOrigin(c.req, context.settings.publicUrl)) return foreignForm(visit);
  }
  if (who !== 'anybody' && !isSignedIn(visit)) return toSignIn(visit, { method, find });
  if (method === 'POST' && who !== 'anybody' && !carriesCsrf(visit, body)) return foreignForm(visit);
  if (!isFor(who, visit.caller)) return notForYou(visit);
  return page.handle(visit);
}

/** After signing in the page is opened that was asked for; what a POST would have done is not done. */
function toSignIn(
  visit: OpenVisit,
  { method, find }: Pick<ConsolePage, 'method'> & Pick<Console, 'find'>,
): Answer {
  const query = method === 'GET' ? visit.query.toString() : '';
  const hasPage = find(visit.path).some(({ page }) => page.method === 'GET');
  const next = query === '' ? visit.path : `${visit.path}?${query}`;
  const isHome = !hasPage || next === paths.home;
  const to = isHome ? paths.signIn : `${paths.signIn}?${new URLSearchParams({ next }).toString()}`;
  return seeOther(to, visit.token === undefined && method === 'GET' ? undefined : 'session-ended', 'end');
}

/** In constant time: both are digests of one length, or the guess is none. */
function carriesCsrf({ csrf }: OpenVisit, body: string): boolean {
  const [sent = '', ...more] = new URLSearchParams(body).getAll(CSRF_FIELD);
  if (more.length > 0 || csrf === '') return false;
  const [given, right] = [Buffer.from(sent), Buffer.from(csrf)];
  return given.length === right.length && timingSafeEqual(given, right);
}

interface Request {
  readonly params?: Params;
  readonly body?: string;
}

/** A visit of nobody in particular. */
function visitOf(site: Console, c: HonoContext, { params = {}, body = '' }: Request): OpenVisit {
  const query = new URL(c.req.url).searchParams;
  const form = new URLSearchParams(body);
  form.delete(CSRF_FIELD);
  const notice = query.get('notice');
  // Another site's link must not make a page say that something was done.
  const isOwn = ['same-origin', 'none', undefined].includes(c.req.header('sec-fetch-site'));
  query.delete('notice');
  return {
    context:
      c.get('correlationId') === undefined ? site.context : onBehalfOf(site.context, c.get('correlationId')),
    request: c.req,
    path: c.req.path,
    query,
    form,
    param: (name) => decoded(params[name] ?? ''),
    href: (path) => `${site.base}${path}`,
    wrongGuess: () => c.get('wrongGuess')?.() ?? 0,
    source: c.get('source'),
    notice: isOwn && isNotice(notice) ? notice : undefined,
    signInMethods: site.signInMethods,
    canSignIn: site.cookie.usable,
    caller: undefined,
    session: undefined,
    token: site.cookie.read(c),
    signInToken: site.signIn.read(c),
    csrf: '',
    navigation: [],
  };
}

/** What is no percent-encoding is no id of anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

async function whoIsThere(site: Console, c: HonoContext, request: Request): Promise<OpenVisit> {
  const visit = visitOf(site, c, request);
  const { token } = visit;
  const quietly = c.req.header(QUIET_HEADER) !== undefined;
  const open = token === undefined ? undefined : await openConsoleSession(site.context, token, quietly);
  if (token === undefined || open === undefined) return visit;
  const caller: Caller = { ...open.caller, source: visit.source };
  const navigation = NAVIGATION.filter(({ path }) =>
    site.pages.some((page) => page.method === 'GET' && page.path === path && isFor(page.who, caller)),
  );
  return { ...visit, session: open.session, caller, csrf: csrfOf(token), navigation };
}

/** The same visit, of whom nothing is told. */
const stranger = (visit: OpenVisit): OpenVisit => ({
  ...visit,
  caller: undefined,
  session: undefined,
  navigation: [],
});

function respond(site: Console, c: HonoContext, given: Answer): Response | Promise<Response> {
  for (const [name, value] of Object.entries(CONSOLE_HEADERS)) c.header(name, value);
  if ('page' in given) {
    for (const [name, value] of Object.entries(given.headers ?? {})) c.header(name, value);
    return c.html(given.page, given.status);
  }
  if (given.signIn === 'end') site.signIn.clear(c);
  else if (given.signIn !== undefined) site.signIn.set(c, given.signIn.begin);
  if ('away' in given) return c.redirect(given.away, 303);
  const { to, notice, cookie } = given;
  if (cookie === 'end') site.cookie.clear(c);
  else if (cookie !== undefined) site.cookie.set(c, cookie.begin);
  return c.redirect(`${site.base}${withNotice(to, notice)}`, 303);
}

const withNotice = (path: string, notice: string | undefined): string =>
  notice === undefined
    ? path
    : `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ notice }).toString()}`;
