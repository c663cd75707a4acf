import type { PersonId } from './person.ts';
import type { EpochMillis } from './time.ts';

/** A group of keys within an instance. Every key is in exactly one. */
export interface KeyRing {
  readonly id: string;
  readonly createdAt: EpochMillis;
  readonly createdBy: PersonId;
}

/** Where keys are that were put nowhere else. It is there without having been made, and stays. */
export const DEFAULT_KEY_RING = 'default';

/** How many an instance can have beside the default one (Key Protect, docs: key-rings). */
export const MOST_KEY_RINGS = 50;

/** Key Protect's command line says 2 to 100, alphanumeric; its own samples have hyphens, as aliases do. */
export const KEY_RING_FORM = /^[A-Za-z0-9_-]{2,100}$/;

export const KEY_RING_RULE = '2 to 100 letters, digits, `-` and `_`';

export const isKeyRingId = (text: string): boolean => KEY_RING_FORM.test(text);
