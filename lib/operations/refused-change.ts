import type { ChangeRequest } from '../domain/change-request.ts';
import type { Person } from '../domain/person.ts';
import { type EpochMillis, MINUTE } from '../domain/time.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { changesPartition } from './records/change-request.ts';
import type { StoredInstance } from './records/instance.ts';
import { changeEvent } from './request-change.ts';

/** Within this time it is the same attempt, in milliseconds. */
const SAME_ATTEMPT = MINUTE;

interface RefusedChange {
  readonly instance: StoredInstance;
  readonly by: Person;
  readonly request: ChangeRequest;
  readonly reason: 'own-request' | 'own-gain';
}

/**
 * The event of somebody who would have approved their own request or gain, once a minute: whoever repeats it in a loop
 * must not fill the chain or hold up the others.
 * @returns false when somebody was quicker: nothing has changed.
 */
export async function recordRefusedChange(
  context: Pick<Context, 'store'>,
  { instance, by, request, reason }: RefusedChange,
  now: EpochMillis,
): Promise<boolean> {
  const partition = changesPartition(instance.id);
  const attempt = { table: 'main', partition, sort: `refused#${request.id}#${by.id}` } as const;
  const item = await context.store.get(attempt);
  const last = item && recordOf<{ readonly at: EpochMillis }>(item).at;
  if (last !== undefined && now - last < SAME_ATTEMPT) return true;
  return commitInstanceChange(context, {
    instance,
    now,
    events: [{ ...changeEvent('approve', by.id, request, { refused: reason }), outcome: 'failure' }],
    writes: [
      {
        put: { ...attempt, attributes: { at: now } },
        when: [last === undefined ? { item: 'absent' } : { attribute: 'at', is: 'equal', value: last }],
      },
    ],
  });
}
