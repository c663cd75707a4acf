import type { Context as HonoContext } from 'hono';
import type { Context } from '../operations/context.ts';

/** A route that asks for no credential. There are few, and a test names them all. */
export interface OpenRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (context: Context, c: HonoContext) => Promise<Response>;
}
