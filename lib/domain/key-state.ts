import { COUNTERSIGN, type EventDraft } from './audit.ts';
import { ACTIVE, DEACTIVATED, type Key, type KeyState } from './key.ts';
import { type EpochMillis, toDate } from './time.ts';

/**
 * The state that a key is in at a time. An active key whose expiration date has come is deactivated from that
 * millisecond on, whether or not it is written yet. A suspended one stays suspended (Key Protect, docs: key-states):
 * time alone must not make it unwrap again.
 */
export const stateAt = (key: Pick<Key, 'state' | 'expiresAt'>, now: EpochMillis): KeyState =>
  key.state === ACTIVE && key.expiresAt !== undefined && now >= key.expiresAt ? DEACTIVATED : key.state;

/** The key as it is at a time: what was stored says less. */
export function asOf(key: Key, now: EpochMillis): Key {
  const state = stateAt(key, now);
  return state === key.state ? key : { ...key, state };
}

/** Under which stored states the keys are found that are in one of these: an expiry may not be written yet. */
export const storedStates = (states: readonly KeyState[]): readonly KeyState[] => [
  ...new Set<KeyState>(states.includes(DEACTIVATED) ? [...states, ACTIVE] : states),
];

/** When the key's expiry is to be written; undefined when that is done, or it has none to come. */
export const expiryDue = ({ state, expiresAt, expiredAt }: Key): EpochMillis | undefined =>
  expiredAt === undefined && (state === ACTIVE || state === DEACTIVATED) ? expiresAt : undefined;

/**
 * An expiry that has come and that nobody has written: it goes before whatever is written next, so that the chain of
 * events tells it in its place.
 */
export function unwrittenExpiry(
  key: Key,
  now: EpochMillis,
): { readonly event: EventDraft; readonly next: Partial<Key> } | undefined {
  const due = expiryDue(key);
  if (due === undefined || now < due) return undefined;
  return {
    event: {
      action: 'kms.secrets.expire',
      actor: COUNTERSIGN,
      outcome: 'success',
      data: {
        expirationDate: toDate(due),
        initialValueKeyState: ACTIVE,
        newValueKeyState: DEACTIVATED,
      },
    },
    next: { state: DEACTIVATED, expiredAt: now, updatedAt: now },
  };
}
