import { COUNTERSIGN } from '../domain/audit.ts';
import { destructionDates, nextDestructionStep, PURGE_SCHEDULED_AFTER } from '../domain/destruction.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import { attempt } from './attempts.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { commitPurge } from './purge-key.ts';
import { type KeyReference, loadKey } from './records/key.ts';
import { shredRetained } from './retained-material.ts';
import { settleThere } from './settle-there.ts';
import { withRecord } from './shreddings.ts';

/**
 * What time makes of a destroyed key: the end of the restore window shreds its material, and 90 days after the
 * deletion what is left of it goes. For everybody the window has ended before this is written.
 */
export function finishDestruction(
  context: Context,
  { instanceId, id }: KeyReference,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const key = await loadKey(context.store, instanceId, id);
    if (key === undefined) return refuse('key-not-found');
    const now = context.clock.now();
    const step = nextDestructionStep(key);
    if (step === undefined || now < step.at) return accept(undefined);
    if (step.what === 'shred' && key.external !== undefined) return settleThere(context, key, now);
    const committed = step.what === 'shred' ? await shred(context, key, now) : await purge(context, key, now);
    return committed ? accept(undefined) : undefined;
  });
}

/** The restore window has ended. */
function shred(context: Context, key: Key, now: EpochMillis): Promise<boolean> {
  const { deletedAt = now, deletedBy = COUNTERSIGN, restoreUntil = deletedAt } = key;
  return withRecord(context, { key, deletedAt, deletedBy, now }, () =>
    commitKeyChange(context, {
      key,
      now,
      next: { shreddedAt: now },
      when: [
        { attribute: 'state', is: 'equal', value: DESTROYED },
        { attribute: 'restoreUntil', is: 'lessOrEqual', value: now },
        { attribute: 'shreddedAt', is: 'absent' },
      ],
      events: [
        {
          action: 'countersign.material.shred',
          actor: COUNTERSIGN,
          outcome: 'success',
          data: { deletionDate: toDate(deletedAt), restoreExpirationDate: toDate(restoreUntil) },
        },
      ],
      writes: [shredRetained(key)],
    }),
  );
}

async function purge(context: Context, key: Key, now: EpochMillis): Promise<boolean> {
  const dates = destructionDates(key);
  if (dates === undefined) return false;
  const deletedBefore = now - PURGE_SCHEDULED_AFTER;
  return commitPurge(context, key, { actor: COUNTERSIGN, dates, deletedBefore, now });
}
