import type { HonoRequest } from 'hono';
import { couldCall, type Operation } from '../../domain/access.ts';
import type { Caller } from '../../operations/caller.ts';
import type { SigningIn } from '../../operations/console-sessions.ts';
import type { Context } from '../../operations/context.ts';
import type { ConsoleSession } from '../../operations/records/console-session.ts';
import type { Html } from '../layout.ts';
import type { Notice } from './notices.ts';

/** Whom a page is for: whoever could call an operation, whoever is signed in, or anybody at all. */
export type Who = Operation | 'signed-in' | 'anybody';

/** One request of a browser, before it matters who sits there. */
export interface OpenVisit {
  readonly context: Context;
  readonly request: HonoRequest;
  /** Without the base path of the public URL: `/keys/…`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What a POST carries, without what the console itself put in. Read it by `readForm`. */
  readonly form: URLSearchParams;
  /** A part of the path by its name in the pattern, decoded; empty where the pattern has no such part. */
  readonly param: (name: string) => string;
  /** The address of a path of ours, for `href`, `action` and `Location`. */
  readonly href: (path: string) => string;
  /** Notes a wrong guess of a secret. @returns 0, or the seconds until the source may try again. */
  readonly wrongGuess: () => number;
  /** The address that the request comes from, where it is known. */
  readonly source: string | undefined;
  /** What is to be told about what was done before. */
  readonly notice: Notice | undefined;
  /** Ways to sign in beside the API key. */
  readonly signInMethods: readonly SignInMethod[];
  /** False where no session can begin: the public URL is neither https nor loopback. */
  readonly canSignIn: boolean;
  readonly caller: Caller | undefined;
  readonly session: ConsoleSession | undefined;
  /** The value of the session's cookie. Never shown, never logged. */
  readonly token: string | undefined;
  /** The value of the cookie of a sign-in that is under way at the issuer. Never shown, never logged. */
  readonly signInToken: string | undefined;
  /** What the forms of this session carry; put in by `csrfField`. */
  readonly csrf: string;
  /** The way to the pages that this person may open. */
  readonly navigation: readonly NavigationItem[];
}

/** One request of somebody who is signed in. */
export interface Visit extends OpenVisit {
  readonly caller: Caller;
  readonly session: ConsoleSession;
  readonly token: string;
}

/** A way to sign in beside the API key. `href` is a path of ours; what to go on with is added as `?next=`. */
export interface SignInMethod {
  readonly href: string;
  readonly label: string;
}

export interface NavigationItem {
  readonly path: string;
  readonly label: string;
}

export type PageStatus = 200 | 400 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503;

/** What becomes of the browser's cookie. */
export type CookieChange = { readonly begin: string } | 'end';

export type Answer =
  | {
      readonly page: Html;
      readonly status: PageStatus;
      readonly headers?: { readonly [name: string]: string };
    }
  | {
      readonly to: string;
      readonly notice?: Notice;
      readonly cookie?: CookieChange;
      /** What becomes of the cookie of a sign-in that is under way. */
      readonly signIn?: CookieChange;
    }
  | { readonly away: string; readonly signIn?: CookieChange };

/** A page as the answer. */
export const page = (html: Html, status: PageStatus = 200): Answer => ({ page: html, status });

/** To another page, after something was done (303): loading that again does nothing again. */
export const seeOther = (path: string, notice?: Notice, cookie?: CookieChange): Answer => ({
  to: path,
  ...(notice !== undefined && { notice }),
  ...(cookie !== undefined && { cookie }),
});

/** To the issuer, which is another site. */
export const away = (url: string, signIn?: CookieChange): Answer => ({
  away: url,
  ...(signIn !== undefined && { signIn }),
});

export interface ConsolePage {
  readonly method: 'GET' | 'POST';
  /** One of `PATTERNS`, or one of the same kind: `/keys/:keyId`. */
  readonly path: `/${string}`;
  readonly who: Who;
  readonly handle: (visit: OpenVisit) => Promise<Answer> | Answer;
}

type VisitOf<W extends Who> = W extends 'anybody' ? OpenVisit : Visit;

/**
 * One page of the console. Pages are lists of these and never see the app, so that none can be written without saying
 * whom it is for; the app looks who is there, and opens it only for those. A narrow grant lets in wherever it could be
 * enough: the operations decide about the very key.
 */
export function consolePage<const W extends Who>(described: {
  readonly method: 'GET' | 'POST';
  readonly path: `/${string}`;
  readonly who: W;
  /** A GET changes nothing: mail scanners and prefetching browsers open every link. */
  readonly handle: (visit: VisitOf<W>) => Promise<Answer> | Answer;
}): ConsolePage {
  return {
    ...described,
    handle: (visit) => {
      if (described.who !== 'anybody' && !isSignedIn(visit)) throw new TypeError('nobody is signed in');
      return described.handle(visit as VisitOf<W>);
    },
  };
}

export const isSignedIn = (visit: OpenVisit): visit is Visit =>
  visit.caller !== undefined && visit.session !== undefined && visit.token !== undefined;

/** Whether the page opens for whoever is there. */
export function isFor(who: Who, caller: Caller | undefined): boolean {
  if (who === 'anybody') return true;
  if (caller === undefined) return false;
  return who === 'signed-in' || couldCall(caller.person, who);
}

/** Who showed who they are, for `completeSignIn`. */
export interface Shown {
  readonly by: SigningIn['by'];
  /** Where they wanted to go, as the request has it. */
  readonly next: string | null | undefined;
  /** What is to be told when they are in. */
  readonly notice?: Notice;
}
