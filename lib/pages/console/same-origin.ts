import type { HonoRequest } from 'hono';

/**
 * Whether a POST comes from a page of ours. Browsers say where it comes from in headers that no page can write
 * (Fetch Metadata; Fetch, section 3.2): each that is there must name this site, and one must be there.
 */
export function isSameOrigin(request: HonoRequest, publicUrl: string): boolean {
  const site = request.header('sec-fetch-site');
  const origin = request.header('origin');
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || isOurs(origin, request.header('host'), publicUrl);
}

/** The public address, or the one that the request was sent to: `localhost` beside `127.0.0.1`. */
function isOurs(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === new URL(publicUrl).origin || url.host === host?.toLowerCase();
}
