import type { Policy } from '../domain/instance.ts';
import { DESTROYED, type Key, keyCrn } from '../domain/key.ts';
import { iamIdOf } from '../domain/person.ts';
import { DAY, type EpochMillis, HOUR, toDate } from '../domain/time.ts';
import type { Settings } from '../operations/context.ts';
import { KEY_TYPE, POLICY_TYPE } from './collection.ts';

/** After a deletion: purge is possible from then on, and what is left of the key goes (Key Protect, §2.1). */
const PURGE_ALLOWED_AFTER = 4 * HOUR;
const PURGE_SCHEDULED_AFTER = 90 * DAY;

/** Current answers of Key Protect say this of algorithm types and modes. */
const DEPRECATED = 'Deprecated';

/** What an answer is made for: dates that have come, and where CRNs begin. */
export interface View {
  readonly now: EpochMillis;
  readonly settings: Settings;
}

/** The key as a creation answers it: no dates, no policies. */
export const shortKey = (key: Key, { settings }: View): object => ({
  type: KEY_TYPE,
  id: key.id,
  name: key.name,
  description: key.description,
  aliases: key.aliases.length > 0 ? key.aliases : undefined,
  state: key.state,
  expirationDate: dateOf(key.expiresAt),
  extractable: key.extractable,
  crn: keyCrn(key, settings.crnScope),
  imported: key.imported,
  keyRingID: key.keyRingId,
  deleted: key.state === DESTROYED,
});

/** The whole key, without its material. */
export const fullKey = (key: Key, view: View): object => ({
  ...shortKey(key, view),
  tags: key.tags,
  creationDate: toDate(key.createdAt),
  createdBy: iamIdOf(key.createdBy),
  lastUpdateDate: toDate(key.updatedAt),
  algorithmType: DEPRECATED,
  algorithmMode: DEPRECATED,
  algorithmBitSize: key.bitLength,
  algorithmMetadata: { bitLength: String(key.bitLength), mode: DEPRECATED },
  ...(!key.extractable && versionOf(key)),
  dualAuthDelete: dualAuthDeleteOf(key, view.now),
  ...deletionOf(key, view.now),
});

function versionOf({ versions }: Key): object {
  const [newest] = versions;
  if (newest === undefined) return {};
  return {
    keyVersion: { id: newest.id, creationDate: toDate(newest.createdAt) },
    lastRotateDate: versions.length > 1 ? toDate(newest.createdAt) : undefined,
  };
}

/**
 * Three shapes: without the policy; with it and nothing that counts; set for deletion, until when. The last stays on
 * a destroyed key, and goes from a living one when the window has ended.
 */
export function dualAuthDeleteOf(key: Key, now: EpochMillis): object {
  if (key.dualAuthDelete?.enabled !== true) return { enabled: false };
  const until = key.setForDeletionUntil;
  const shown = until !== undefined && (key.state === DESTROYED || now < until);
  return shown
    ? { enabled: true, keySetForDeletion: true, authExpiration: toDate(until) }
    : { enabled: true, keySetForDeletion: false };
}

/** The material is shredded in the deletion itself, as with a restore window of zero. */
function deletionOf({ deletedAt, deletedBy }: Key, now: EpochMillis): object {
  if (deletedAt === undefined) return {};
  return {
    deletionDate: toDate(deletedAt),
    deletedBy: deletedBy && iamIdOf(deletedBy),
    restoreAllowed: false,
    restoreExpirationDate: toDate(deletedAt),
    purgeAllowed: now >= deletedAt + PURGE_ALLOWED_AFTER,
    purgeAllowedFrom: toDate(deletedAt + PURGE_ALLOWED_AFTER),
    purgeScheduledOn: toDate(deletedAt + PURGE_SCHEDULED_AFTER),
  };
}

/** A key's policy. Says nothing of a pending authorization. */
export const keyPolicy = (policy: Policy, instanceId: string, { settings }: View): object => ({
  type: POLICY_TYPE,
  id: policy.id,
  crn: `${settings.crnScope}:${instanceId}:policy:${policy.id}`,
  dualAuthDelete: { enabled: policy.enabled },
  ...authorsOf(policy),
  lastUpdateDate: toDate(policy.updatedAt),
});

/** An instance's policy: other names than a key's. */
export const instancePolicy = (policy: Policy): object => ({
  policy_type: 'dualAuthDelete',
  policy_data: { enabled: policy.enabled },
  ...authorsOf(policy),
  lastUpdated: toDate(policy.updatedAt),
});

const authorsOf = (policy: Policy): object => ({
  createdBy: iamIdOf(policy.createdBy),
  creationDate: toDate(policy.createdAt),
  updatedBy: iamIdOf(policy.updatedBy),
});

const dateOf = (at: EpochMillis | undefined): string | undefined =>
  at === undefined ? undefined : toDate(at);
