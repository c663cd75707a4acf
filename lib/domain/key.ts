import type { External } from './external-key.ts';
import type { Policy, RotationPolicy } from './instance.ts';
import type { PersonId } from './person.ts';
import type { EpochMillis } from './time.ts';

/** Key states (NIST SP 800-57 as Key Protect numbers them); 4 is unused, 0 notional. */
export const ACTIVE = 1;
export const SUSPENDED = 2;
export const DEACTIVATED = 3;
export const DESTROYED = 5;
export type KeyState = typeof ACTIVE | typeof SUSPENDED | typeof DEACTIVATED | typeof DESTROYED;

export interface KeyVersion {
  readonly id: string;
  readonly createdAt: EpochMillis;
}

export interface Key {
  readonly id: string;
  readonly instanceId: string;
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly aliases: readonly string[];
  readonly keyRingId: string;
  /** When it was last put into another ring; absent: it is where it was made. */
  readonly inRingSince?: EpochMillis;
  readonly state: KeyState;
  /** False: a root key. True: a standard key, whose material can be read. */
  readonly extractable: boolean;
  readonly imported: boolean;
  readonly bitLength: number;
  /** Newest first. */
  readonly versions: readonly KeyVersion[];
  readonly createdAt: EpochMillis;
  readonly createdBy: PersonId;
  readonly updatedAt: EpochMillis;
  readonly expiresAt?: EpochMillis;
  /** When its expiry was written; it counts from `expiresAt` on, written or not. */
  readonly expiredAt?: EpochMillis;
  readonly deletedAt?: EpochMillis;
  readonly deletedBy?: PersonId;
  /** Until when a destroyed key can be restored: the end of the instance's restore window. */
  readonly restoreUntil?: EpochMillis;
  /** When the last of a destroyed key's material was shredded. */
  readonly shreddedAt?: EpochMillis;
  /** What is left of the key is its history: to every call but that for its history it is not there. */
  readonly purgedAt?: EpochMillis;
  /** The last disabling, enabling, rotation, deletion, restoring or synchronization: some must be a while apart. */
  readonly actedAt?: EpochMillis;
  readonly dualAuthDelete?: Policy;
  readonly rotation?: RotationPolicy;
  /** The authorization that counts. Every decision's write is conditional on it. */
  readonly authorizationId?: string;
  /** End of the current round's window while one is pending; kept on a destroyed key (Key Protect shows it). */
  readonly setForDeletionUntil?: EpochMillis;
  /** Raised by whatever changes what would be lost. */
  readonly lossVersion: number;
  /** How many resources are registered with it, and how many of them have a retention policy. Absent: none. */
  readonly registrationCount?: number;
  readonly retentionCount?: number;
  /** Raised by every unset, so that no set that was still on its way outlives it. */
  readonly stopVersion: number;
  /** Head of the key's audit chain: the number and the hash of its newest event. */
  readonly auditSequence: number;
  readonly auditHash: string;
  /** It stands for a key that lives elsewhere, and has no material here. */
  readonly external?: External;
  /** Its provider was told, or is about to be, to destroy it: what would be lost with it changes no more. */
  readonly destroyingSince?: EpochMillis;
  /** The newest checkpoint that covers its chain: up to which event, and when it was made. */
  readonly checkpoint?: { readonly sequence: number; readonly at: EpochMillis };
}

export const isExternal = (key: Pick<Key, 'external'>): boolean => key.external !== undefined;
export const isBeingDestroyed = (key: Pick<Key, 'destroyingSince'>): boolean =>
  key.destroyingSince !== undefined;

export const needsTwoPeople = (key: Key): boolean => key.dualAuthDelete?.enabled === true;

/** Cloud resource name, in Key Protect's form `crn:v1:…:<instance>:key:<id>`. */
export const keyCrn = (key: Pick<Key, 'id' | 'instanceId'>, scope: string): string =>
  `${scope}:${key.instanceId}:key:${key.id}`;

/** Names and ids in one line for mails and pages; ids alone for whoever must type one. */
export const CONFIRMATION_LENGTH = 6;
export const confirmationOf = (keyId: string): string => keyId.slice(-CONFIRMATION_LENGTH);

/** Whether the typed characters are the end of the key's id; case and surrounding blanks do not matter. */
export const confirms = (keyId: string, typed: string): boolean =>
  typed.trim().toLowerCase() === confirmationOf(keyId).toLowerCase();
