import type { Status } from '../../domain/authorization.ts';
import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { Context } from '../context.ts';
import { loadAuthorization, type Reference } from '../records/authorization.ts';
import { loadWait, replaceWait } from '../records/wait.ts';
import { sendMails } from '../send-mails.ts';
import { type Progress, progressOf } from './progress.ts';

export interface WaitingStep extends Reference {
  readonly incarnation: number;
  readonly taskToken: string;
  /** When the state was entered (ISO 8601), and how often its function was retried since. */
  readonly enteredAt: string;
  readonly retryCount: number;
}

/** Waits for the second person. */
export const awaitApproval = (context: Context, step: WaitingStep): Promise<Progress> =>
  awaitWhile(context, step, ['pending']);

/** Waits for somebody to ask again for a deletion that lapsed or drifted. */
export const awaitReauthorization = (context: Context, step: WaitingStep): Promise<Progress> =>
  awaitWhile(context, step, ['lapsed', 'drifted']);

/**
 * Stores the task token, and then reads: a decision that came before the token finds no token to wake, and is found
 * here. Whoever decides writes first and reads the token then, so one of the two always sees the other.
 */
async function awaitWhile(
  context: Context,
  step: WaitingStep,
  whileIn: readonly Status[],
): Promise<Progress> {
  await storeToken(context, step, whileIn);
  const authorization = await loadAuthorization(context.store, step);
  if (authorization === undefined)
    throw new PermanentError('a step waits for an authorization that is not there');
  if (!whileIn.includes(authorization.status)) await context.workflow.wake(step.taskToken);
  await sendMails(context, step);
  return progressOf(authorization, context.clock.now());
}

async function storeToken({ store }: Context, step: WaitingStep, whileIn: readonly Status[]): Promise<void> {
  const fence = fenceOf(step);
  const before = await loadWait(store, step);
  // A newer attempt has stored its token: this one is a late double whose token is worth nothing.
  if (before !== undefined && before.fence > fence) return;
  const result = await store.commit([
    replaceWait(step, before, { taskToken: step.taskToken, whileIn, fence }),
  ]);
  if (!result.committed) throw new TransientError('another attempt stored its token at the same moment');
}

/**
 * Sorts as the attempts came: by incarnation, by when the state was entered, by retry. Whole seconds can be written
 * with and without their fraction, which do not sort as the times do: always with it.
 */
function fenceOf({ incarnation, enteredAt, retryCount }: WaitingStep): string {
  const entered = new Date(enteredAt).toISOString();
  return `${String(incarnation).padStart(6, '0')}#${entered}#${String(retryCount).padStart(4, '0')}`;
}
