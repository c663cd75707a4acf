import { destructionDates, isRestorable } from '../domain/destruction.ts';
import type { Policy } from '../domain/instance.ts';
import { DESTROYED, type Key, keyCrn } from '../domain/key.ts';
import { iamIdOf } from '../domain/person.ts';
import { lastRotatedAt } from '../domain/rotation.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import type { Settings } from '../operations/context.ts';
import { KEY_TYPE, POLICY_TYPE } from './collection.ts';
import { rotationOf } from './rotation-body.ts';

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
export const fullKey = (key: Key, view: View): object =>
  Object.assign(shortKey(key, view), {
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
    rotation: key.rotation && rotationOf(key.rotation),
    external: key.external && externalOf(key),
    ...deletionOf(key, view.now),
  });

/** Countersign's own member: the key stands for one that lives elsewhere. */
const externalOf = ({ external, destroyingSince }: Key): object => ({
  provider: external?.providerName,
  reference: external?.reference,
  pendingWindowDays: external?.pendingWindowDays,
  destroyingSince: dateOf(destroyingSince),
});

function versionOf({ versions }: Key): object {
  const [newest] = versions;
  if (newest === undefined) return {};
  return {
    keyVersion: { id: newest.id, creationDate: toDate(newest.createdAt) },
    lastRotateDate: dateOf(lastRotatedAt({ versions })),
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

/** A restored key keeps when it was deleted and by whom; what can come of a deletion is told of a destroyed one. */
function deletionOf(key: Key, now: EpochMillis): object {
  const { deletedAt, deletedBy } = key;
  if (deletedAt === undefined) return {};
  const deleted = { deletionDate: toDate(deletedAt), deletedBy: deletedBy && iamIdOf(deletedBy) };
  const dates = destructionDates(key);
  if (dates === undefined) return deleted;
  return {
    ...deleted,
    restoreAllowed: isRestorable(key, now),
    restoreExpirationDate: toDate(dates.restoreUntil),
    purgeAllowed: now >= dates.purgeFrom,
    purgeAllowedFrom: toDate(dates.purgeFrom),
    purgeScheduledOn: toDate(dates.purgeScheduledOn),
  };
}

/** A key's policy. Says nothing of a pending authorization. */
export const keyPolicy = (
  { policy, said }: { readonly policy: Policy; readonly said: object },
  instanceId: string,
  { settings }: View,
): object => ({
  type: POLICY_TYPE,
  id: policy.id,
  crn: `${settings.crnScope}:${instanceId}:policy:${policy.id}`,
  ...said,
  ...authorsOf(policy),
  lastUpdateDate: toDate(policy.updatedAt),
});

/** An instance's policy: other names than a key's. */
export const instancePolicy = (kind: string, policy: Policy, attributes: object | undefined): object => ({
  policy_type: kind,
  policy_data: { enabled: policy.enabled, attributes },
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
