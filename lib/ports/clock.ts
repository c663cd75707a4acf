import type { EpochMillis } from '../domain/time.ts';

/** The one place that time comes from. Read once an operation. */
export interface Clock {
  now(): EpochMillis;
  /** Resolves after so many milliseconds of this clock. */
  sleep(milliseconds: number): Promise<void>;
}
