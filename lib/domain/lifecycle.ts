import { ACTIVE, isExternal, type Key, SUSPENDED } from './key.ts';
import { stateAt } from './key-state.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { type EpochMillis, HOUR, SECOND } from './time.ts';

/** A key is enabled no earlier than this after the last action on it, in milliseconds; clients wait just as long. */
const ENABLE_NOT_BEFORE = 30 * SECOND;
/** Those whom a key is in use by are told again no earlier than this after the last action on it, in milliseconds. */
const SYNC_NOT_BEFORE = HOUR;

/** Takes a root key out of use for a while: nothing wraps or unwraps with it. */
export function disable(key: Key, now: EpochMillis): Decision<Partial<Key>> {
  if (key.extractable) return refuse('key-not-root');
  if (isExternal(key)) return refuse('key-external');
  if (stateAt(key, now) !== ACTIVE) return refuse('key-not-active', 'Key is not in active state');
  return accept({ state: SUSPENDED, updatedAt: now, actedAt: now });
}

/** Puts a disabled key into use again; one that has expired meanwhile is deactivated from the first moment on. */
export function enable(key: Key, now: EpochMillis): Decision<Partial<Key>> {
  if (key.extractable) return refuse('key-not-root');
  if (isExternal(key)) return refuse('key-external');
  if (key.state !== SUSPENDED) return refuse('key-not-active', 'Key is not in suspended state');
  if (isWithin(ENABLE_NOT_BEFORE, key, now)) {
    return refuse('too-early', 'Enable operation is allowed 30s after the last action on the key');
  }
  return accept({ state: ACTIVE, updatedAt: now, actedAt: now });
}

/** Tells those whom a key is in use by of its state again, whatever that is: also that it is destroyed. */
export function sync(key: Key, now: EpochMillis): Decision<Partial<Key>> {
  if (key.extractable) return refuse('key-not-root');
  if (isWithin(SYNC_NOT_BEFORE, key, now)) {
    return refuse('too-early', 'Sync operation is allowed 1h0m0s after the last action on the key');
  }
  return accept({ actedAt: now });
}

const isWithin = (time: number, { actedAt }: Key, now: EpochMillis): boolean =>
  actedAt !== undefined && now - actedAt < time;
