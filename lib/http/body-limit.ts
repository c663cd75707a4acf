import type { HonoRequest, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';

type OnTooLarge = NonNullable<Parameters<typeof bodyLimit>[0]['onError']>;

/** Methods whose requests have no body (Fetch Standard, 5.4). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export const hasBody = ({ method }: Pick<HonoRequest, 'method'>): boolean => !BODILESS.has(method);

/**
 * Refuses larger bodies. One whose length is given is not read for that, since no more than that of it is ever read; one
 * that comes in chunks is read up to the limit. Hono's own middleware has a web stream made of every body, which costs
 * more than the rest of what is done for a request before its handler.
 * @param largest in bytes.
 */
export function limitBody(largest: number, onTooLarge: OnTooLarge): MiddlewareHandler {
  const inChunks = bodyLimit({ maxSize: largest, onError: onTooLarge });
  return async (c, next) => {
    if (!hasBody(c.req)) return next();
    if (c.req.header('transfer-encoding') !== undefined) return inChunks(c, next);
    const length = c.req.header('content-length');
    // Without either there is none over HTTP (RFC 9112, 6.3); where no HTTP was spoken it is in memory.
    const bytes = length === undefined ? Buffer.byteLength(await c.req.text()) : Number(length);
    return bytes > largest ? onTooLarge(c) : next();
  };
}
