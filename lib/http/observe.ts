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
    /** The pattern of a path that is not the app's own to find: the console's. */
    route: string | undefined;
  }
}

/** A UUID, or a token as short: longer ones could be credentials, and this goes to the log. */
const CORRELATION_ID = /^[\w.-]{1,36}$/;

/** A year, in seconds; for this host alone: others of its domain may have no TLS. */
const STAY_WITH_TLS = 'max-age=31536000';

/**
 * Every answer names its request, is not stored and not sniffed, is asked for over TLS where there is TLS, and leaves one line in the log: which route it was,
 * never the path, since a path can hold the token of a link.
 */
export const observe =
  (
    { clock, log, settings, trace }: Context,
    seen: (request: SeenRequest) => void = () => {},
  ): MiddlewareHandler =>
  async (c, next) => {
    const started = clock.now();
    const wanted = c.req.header('correlation-id') ?? '';
    const correlationId = CORRELATION_ID.test(wanted) ? wanted : randomUUID();
    c.set('correlationId', correlationId);
    await next();
    // Into the answer itself: the context would make a new one for each.
    const { headers } = c.res;
    headers.set('correlation-id', correlationId);
    headers.set('x-content-type-options', 'nosniff');
    // Counts over TLS alone (RFC 6797, section 7.2): a trial on this computer has none.
    if (settings.publicUrl.startsWith('https:')) headers.set('strict-transport-security', STAY_WITH_TLS);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    const request = {
      method: c.req.method,
      route: c.get('route') ?? routeOf(c),
      status: c.res.status,
      milliseconds: clock.now() - started,
      correlationId,
    };
    log.info('request', request);
    trace?.annotate({ correlationId, route: request.route });
    seen(request);
  };

/** What monitoring counts of a request. */
export interface SeenRequest {
  readonly method: string;
  /** The pattern of the route, never the path. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** The pattern that matched, as it was registered. */
const routeOf = (c: HonoContext): string =>
  matchedRoutes(c).find(({ path }) => !path.endsWith('*'))?.path ?? 'none';

/** What the log tells of an error: where it happened, and its message where that cannot hold a secret. */
export function errorFields(error: Error): LogFields {
  const [place] = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { ...problemFields(error), place: place?.trim() };
}
