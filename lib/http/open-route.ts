import type { Context as HonoContext } from 'hono';
import type * as z from 'zod';
import type { Context } from '../operations/context.ts';
import type { Described } from './describe.ts';

/** A route that asks for no credential. There are few, and a test names them all. */
export interface OpenRoute extends Described {
  readonly method: 'GET' | 'POST';
  /** What a refusal looks like, where it is not Key Protect's envelope. */
  readonly problem?: z.ZodType;
  readonly handle: (context: Context, c: HonoContext) => Promise<Response>;
}
