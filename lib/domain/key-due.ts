import { checkpointDue } from './checkpoint.ts';
import { nextDestructionStep } from './destruction.ts';
import type { Key } from './key.ts';
import { expiryDue } from './key-state.ts';
import { rotationDue } from './rotation.ts';
import type { EpochMillis } from './time.ts';

/** What time alone brings about for a key, each with when. */
const COMING: readonly ((key: Key) => EpochMillis | undefined)[] = [
  expiryDue,
  rotationDue,
  (key) => nextDestructionStep(key)?.at,
];

/** When time brings something about for the key next; undefined for never. */
export function nextKeyDue(key: Key): EpochMillis | undefined {
  const times = COMING.flatMap((due) => due(key) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** When the sweeper has to look at the key next: for what time brings about, or for a checkpoint of its chain. */
export function nextKeyLook(key: Key): EpochMillis | undefined {
  const times = [nextKeyDue(key), checkpointDue(key)?.at].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
