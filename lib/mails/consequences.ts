import { restoreWindowOf } from '../domain/destruction.ts';
import type { Instance } from '../domain/instance.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { SECOND, spelled } from '../domain/time.ts';
import { formatTime } from './words.ts';

/** What a deletion means for whatever the key encrypts, and how long it can be undone. */
export function atStake(instance: Pick<Instance, 'restoreWindow'>): string {
  const window = restoreWindowOf(instance);
  if (window === 0) {
    return 'Once the key is destroyed, whatever it encrypts becomes inaccessible for ever. Nobody can bring it back.';
  }
  return (
    'Once the key is destroyed, whatever it encrypts becomes inaccessible. A Manager can restore the key for ' +
    `${spelled(window / SECOND)}, unless it is purged before. After that nobody can bring it back.`
  );
}

/** The same after a deletion, as things are with the key now. */
export function whatIsLeft({ state, restoreUntil, shreddedAt }: Key): string {
  if (state !== DESTROYED) return 'It was restored since then.';
  if (shreddedAt !== undefined || restoreUntil === undefined) {
    return 'Whatever the key encrypted is inaccessible for ever. Nobody can bring it back.';
  }
  return (
    `Whatever the key encrypted is inaccessible. A Manager can restore the key until ${formatTime(restoreUntil)}, ` +
    'unless it is purged before. After that nobody can bring it back.'
  );
}
