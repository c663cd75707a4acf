import type { Key } from '../domain/key.ts';
import { nextKeyLook } from '../domain/key-due.ts';
import type { Decision } from '../domain/refusal.ts';
import type { ItemKey, Write } from '../ports/store.ts';
import type { Context } from './context.ts';
import { expireKey } from './expire-key.ts';
import { finishDestruction } from './finish-destruction.ts';
import { dueAt } from './records/due.ts';
import { type KeyReference, keyKey, loadKey } from './records/key.ts';
import { rotateByPolicy } from './rotate-by-policy.ts';

/** What time alone brings about for a key, each decided anew and written under its own conditions. */
const TASKS: readonly ((context: Context, reference: KeyReference) => Promise<Decision<unknown>>)[] = [
  expireKey,
  rotateByPolicy,
  finishDestruction,
];

/**
 * Carries out what has come for a key that is due.
 * @returns false when others changed the key again and again meanwhile, or it is due still.
 */
export async function lookAfterKey(context: Context, reference: KeyReference): Promise<boolean> {
  for (const task of TASKS) {
    const done = await task(context, reference);
    if (!done.ok) return false;
  }
  return comeBackInTime(context, reference);
}

/** Takes a key off the list that is on it too early: what is due is a matter of the key, not of its entry. */
async function comeBackInTime({ store, clock }: Context, reference: KeyReference): Promise<boolean> {
  const key = await loadKey(store, reference.instanceId, reference.id);
  const at = key && nextKeyLook(key);
  if (key === undefined || (at !== undefined && at <= clock.now())) return false;
  await store.commit([moved(key, at === undefined ? null : dueAt('key', at, key.id))]);
  return true;
}

/** Behind everything that is due now: what cannot be dealt with must not be all that a sweep ever gets to see. */
export async function putOffKey({ store, clock }: Context, reference: KeyReference): Promise<void> {
  const key = await loadKey(store, reference.instanceId, reference.id);
  if (key !== undefined) await store.commit([moved(key, dueAt('key', clock.now(), key.id))]);
}

/** Somebody who has changed the key meanwhile has put it on the list as it is now. */
const moved = (key: Key, due: ReturnType<typeof dueAt> | null): Write => ({
  update: keyKey(key.instanceId, key.id) satisfies ItemKey,
  when: [{ attribute: 'auditSequence', is: 'equal', value: key.auditSequence }],
  indexes: { due },
});
