import type { RotationPolicy } from './instance.ts';
import { ACTIVE, DEACTIVATED, isExternal, type Key } from './key.ts';
import { stateAt } from './key-state.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { type EpochMillis, HOUR } from './time.ts';

/**
 * All versions of a key are sealed in one item. A version sealed under AWS KMS takes some 370 bytes there with its id
 * (246 of them the wrapped data key): a thousand are 370 KB of the 400 KB that an item of DynamoDB can have.
 */
export const MOST_VERSIONS = 1_000;

/** From one rotation to the next, in milliseconds (Key Protect: one an hour). */
const BETWEEN_ROTATIONS = HOUR;

/** Months of a rotation policy (Key Protect: 1 to 12). */
export const LEAST_MONTHS = 1;
export const MOST_MONTHS = 12;

/** Whether the key may get a new version now; `brings`: the caller brings its material along. */
export function mayRotate(
  key: Key,
  { brings }: { readonly brings: boolean },
  now: EpochMillis,
): Decision<undefined> {
  const state = stateAt(key, now);
  if (key.extractable) return refuse('key-not-root');
  if (isExternal(key)) return refuse('key-external');
  if (state !== ACTIVE && state !== DEACTIVATED) return refuse('key-not-active');
  if (key.imported && !brings) return refuse('payload-required');
  if (!key.imported && brings) return refuse('payload-refused');
  const last = lastRotatedAt(key);
  if (last !== undefined && now - last < BETWEEN_ROTATIONS) return refuse('rotated-recently');
  return key.versions.length < MOST_VERSIONS ? accept(undefined) : refuse('too-many-versions');
}

/** A key's first version is no rotation. */
export const lastRotatedAt = ({ versions }: Pick<Key, 'versions'>): EpochMillis | undefined =>
  versions.length > 1 ? versions[0]?.createdAt : undefined;

/** What becomes of a key with a new version. What would be lost with the key is no longer what it was. */
export const withVersion = (
  key: Key,
  { id, bitLength }: { readonly id: string; readonly bitLength: number },
  now: EpochMillis,
): Partial<Key> => ({
  versions: [{ id, createdAt: now }, ...key.versions],
  bitLength,
  lossVersion: key.lossVersion + 1,
  updatedAt: now,
  actedAt: now,
});

/** Whether a policy can rotate the key: imported material cannot be made here (Key Protect, docs: key-rotation). */
export const rotatesByPolicy = (key: Pick<Key, 'extractable' | 'imported' | 'external'>): boolean =>
  !key.extractable && !key.imported && !isExternal(key);

/**
 * When the key's policy rotates it next: so many calendar months after its newest version was made, in UTC. Undefined
 * for a key that has no such policy on, is not active, or has as many versions as it can have.
 */
export function rotationDue(key: Key): EpochMillis | undefined {
  const { rotation, versions, state } = key;
  const [newest] = versions;
  if (rotation?.enabled !== true || rotation.intervalMonths === undefined) return undefined;
  if (state !== ACTIVE || newest === undefined || !rotatesByPolicy(key)) return undefined;
  return versions.length < MOST_VERSIONS ? addMonths(newest.createdAt, rotation.intervalMonths) : undefined;
}

/** Whether the policy rotates the key now. */
export function isDueForRotation(key: Key, now: EpochMillis): boolean {
  const due = rotationDue(key);
  return (
    due !== undefined &&
    now >= due &&
    mayRotate(key, { brings: false }, now).ok &&
    stateAt(key, now) === ACTIVE
  );
}

/** The same day and time so many months later in UTC; the last day of a month that has no such day. */
export function addMonths(from: EpochMillis, months: number): EpochMillis {
  const date = new Date(from);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return date.setUTCFullYear(year, month, Math.min(date.getUTCDate(), lastDay));
}

/** What a request says of a rotation policy; what it leaves out stays as it is. */
export interface RotationChange {
  readonly enabled?: boolean;
  readonly intervalMonths?: number;
}

/** What the policy says after a change: on unless told otherwise, and how often, which one that is on must say. */
export function changedRotation(
  before: RotationPolicy | undefined,
  change: RotationChange,
): Decision<Pick<RotationPolicy, 'enabled' | 'intervalMonths'>> {
  const enabled = change.enabled ?? before?.enabled ?? true;
  const intervalMonths = change.intervalMonths ?? before?.intervalMonths;
  if (intervalMonths !== undefined) return accept({ enabled, intervalMonths });
  return enabled ? refuse('interval-missing') : accept({ enabled });
}
