import type { MiddlewareHandler } from 'hono';
import { STYLES_HASH } from './styles.ts';

/** Everything is forbidden but what is named. @param more further directives. */
export const policyOf = ({
  styles,
  more = [],
}: {
  readonly styles: string;
  readonly more?: readonly string[];
}): string =>
  [
    "default-src 'none'",
    `style-src '${styles}'`,
    ...more,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/** What every page answers with. */
export const PAGE_HEADERS: { readonly [name: string]: string } = {
  'Content-Security-Policy': policyOf({ styles: STYLES_HASH }),
  // The address of a page is a secret: it must not go along to where a link leads.
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Sets what every page answers with, refusals and errors included. */
export const pageHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(PAGE_HEADERS)) context.header(name, value);
};
