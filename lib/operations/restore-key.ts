import { ACCESS } from '../domain/access.ts';
import { mayRestore } from '../domain/destruction.ts';
import { PermanentError } from '../domain/errors.ts';
import { sayProvider } from '../domain/external-key.ts';
import { ACTIVE, DESTROYED, type Key } from '../domain/key.ts';
import { grantsOver } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { providerOf } from './providers.ts';
import { permittedKey } from './read-keys.ts';
import { loadKey } from './records/key.ts';
import { reloadPerson, stillHolds } from './records/person.ts';
import { bringBack } from './retained-material.ts';

/**
 * Brings a destroyed key back within its restore window, with its material, policies and aliases. The authorization
 * that destroyed it is used up, and whatever was asked for before counts no more: the next deletion is authorized anew.
 * @throws PermanentError when the material that should wait for this is gone or was changed.
 */
export function restoreKey(context: Context, caller: Caller, idOrAlias: string): Promise<Decision<Key>> {
  return attempt(context, async () => {
    const person = await reloadPerson(context.store, caller.person);
    const found = await permittedKey(context, { ...caller, person }, { operation: 'restoreKey', idOrAlias });
    if (!found.ok) return found;
    const key = found.value;
    const now = context.clock.now();
    const allowed = mayRestore(key, now);
    if (!allowed.ok) return allowed;
    const [grant] = grantsOver(person, ACCESS.restoreKey, key);
    if (grant === undefined) return refuse('access-denied');
    const back = await takeBack(context, key);
    if (!back.ok) return back;
    const material = back.value;
    if (material === undefined) return withoutMaterial(context, key);
    const next = restored(key, now);
    const committed = await commitKeyChange(context, {
      key,
      now,
      next,
      when: [
        { attribute: 'state', is: 'equal', value: DESTROYED },
        { attribute: 'restoreUntil', is: 'greater', value: now },
        { attribute: 'shreddedAt', is: 'absent' },
      ],
      events: [
        {
          action: 'kms.secrets.restore',
          actor: person.id,
          outcome: 'success',
          data: { keyState: ACTIVE, deletionDate: toDate(key.deletedAt ?? now) },
        },
      ],
      writes: [...material, ...stillHolds(person, grant)],
    });
    return committed ? accept({ ...key, ...next }) : undefined;
  });
}

/**
 * What brings the key's material back. Where it lives elsewhere its provider does: before it is written here, so that a
 * crash in between leaves a key that lives, and the repeat finds it restored there.
 */
async function takeBack(context: Context, key: Key): Promise<Decision<readonly Write[] | undefined>> {
  const { external } = key;
  if (external === undefined) return accept(await bringBack(context, key));
  const provider = providerOf(context, external);
  if (!provider.ok) return provider;
  const done = await provider.value.restore(external);
  return 'restored' in done
    ? accept([])
    : refuse('provider-refused', `${sayProvider(external)}: ${done.detail}`);
}

/** Somebody else restored or shredded it since the key was read: then that is decided on anew. */
async function withoutMaterial(
  { store }: Context,
  { instanceId, id, auditSequence }: Key,
): Promise<undefined> {
  const now = await loadKey(store, instanceId, id);
  if (now?.auditSequence !== auditSequence) return undefined;
  throw new PermanentError('the material of a key that can be restored is not there');
}

/** What becomes different; the date of the deletion and who did it stay (Key Protect). */
export const restored = (key: Key, now: EpochMillis): Partial<Key> => ({
  state: ACTIVE,
  updatedAt: now,
  actedAt: now,
  restoreUntil: undefined,
  destroyingSince: undefined,
  authorizationId: undefined,
  setForDeletionUntil: undefined,
  lossVersion: key.lossVersion + 1,
  stopVersion: key.stopVersion + 1,
});
