import type { Authorization } from './authorization.ts';
import type { Instance } from './instance.ts';
import { DESTROYED, type Key } from './key.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { DAY, type EpochMillis, HOUR, parseDuration, SECOND, toDate } from './time.ts';

/** Key Protect keeps a deleted key restorable for 30 days (docs: restore-keys). In seconds. */
export const DEFAULT_RESTORE_WINDOW = (30 * DAY) / SECOND;
/** What is left of a key goes 90 days after its deletion: nothing can be restored then. */
export const LONGEST_RESTORE_WINDOW = (90 * DAY) / SECOND;

/** What `parseRestoreWindow` takes, in words. */
export const RESTORE_WINDOW_RULE = 'an ISO 8601 duration from PT0S (never) to P90D, like P30D';

/** Seconds of an ISO 8601 duration that can be a restore window (none to 90 days), or undefined. */
export function parseRestoreWindow(text: string): number | undefined {
  const seconds = parseDuration(text);
  return seconds !== undefined && isRestoreWindow(seconds) ? seconds : undefined;
}

export const isRestoreWindow = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_RESTORE_WINDOW;

/** How long the instance's keys can be restored, in milliseconds. */
export const restoreWindowOf = ({ restoreWindow = 0 }: Pick<Instance, 'restoreWindow'>): number =>
  restoreWindow * SECOND;

/** After a deletion, in milliseconds: Key Protect's times (contract, sections 2.1 and 2.2). */
export const RESTORE_NOT_BEFORE = 30 * SECOND;
export const PURGE_NOT_BEFORE = 4 * HOUR;
export const PURGE_SCHEDULED_AFTER = 90 * DAY;

/** When what can be done with a destroyed key begins and ends. */
export interface DestructionDates {
  readonly restoreFrom: EpochMillis;
  /** Not any more from this moment on. */
  readonly restoreUntil: EpochMillis;
  readonly purgeFrom: EpochMillis;
  readonly purgeScheduledOn: EpochMillis;
}

/** @returns undefined for a key that is not destroyed. */
export function destructionDates({ state, deletedAt, restoreUntil }: Key): DestructionDates | undefined {
  if (state !== DESTROYED || deletedAt === undefined) return undefined;
  return {
    restoreFrom: deletedAt + RESTORE_NOT_BEFORE,
    restoreUntil: restoreUntil ?? deletedAt,
    purgeFrom: deletedAt + PURGE_NOT_BEFORE,
    purgeScheduledOn: deletedAt + PURGE_SCHEDULED_AFTER,
  };
}

/** Whether the key is destroyed and can be restored, at this moment or in one that comes. */
export function isRestorable(key: Key, now: EpochMillis): boolean {
  const dates = destructionDates(key);
  return dates !== undefined && !hasExpired(key, now) && isRetained(key) && now < dates.restoreUntil;
}

const hasExpired = ({ expiresAt }: Key, now: EpochMillis): boolean =>
  expiresAt !== undefined && now >= expiresAt;

/** Whether a destroyed key's material is still there, for the restore window. */
const isRetained = ({ restoreUntil, shreddedAt }: Key): boolean =>
  restoreUntil !== undefined && shreddedAt === undefined;

/**
 * Whether a key was restored after this deletion of it: that takes the deletion off the key. Another one may have destroyed it
 * again.
 */
export const isRestoredAfter = (
  { id }: Pick<Authorization, 'id'>,
  { state, authorizationId }: Pick<Key, 'state' | 'authorizationId'>,
): boolean => state !== DESTROYED || authorizationId !== id;

/** Whether the key can be restored at this moment. */
export function mayRestore(key: Key, now: EpochMillis): Decision<DestructionDates> {
  const dates = destructionDates(key);
  if (dates === undefined) return refuse('key-not-active');
  if (hasExpired(key, now)) return refuse('key-expired');
  if (!isRestorable(key, now)) return refuse('restore-expired');
  if (now < dates.restoreFrom) {
    return refuse('too-early', 'Restore operation is allowed 30s after key is deleted');
  }
  return accept(dates);
}

/** Whether a person may purge the key at this moment; nobody waits for a second one: the deletion had two, and so had the role. */
export function mayPurge(key: Key, now: EpochMillis): Decision<DestructionDates> {
  const dates = destructionDates(key);
  if (dates === undefined) return refuse('key-not-active');
  return now >= dates.purgeFrom
    ? accept(dates)
    : refuse('too-early', 'Purge operation is allowed 4h0m0s after key is deleted');
}

/** What time alone makes of a destroyed key, and when. */
export interface DestructionStep {
  readonly what: 'shred' | 'purge';
  readonly at: EpochMillis;
}

/** The next; undefined for a key that is not destroyed or is purged. */
export function nextDestructionStep(key: Key): DestructionStep | undefined {
  const dates = destructionDates(key);
  if (dates === undefined || key.purgedAt !== undefined) return undefined;
  const { restoreUntil, purgeScheduledOn } = dates;
  return isRetained(key) && restoreUntil < purgeScheduledOn
    ? { what: 'shred', at: restoreUntil }
    : { what: 'purge', at: purgeScheduledOn };
}

/** The fields that Key Protect's audit event of a purge has. */
export const purgeEventData = (dates: DestructionDates, deletedAt: EpochMillis) => ({
  deletionDate: toDate(deletedAt),
  purgeAllowedFrom: toDate(dates.purgeFrom),
  purgeEligibleOn: toDate(dates.purgeScheduledOn),
});
