import { ACCESS, mayCall } from '../domain/access.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { countInKeyRing, loadKeyRing } from './records/key-ring.ts';
import { reloadPerson, stillHoldsAny } from './records/person.ts';

/**
 * Puts a key into another ring (Key Protect: patch), which needs the role on both. What would be lost with the key
 * stays what it was, so an authorization that is pending stays too.
 */
export function moveKey(
  context: Context,
  caller: Caller,
  { idOrAlias, keyRingId }: { readonly idOrAlias: string; readonly keyRingId: string },
): Promise<Decision<Key>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const found = await permittedKey(context, { ...caller, person }, { operation: 'moveKey', idOrAlias });
    if (!found.ok) return found;
    const key = found.value;
    if (!mayCall(person, 'moveKey', { id: key.id, keyRingId })) return refuse('access-denied');
    if (key.state === DESTROYED) return refuse('key-not-active');
    if (key.keyRingId === keyRingId) return accept(key);
    if (!(await isThere(context, key.instanceId, keyRingId))) return refuse('key-ring-not-found');
    const writes = stillHoldsAny(person, ACCESS.moveKey, key);
    return intoRing(context, key, { keyRingId, actor: person.id, writes });
  });
}

const isThere = async (
  { store }: Pick<Context, 'store'>,
  instanceId: string,
  ringId: string,
): Promise<boolean> =>
  ringId === DEFAULT_KEY_RING || (await loadKeyRing(store, instanceId, ringId)) !== undefined;

interface IntoRing {
  readonly keyRingId: string;
  readonly actor: PersonId;
  /** Conditions on people. */
  readonly writes?: readonly Write[];
}

/** One try. Undefined when somebody was quicker: the key was changed, or the ring deleted. */
export async function intoRing(
  context: Pick<Context, 'store' | 'clock'>,
  key: Key,
  { keyRingId, actor, writes = [] }: IntoRing,
): Promise<Decision<Key> | undefined> {
  const now = context.clock.now();
  const next = { keyRingId, inRingSince: now, updatedAt: now };
  const committed = await commitKeyChange(context, {
    key,
    now,
    next,
    events: [
      {
        action: 'kms.secrets.patch',
        actor,
        outcome: 'success',
        data: { initialValueKeyRingId: key.keyRingId, newValueKeyRingId: keyRingId },
      },
    ],
    writes: [
      ...countInKeyRing(key.instanceId, key.keyRingId, -1),
      ...countInKeyRing(key.instanceId, keyRingId, 1),
      ...writes,
    ],
  });
  return committed ? accept({ ...key, ...next }) : undefined;
}
