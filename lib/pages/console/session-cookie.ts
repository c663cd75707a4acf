import type { Context as HonoContext } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { SECOND } from '../../domain/time.ts';
import { SIGN_IN_VALIDITY } from '../../operations/records/sign-in.ts';

/** How the cookie is set that a session goes by. */
export interface SessionCookie {
  readonly read: (c: HonoContext) => string | undefined;
  readonly set: (c: HonoContext, token: string) => void;
  readonly clear: (c: HonoContext) => void;
  /** Where a session can be begun at all. */
  readonly usable: boolean;
}

/**
 * `__Host-` is a promise that browsers hold: only this very host set it, over TLS, for every path (RFC 6265bis, section
 * 4.1.3.2), so `Path=/` also under a base path. `Lax`: whoever comes by a link from a mail comes signed in, and no other
 * site's form does.
 *
 * A trial on `http://127.0.0.1` has no TLS. Chromium (156) keeps a `__Host-` cookie there, since loopback counts as trustworthy;
 * not every browser does, and one that does not would ask to sign in again and again without a word. So it has a name without the promise.
 */
export const sessionCookie = (publicUrl: string): SessionCookie => cookieOf(publicUrl, 'countersign');

/** The same for a sign-in that is under way at the issuer: `Lax`, since the browser comes back from another site. */
export const signInCookie = (publicUrl: string): SessionCookie =>
  cookieOf(publicUrl, 'countersign-sign-in', SIGN_IN_VALIDITY / SECOND);

/** @param maxAge in seconds; absent: until the browser is closed. */
function cookieOf(publicUrl: string, base: string, maxAge?: number): SessionCookie {
  const { protocol, hostname } = new URL(publicUrl);
  const secure = protocol === 'https:';
  const name = secure ? `__Host-${base}` : `${base}-local`;
  const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
  const kept = maxAge === undefined ? options : { ...options, maxAge };
  return {
    usable: secure || isLoopback(hostname),
    read: (c) => getCookie(c, name),
    set: (c, token) => setCookie(c, name, token, kept),
    clear: (c) => void deleteCookie(c, name, options),
  };
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
