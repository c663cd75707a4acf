import { COUNTERSIGN, type EventDraft } from '../domain/audit.ts';
import { common, type In, isOver } from '../domain/authorization.ts';
import { PermanentError } from '../domain/errors.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Shredding } from '../ports/shredding-record.ts';
import type { Store, Write } from '../ports/store.ts';
import { commitKeyChange } from './change.ts';
import { authorizationItem } from './records/authorization.ts';
import { loadKey } from './records/key.ts';
import { materialKey } from './records/material.ts';
import { shredRetained } from './retained-material.ts';
import { currentAuthorization } from './transition.ts';

/** Whether a shredding that was begun has been committed, seen from the key. */
export async function hasHappened(store: Pick<Store, 'get'>, shredding: Shredding): Promise<boolean> {
  const key = await loadKey(store, shredding.instanceId, shredding.keyId);
  return key === undefined || (key.shreddedAt !== undefined && key.deletedAt === shredding.deletedAt);
}

/**
 * Does to a store from a backup what was done to the key after it: whatever the key is there, its material goes, and
 * it is destroyed as it was then. For a store that nothing else works on.
 * @returns false when the store has no material of the key.
 */
export async function applyShredding(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  shredding: Shredding,
): Promise<boolean> {
  const key = await loadKey(store, shredding.instanceId, shredding.keyId);
  if (key === undefined || key.shreddedAt !== undefined || key.purgedAt !== undefined) return false;
  const now = clock.now();
  const ended = await endedRequest(store, key, now);
  const committed = await commitKeyChange(
    { store },
    {
      key,
      now,
      next: destroyedAs(shredding, now),
      events: [event(key, shredding), ...ended.events],
      writes: [
        { delete: materialKey(key.instanceId, key.id), when: [] },
        shredRetained(key),
        ...ended.writes,
      ],
    },
  );
  if (!committed) throw new PermanentError('the store is in use while a backup is restored');
  return true;
}

const destroyedAs = ({ deletedAt, deletedBy, shreddedAt }: Shredding, now: EpochMillis): Partial<Key> => ({
  state: DESTROYED,
  deletedAt,
  deletedBy,
  updatedAt: now,
  restoreUntil: shreddedAt,
  shreddedAt,
  setForDeletionUntil: undefined,
});

const event = (key: Key, { deletedAt, shreddedAt }: Shredding): EventDraft => ({
  action: 'countersign.material.shred',
  actor: COUNTERSIGN,
  outcome: 'success',
  data: {
    deletionDate: toDate(deletedAt),
    shreddingDate: toDate(shreddedAt),
    keyStateInBackup: key.state,
    reason: 'a backup from before the shredding was restored',
  },
});

/** A deletion that the backup has still open is over: its execution finds that out, and nobody is asked any more. */
async function endedRequest(
  store: Store,
  key: Key,
  now: EpochMillis,
): Promise<{ readonly events: readonly EventDraft[]; readonly writes: readonly Write[] }> {
  const before = await currentAuthorization(store, key);
  if (before === undefined || isOver(before.status)) return { events: [], writes: [] };
  const why = 'the key was destroyed after the backup from which the service was restored';
  const after: In<'void'> = { ...common(before), status: 'void', endedAt: now, why };
  const { id: authorizationId, round } = before;
  return {
    events: [
      {
        action: 'countersign.authorization.void',
        actor: COUNTERSIGN,
        outcome: 'success',
        authorizationId,
        round,
        data: { why },
      },
    ],
    writes: [{ put: authorizationItem(after, now), when: [] }],
  };
}
