import type { EventDraft } from '../domain/audit.ts';
import type { Key } from '../domain/key.ts';
import { type EpochMillis, MINUTE } from '../domain/time.ts';
import type { ItemKey } from '../ports/store.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { keyPartition } from './records/key.ts';

/** Within this time it is the same attempt, in milliseconds. */
const SAME_ATTEMPT = MINUTE;

export interface RefusedAttempt {
  readonly key: Key;
  /** What makes two attempts the same: the rest of a sort key in the key's partition. */
  readonly sameAs: string;
  readonly event: EventDraft;
}

/**
 * The event of an attempt that was refused. One a minute for each that is the same: every event is a write of the key,
 * and whoever repeats a call in a loop must not hold up the others' denials and withdrawals, or fill the chain.
 * @returns false when somebody was quicker: nothing has changed.
 */
export async function recordRefusedAttempt(
  context: Pick<Context, 'store'>,
  { key, sameAs, event }: RefusedAttempt,
  now: EpochMillis,
): Promise<boolean> {
  const attempt: ItemKey = { table: 'main', partition: keyPartition(key.instanceId, key.id), sort: sameAs };
  const item = await context.store.get(attempt);
  const last = item && recordOf<{ readonly at: EpochMillis }>(item).at;
  if (last !== undefined && now - last < SAME_ATTEMPT) return true;
  return commitKeyChange(context, {
    key,
    now,
    events: [event],
    writes: [
      {
        put: { ...attempt, attributes: { at: now } },
        when: [last === undefined ? { item: 'absent' } : { attribute: 'at', is: 'equal', value: last }],
      },
    ],
  });
}
