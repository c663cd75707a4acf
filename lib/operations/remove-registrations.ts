import { COUNTERSIGN } from '../domain/audit.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import { type Registration, registrationsOf, retentionsOf } from '../domain/registration.ts';
import { attempt } from './attempts.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import type { Reference } from './records/authorization.ts';
import { loadKey } from './records/key.ts';
import { loadRegistrations, registrationKey } from './records/registration.ts';

/** At most 100 writes in a transaction: the key, the event, and these. */
const AT_ONCE = 90;

/**
 * Takes away what is still registered with a key that this authorization has destroyed by force. In as many
 * transactions as it needs; called again, it goes on where it was.
 * @returns refused with `conflict` when others changed the key again and again meanwhile.
 */
export async function removeRegistrations(context: Context, reference: Reference): Promise<Decision<void>> {
  for (;;) {
    const removed = await attempt(context, () => removeSome(context, reference));
    if (!removed.ok) return removed;
    if (removed.value < AT_ONCE) return accept(undefined);
  }
}

/** How many were removed; undefined when somebody was quicker. */
async function removeSome(context: Context, reference: Reference): Promise<Decision<number> | undefined> {
  const key = await loadKey(context.store, reference.instanceId, reference.keyId);
  // Restored meanwhile: what is registered with a living key stays.
  if (key === undefined || !isDestroyedBy(key, reference) || registrationsOf(key) === 0) return accept(0);
  const some = await loadRegistrations(context.store, reference, AT_ONCE);
  return some.length === 0 || (await remove(context, key, some)) ? accept(some.length) : undefined;
}

const isDestroyedBy = ({ state, authorizationId }: Key, reference: Reference): boolean =>
  state === DESTROYED && authorizationId === reference.authorizationId;

function remove(context: Context, key: Key, some: readonly Registration[]): Promise<boolean> {
  const retained = some.filter(({ preventKeyDeletion }) => preventKeyDeletion).length;
  const { authorizationId } = key;
  return commitKeyChange(context, {
    key,
    now: context.clock.now(),
    next: {
      registrationCount: registrationsOf(key) - some.length,
      retentionCount: retentionsOf(key) - retained,
    },
    events: [
      {
        action: 'kms.registrations.delete',
        actor: COUNTERSIGN,
        outcome: 'success',
        data: { registrations: some.length, force: true, authorizationId },
      },
    ],
    writes: some.map((one) => ({ delete: registrationKey(one), when: [{ item: 'present' }] })),
  });
}
