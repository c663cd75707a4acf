import { randomUUID } from 'node:crypto';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { problemFields } from '../domain/errors.ts';
import type { Context } from '../operations/context.ts';
import type { LogFields } from '../ports/log.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Names one request in its answer and in the log. */
    correlationId: string;
    /** What could not be done, for the error of the route that is being served. */
    failure: string | undefined;
  }
}

/** A UUID, or a token as short: longer ones could be credentials, and this goes to the log. */
const CORRELATION_ID = /^[\w.-]{1,36}$/;

/**
 * Every answer names its request, is not stored and not sniffed, and leaves one line in the log: which route it was,
 * never the path, since a path can hold the token of a link.
 */
export const observe =
  ({ clock, log }: Context): MiddlewareHandler =>
  async (c, next) => {
    const started = clock.now();
    const wanted = c.req.header('correlation-id') ?? '';
    const correlationId = CORRELATION_ID.test(wanted) ? wanted : randomUUID();
    c.set('correlationId', correlationId);
    await next();
    c.header('correlation-id', correlationId);
    c.header('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
    log.info('request', {
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      milliseconds: clock.now() - started,
      correlationId,
    });
  };

/** The pattern that matched, as it was registered. */
const routeOf = (c: HonoContext): string =>
  matchedRoutes(c).find(({ path }) => !path.endsWith('*'))?.path ?? 'none';

/** What the log tells of an error: where it happened, and its message where that cannot hold a secret. */
export function errorFields(error: Error): LogFields {
  const [place] = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { ...problemFields(error), place: place?.trim() };
}
