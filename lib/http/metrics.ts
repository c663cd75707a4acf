import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { OPEN_METRICS } from './openmetrics.ts';

export interface MetricsOptions {
  /** The metrics as OpenMetrics text. */
  readonly read: () => Promise<string>;
  /** Demanded as a bearer token; undefined: whoever reaches the port may read. */
  readonly token?: string;
}

/** An app of its own, for a port of its own: `GET /metrics`, and nothing else. */
export function metricsApp({ read, token }: MetricsOptions): Hono {
  const app = new Hono();
  app.notFound((c) => c.text('There is nothing at this address\n', 404));
  app.onError((_, c) => c.text('The metrics cannot be read now\n', 503));
  app.get('/metrics', async (c) => {
    const given = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (token !== undefined && !equal(given, token)) {
      return c.text('The bearer token is missing or is another\n', 401, { 'www-authenticate': 'Bearer' });
    }
    return c.body(await read(), 200, {
      'content-type': OPEN_METRICS,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });
  app.all('/metrics', (c) => c.text('The method must be GET or HEAD\n', 405, { allow: 'GET, HEAD' }));
  return app;
}

const equal = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
