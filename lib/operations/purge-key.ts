import { ACCESS } from '../domain/access.ts';
import { type DestructionDates, mayPurge, PURGE_NOT_BEFORE, purgeEventData } from '../domain/destruction.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import type { PersonId } from '../domain/person.ts';
import { grantsOver } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Condition, Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { aliasKey } from './records/key.ts';
import { countInKeyRing } from './records/key-ring.ts';
import { reloadPerson, stillHolds } from './records/person.ts';
import { shredRetained } from './retained-material.ts';
import { withRecord } from './shreddings.ts';

/**
 * Ends what a deletion has left of a key: its material, where that could still be restored, its name in lists and its
 * aliases. No call finds it any more but the one for its history. The two people of the deletion cover this.
 * @returns the key as it was.
 */
export function purgeKey(context: Context, caller: Caller, idOrAlias: string): Promise<Decision<Key>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const found = await permittedKey(context, { ...caller, person }, { operation: 'purgeKey', idOrAlias });
    if (!found.ok) return found;
    const key = found.value;
    const now = context.clock.now();
    const allowed = mayPurge(key, now);
    if (!allowed.ok) return allowed;
    const [grant] = grantsOver(person, ACCESS.purgeKey, key);
    if (grant === undefined) return refuse('access-denied');
    const committed = await commitPurge(context, key, {
      actor: person.id,
      dates: allowed.value,
      deletedBefore: now - PURGE_NOT_BEFORE,
      now,
      writes: stillHolds(person, grant),
    });
    return committed ? accept(key) : undefined;
  });
}

export interface Purge {
  readonly actor: PersonId;
  readonly dates: DestructionDates;
  /** The write holds only for a key that was deleted then or earlier. */
  readonly deletedBefore: EpochMillis;
  readonly now: EpochMillis;
  readonly writes?: readonly Write[];
}

/** @returns false when somebody was quicker: nothing has changed. */
export function commitPurge(context: Context, key: Key, purge: Purge): Promise<boolean> {
  const { actor, dates, deletedBefore, now, writes = [] } = purge;
  const { deletedAt = now, deletedBy = actor } = key;
  const shreds = key.shreddedAt === undefined;
  const when: readonly Condition[] = [
    { attribute: 'state', is: 'equal', value: DESTROYED },
    { attribute: 'deletedAt', is: 'lessOrEqual', value: deletedBefore },
    { attribute: 'purgedAt', is: 'absent' },
  ];
  const commit = () =>
    commitKeyChange(context, {
      key,
      now,
      when,
      next: trace(key, now),
      events: [
        {
          action: 'kms.secrets.purge',
          actor,
          outcome: 'success',
          data: { ...purgeEventData(dates, deletedAt), shredsMaterial: shreds },
        },
      ],
      writes: [
        ...(shreds ? [shredRetained(key)] : []),
        ...countInKeyRing(key.instanceId, key.keyRingId, -1),
        ...key.aliases.map((alias): Write => ({ delete: aliasKey(key.instanceId, alias), when: [] })),
        ...writes,
      ],
    });
  return shreds ? withRecord(context, { key, deletedAt, deletedBy, now }, commit) : commit();
}

/** What is left, for the history: which key it was, its dates, and the head of its chain. */
const trace = (key: Key, now: EpochMillis): Partial<Key> => ({
  purgedAt: now,
  updatedAt: now,
  shreddedAt: key.shreddedAt ?? now,
  aliases: [],
  description: undefined,
  tags: undefined,
});
