import type { Authorization } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import { type EpochMillis, MINUTE } from '../domain/time.ts';
import type { ItemKey } from '../ports/store.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { keyPartition } from './records/key.ts';

/** Within this time it is the same attempt, in milliseconds. */
const SAME_ATTEMPT = MINUTE;

interface SelfApproval {
  readonly key: Key;
  readonly authorization: Authorization;
  readonly approver: Person;
}

/**
 * The event of a refused self-approval. One a minute for each person and round: every event is a write of the key,
 * and whoever repeats the call in a loop must not hold up the others' denials and withdrawals, or fill the chain.
 * @returns false when somebody was quicker: nothing has changed.
 */
export async function recordSelfApproval(
  context: Pick<Context, 'store'>,
  { key, authorization, approver }: SelfApproval,
  now: EpochMillis,
): Promise<boolean> {
  const attempt = attemptKey(authorization, approver);
  const item = await context.store.get(attempt);
  const last = item && recordOf<{ readonly at: EpochMillis }>(item).at;
  if (last !== undefined && now - last < SAME_ATTEMPT) return true;
  return commitKeyChange(context, {
    key,
    now,
    events: [
      {
        action: 'kms.secrets.delete',
        actor: approver.id,
        outcome: 'failure',
        authorizationId: authorization.id,
        round: authorization.round,
        data: { reason: 'own-request' },
      },
    ],
    writes: [
      {
        put: { ...attempt, attributes: { at: now } },
        when: [last === undefined ? { item: 'absent' } : { attribute: 'at', is: 'equal', value: last }],
      },
    ],
  });
}

const attemptKey = ({ instanceId, keyId, id, round }: Authorization, approver: Person): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: `self-approval#${id}#${round}#${approver.id}`,
});
