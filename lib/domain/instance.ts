import type { PersonId } from './person.ts';
import { type EpochMillis, parseDuration } from './time.ts';

/** A policy with who wrote it and when, as Key Protect lists it. */
export interface Policy {
  readonly id: string;
  readonly enabled: boolean;
  readonly createdAt: EpochMillis;
  readonly createdBy: PersonId;
  readonly updatedAt: EpochMillis;
  readonly updatedBy: PersonId;
}

/** When keys are rotated without anybody asking. Only one that is off can do without an interval. */
export interface RotationPolicy extends Policy {
  /** Calendar months from one rotation to the next. */
  readonly intervalMonths?: number;
}

/** Policies by their kind, as a key or an instance has them. Absent: never set. */
export interface Policies {
  readonly dualAuthDelete?: Policy;
  readonly rotation?: RotationPolicy;
}

/** From where the instance can be reached. Only one that is off has no ranges. */
export interface AllowedIpPolicy extends Policy {
  /** Addresses and ranges, as `isAddressRange` takes them. */
  readonly ranges?: readonly string[];
}

/** Through which endpoints the instance can be reached. There is one, so that nothing is shut out. */
export interface AllowedNetworkPolicy extends Policy {
  readonly network?: 'public-and-private';
}

/** What kinds of keys can be created and imported (Key Protect: keyCreateImportAccess). */
export interface KeyAccess {
  readonly createRootKey: boolean;
  readonly createStandardKey: boolean;
  readonly importRootKey: boolean;
  readonly importStandardKey: boolean;
  /** True: material is imported under an import token alone. */
  readonly enforceToken: boolean;
}

/** Only one that is off says nothing of them. */
export interface KeyAccessPolicy extends Policy {
  readonly access?: KeyAccess;
}

/** What an instance can have beside the policies that its keys take on. */
export interface InstancePolicies extends Policies {
  readonly allowedNetwork?: AllowedNetworkPolicy;
  readonly allowedIP?: AllowedIpPolicy;
  readonly keyCreateImportAccess?: KeyAccessPolicy;
  readonly metrics?: Policy;
}

export interface Instance extends InstancePolicies {
  readonly id: string;
  readonly name: string;
  readonly createdAt: EpochMillis;
  /** How long a second person has to approve, in seconds. */
  readonly authorizationWindow: number;
  /** How long a lapsed request may be asked again, in seconds. */
  readonly reauthorizationWindow: number;
  /** How long a destroyed key can be restored, in seconds; absent where instances had no such window: zero. */
  readonly restoreWindow?: number;
  /**
   * How long somebody must have been a Manager, at their address, before a deletion is asked for that they may approve,
   * in seconds; absent: not at all. Meanwhile the other Managers hear of them. Whoever the instance began with need not wait.
   */
  readonly managerWait?: number;
  /** Whether service identities may approve; absent: they may not. */
  readonly serviceApprovals?: boolean;
  /** True for the instance that the first start made for trying out. */
  readonly trial: boolean;
  /** Absent: never set. Governs keys created later, never existing ones. */
  readonly dualAuthDelete?: Policy;
  /** True: a mailed link alone does not approve; its person's API key goes along. */
  readonly approvalNeedsCredential?: boolean;
  /** True: an approval names the digest of the manifest that its person has seen. */
  readonly approvalNeedsManifest?: boolean;
  /** The same for root keys that are generated. */
  readonly rotation?: RotationPolicy;
}

/** Seven days (Key Protect: `authExpiration` = time of set + 7 days) and two days, in seconds. */
export const DEFAULT_AUTHORIZATION_WINDOW = 604_800;
export const DEFAULT_REAUTHORIZATION_WINDOW = 172_800;

/** A day: what is mailed to the other Managers is read in that time. In seconds, at most 30 days. */
export const DEFAULT_MANAGER_WAIT = 86_400;
export const LONGEST_MANAGER_WAIT = 30 * 86_400;

/** What the grants and addresses are older than of those who may approve what is asked for at this moment. */
export const approversSince = (
  { createdAt, managerWait = 0 }: Pick<Instance, 'createdAt' | 'managerWait'>,
  now: EpochMillis,
): EpochMillis => Math.min(now, Math.max(now - managerWait * 1_000, createdAt + 1));

/** Step Functions ends an execution after a year; 8 rounds of window and re-authorization must fit. */
export const LONGEST_WINDOW = 20 * 86_400;

/** What `parseWindow` takes, in words. */
export const WINDOW_RULE = 'an ISO 8601 duration from PT1S to P20D, like P7D';

/** Seconds of an ISO 8601 duration that can be a window (1 second to 20 days), or undefined. */
export function parseWindow(text: string): number | undefined {
  const seconds = parseDuration(text);
  return seconds !== undefined && isWindow(seconds) ? seconds : undefined;
}

/** Whether so many seconds can be a window: at least one, and no more than the workflow can wait. */
export const isWindow = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_WINDOW;
