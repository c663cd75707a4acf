import type { Context } from '../context.ts';
import type { Reference } from '../records/authorization.ts';
import { settleAuthorization } from '../settle-authorization.ts';
import { transientIfContended } from './contention.ts';
import { type Progress, progressOf } from './progress.ts';

/** Woken, or timed out: reads what was decided, and closes the window if its end has come. */
export async function settleStep(context: Context, reference: Reference): Promise<Progress> {
  const authorization = transientIfContended(await settleAuthorization(context, reference));
  return progressOf(authorization, context.clock.now());
}
