import type { PersonId } from '../domain/person.ts';
import { accept, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import type { Context } from './context.ts';
import { loadKey } from './records/key.ts';
import type { Link } from './records/link.ts';
import { recordRefusedAttempt } from './refused-attempt.ts';

/**
 * The event of a link that was used with the credential of somebody else than it was mailed to, once a minute for each
 * of them and link: a link that has gone astray, or been passed on, is seen in the key's history.
 */
export async function recordForeignLink(
  context: Context,
  link: Pick<Link, 'instanceId' | 'keyId' | 'authorizationId' | 'round' | 'personId'>,
  user: PersonId,
): Promise<void> {
  const { authorizationId, round, personId } = link;
  await attempt(context, async () => {
    const key = await loadKey(context.store, link.instanceId, link.keyId);
    if (key === undefined) return refuse('key-not-found');
    const recorded = await recordRefusedAttempt(
      context,
      {
        key,
        sameAs: `foreign-link#${authorizationId}#${round}#${personId}#${user}`,
        event: {
          action: 'countersign.link.refused',
          actor: user,
          outcome: 'failure',
          authorizationId,
          round,
          data: { reason: 'other-person', mailedTo: personId },
        },
      },
      context.clock.now(),
    );
    return recorded ? accept(undefined) : undefined;
  });
}
