import { bounceIn } from '../adapters/ses/feedback.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { recordBounce } from '../operations/record-bounce.ts';
import type { Environment } from './aws-client.ts';
import { measured, store, structuredLog } from './aws-parts.ts';

/**
 * What records the mail that an event of SES says has not reached its person.
 * @throws PermanentError that names the variable that is missing.
 */
export function bounceRecorder(env: Environment): (event: unknown) => Promise<void> {
  const log = structuredLog();
  const recording = { store: store(env), clock: systemClock, log, metrics: measured() };
  return async (event) => {
    const bounce = bounceIn(event);
    const changed = bounce !== undefined && (await recordBounce(recording, bounce));
    if (!changed) log.info('an event about a mail has changed nothing', { mailId: bounce?.sending.mailId });
  };
}
