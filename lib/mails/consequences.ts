import type { Authorization } from '../domain/authorization.ts';
import { isRestoredAfter, restoreWindowOf } from '../domain/destruction.ts';
import type { ExternalFacts } from '../domain/external-key.ts';
import type { Instance } from '../domain/instance.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { SECOND, spelled } from '../domain/time.ts';
import { formatTime } from './words.ts';

/** What a deletion means for whatever the key encrypts, and how long it can be undone. */
export function atStake(instance: Pick<Instance, 'restoreWindow'>, external?: ExternalFacts): string {
  if (external !== undefined) return atStakeThere(external);
  const window = restoreWindowOf(instance);
  if (window === 0) {
    return 'Once the key is destroyed, whatever it encrypts becomes inaccessible for ever. Nobody can bring it back.';
  }
  return (
    'Once the key is destroyed, whatever it encrypts becomes inaccessible. A Manager can restore the key for ' +
    `${spelled(window / SECOND)}, unless it is purged before. After that nobody can bring it back.`
  );
}

/** The instance's restore window says nothing of a key that lives elsewhere. */
function atStakeThere({ pendingWindowDays, replicas = [] }: ExternalFacts): string {
  if (pendingWindowDays === undefined) {
    return 'Once the key is destroyed where it lives, whatever it encrypts becomes inaccessible. Nobody can bring it back from here.';
  }
  const waits =
    replicas.length === 0
      ? ''
      : ' It has replicas in other Regions: they go on working, and AWS KMS waits until they are deleted as well.';
  return (
    'Once it is approved, the key cannot be used any more, and AWS KMS deletes it for ever ' +
    `${pendingWindowDays} days later. Until then a Manager can restore it.${waits}`
  );
}

type Deletion = Pick<Authorization, 'id' | 'manifest'>;

/** The same after a deletion, as things are with the key now. */
export function whatIsLeft(deletion: Deletion, key: Key): string {
  if (!isRestoredAfter(deletion, key)) return leftOf(key);
  return key.state === DESTROYED
    ? `It was restored since then, and another deletion has destroyed it again. ${leftOf(key)}`
    : `It was restored since then.${whatStaysOff(deletion)}`;
}

/** Restoring brings back no registration that the deletion removed by force (Key Protect keeps none either). */
const whatStaysOff = ({ manifest }: Deletion): string =>
  manifest.registrations === undefined
    ? ''
    : ' What was registered with it, and was removed with it, is not: services register their resources anew.';

function leftOf({ restoreUntil, shreddedAt }: Key): string {
  if (shreddedAt !== undefined || restoreUntil === undefined) {
    return 'Whatever the key encrypted is inaccessible for ever. Nobody can bring it back.';
  }
  return (
    `Whatever the key encrypted is inaccessible. A Manager can restore the key until ${formatTime(restoreUntil)}, ` +
    'unless it is purged before. After that nobody can bring it back.'
  );
}
