import { isOver } from '../../domain/authorization.ts';
import { PermanentError } from '../../domain/errors.ts';
import type { Context } from '../context.ts';
import { authorizationKey, loadAuthorization, type Reference } from '../records/authorization.ts';
import { waitKey } from '../records/wait.ts';
import { removeRegistrations } from '../remove-registrations.ts';
import { sendMails } from '../send-mails.ts';
import { transientIfContended } from './contention.ts';
import { type Progress, progressOf } from './progress.ts';

/** The last step: finishes a forced deletion, tells everyone what became of it, and takes the authorization off the sweeper's list. */
export async function notifyOutcome(context: Context, reference: Reference): Promise<Progress> {
  const authorization = await loadAuthorization(context.store, reference);
  if (authorization === undefined || !isOver(authorization.status)) {
    throw new PermanentError('the outcome of an authorization that has none cannot be told');
  }
  if (authorization.status === 'consumed') {
    transientIfContended(await removeRegistrations(context, reference));
  }
  await sendMails(context, reference);
  await context.store.commit([
    {
      update: authorizationKey(reference),
      when: [{ item: 'present' }],
      set: { told: true },
      indexes: { due: null },
    },
    { delete: waitKey(reference), when: [] },
  ]);
  return progressOf(authorization, context.clock.now());
}
