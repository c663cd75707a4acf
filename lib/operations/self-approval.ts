import type { Authorization } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Context } from './context.ts';
import { recordRefusedAttempt } from './refused-attempt.ts';

interface SelfApproval {
  readonly key: Key;
  readonly authorization: Authorization;
  readonly approver: Person;
}

/**
 * The event of a refused self-approval, once a minute for each person and round.
 * @returns false when somebody was quicker: nothing has changed.
 */
export const recordSelfApproval = (
  context: Pick<Context, 'store'>,
  { key, authorization: { id, round }, approver }: SelfApproval,
  now: EpochMillis,
): Promise<boolean> =>
  recordRefusedAttempt(
    context,
    {
      key,
      sameAs: `self-approval#${id}#${round}#${approver.id}`,
      event: {
        action: 'kms.secrets.delete',
        actor: approver.id,
        outcome: 'failure',
        authorizationId: id,
        round,
        data: { reason: 'own-request' },
      },
    },
    now,
  );
