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

export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly createdAt: EpochMillis;
  /** How long a second person has to approve, in seconds. */
  readonly authorizationWindow: number;
  /** How long a lapsed request may be asked again, in seconds. */
  readonly reauthorizationWindow: number;
  /** True for the instance that the first start made for trying out. */
  readonly trial: boolean;
  /** Absent: never set. Governs keys created later, never existing ones. */
  readonly dualAuthDelete?: Policy;
}

/** Seven days (Key Protect: `authExpiration` = time of set + 7 days) and two days, in seconds. */
export const DEFAULT_AUTHORIZATION_WINDOW = 604_800;
export const DEFAULT_REAUTHORIZATION_WINDOW = 172_800;

/** Step Functions ends an execution after a year; 8 rounds of window and re-authorization must fit. */
export const LONGEST_WINDOW = 20 * 86_400;

/** Seconds of an ISO 8601 duration that can be a window (1 second to 20 days), or undefined. */
export function parseWindow(text: string): number | undefined {
  const seconds = parseDuration(text);
  return seconds !== undefined && seconds >= 1 && seconds <= LONGEST_WINDOW ? seconds : undefined;
}
