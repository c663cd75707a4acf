import { mayCall } from '../domain/access.ts';
import type { EventDraft } from '../domain/audit.ts';
import { DESTROYED } from '../domain/key.ts';
import { DEFAULT_KEY_RING, type KeyRing, MOST_KEY_RINGS } from '../domain/key-ring.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { type Caller, enterAgain } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { intoRing } from './move-key.ts';
import { loadKey } from './records/key.ts';
import { storedKeys } from './records/key-list.ts';
import {
  type KeyRingRecord,
  keyRingItem,
  keyRingKey,
  loadKeyRing,
  loadKeyRings,
} from './records/key-ring.ts';
import { loadPeople } from './records/person.ts';
import { endRingGrants } from './ring-grants.ts';

/** A ring as it is listed; the default one was made by nobody. */
export type ListedKeyRing = Pick<KeyRing, 'id'> & Partial<KeyRing>;

/** The instance's rings, the default one first. */
export async function listKeyRings(
  { store }: Context,
  { person, instance }: Caller,
): Promise<Decision<readonly ListedKeyRing[]>> {
  if (!mayCall(person, 'listKeyRings')) return refuse('access-denied');
  const rings = await loadKeyRings(store, instance.id);
  return accept([{ id: DEFAULT_KEY_RING }, ...rings]);
}

/** Makes a ring, with nothing in it and nobody who has a role on it. */
export function createKeyRing(context: Context, caller: Caller, id: string): Promise<Decision<void>> {
  return attempt(context, async () => {
    const entered = await enterAgain(context, caller, 'createKeyRing');
    if (!entered.ok) return entered;
    const { person, instance } = entered.value;
    if (id === DEFAULT_KEY_RING) return refuse('key-ring-reserved');
    const rings = await loadKeyRings(context.store, instance.id);
    if (rings.some((ring) => ring.id === id)) return refuse('key-ring-exists');
    if (rings.length >= MOST_KEY_RINGS) return refuse('too-many-key-rings');
    const now = context.clock.now();
    const ring = { id, instanceId: instance.id, createdAt: now, createdBy: person.id, keyCount: 0 };
    // There are none but where an earlier version of the program has deleted a ring of this id.
    const people = await loadPeople(context.store, instance.id);
    const ended = endRingGrants(people, { keyRingId: id, actor: person.id });
    const created = event('kms.key-rings.create', person.id, id);
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [...ended.events, ...(ended.all ? [created] : [])],
      writes: [
        ...ended.writes,
        ...(ended.all ? [{ put: keyRingItem(ring), when: [{ item: 'absent' } as const] }] : []),
      ],
    });
    return committed && ended.all ? accept(undefined) : undefined;
  });
}

/**
 * Deletes a ring that has no key in it. With `force` its destroyed keys go to the default ring first; any other key
 * keeps the ring (Key Protect, docs: key-rings). That the ring is empty is a condition of the write that deletes it, with which
 * everybody's roles on it end.
 */
export function deleteKeyRing(
  context: Context,
  caller: Caller,
  { id, force }: { readonly id: string; readonly force: boolean },
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const entered = await enterAgain(context, caller, 'deleteKeyRing');
    if (!entered.ok) return entered;
    const { person, instance } = entered.value;
    if (id === DEFAULT_KEY_RING) return refuse('key-ring-reserved');
    const ring = await loadKeyRing(context.store, instance.id, id);
    if (ring === undefined) return refuse('key-ring-not-found');
    if (ring.keyCount > 0) {
      const empties = force && (await emptied(context, ring, person.id));
      return empties ? undefined : refuse('key-ring-not-empty');
    }
    const people = await loadPeople(context.store, instance.id);
    const ended = endRingGrants(people, { keyRingId: id, actor: person.id });
    const when = [{ attribute: 'keyCount', is: 'equal', value: 0 }] as const;
    const key = keyRingKey(instance.id, id);
    const committed = await commitInstanceChange(context, {
      instance,
      now: context.clock.now(),
      events: [...ended.events, ...(ended.all ? [event('kms.key-rings.delete', person.id, id)] : [])],
      writes: [...ended.writes, ended.all ? { delete: key, when } : { check: key, when }],
    });
    return committed && ended.all ? accept(undefined) : undefined;
  });
}

/** How many keys are held while the destroyed ones are looked through. */
const AT_ONCE = 1_000;

/**
 * Moves a ring's keys to the default ring, where all of them are destroyed. Looks through the instance's destroyed keys
 * alone: when fewer of them are in the ring than keys are, another one is.
 * @returns false when there is another one, or one was restored meanwhile.
 */
async function emptied(
  { store, clock }: Context,
  { instanceId, id, keyCount }: KeyRingRecord,
  actor: string,
): Promise<boolean> {
  const lists = [{ instanceId, state: DESTROYED }] as const;
  const destroyed: string[] = [];
  for await (const key of storedKeys(store, lists, { descending: false, atOnce: AT_ONCE })) {
    if (key.keyRingId === id && key.purgedAt === undefined) destroyed.push(key.id);
  }
  if (destroyed.length < keyCount) return false;
  for (const keyId of destroyed) {
    // The list may lag behind: what counts is the key as it is. A purged one is out of the ring already.
    const key = await loadKey(store, instanceId, keyId);
    if (key?.keyRingId !== id || key.purgedAt !== undefined) continue;
    if (key.state !== DESTROYED) return false;
    await intoRing({ store, clock }, key, { keyRingId: DEFAULT_KEY_RING, actor });
  }
  return true;
}

const event = (
  action: 'kms.key-rings.create' | 'kms.key-rings.delete',
  actor: string,
  keyRingId: string,
): EventDraft => ({ action, actor, outcome: 'success', data: { keyRingId } });
