import type { EpochMillis } from '../domain/time.ts';

/** What one process knows of the installation that it serves, beside what it needs to serve (`readiness.ts`). */
export interface Installation {
  readonly version: string;
  readonly startedAt: EpochMillis;
  /** What it has seen since it was started. */
  look(): Promise<InstallationSeen>;
}

export interface InstallationSeen {
  /** Absent before the first. `milliseconds`: how long it took. */
  readonly lastSweep?: { readonly startedAt: EpochMillis; readonly milliseconds: number };
  /** What a sweep should have looked at by now, all kinds together. */
  readonly overdue: number;
  /** When the mail server last took a mail, and when it last did not. */
  readonly lastMail?: EpochMillis;
  readonly lastMailFailure?: EpochMillis;
  /** When a backup was last made through this process. */
  readonly lastBackup?: EpochMillis;
  /** Where events go, and what has not got there. */
  readonly sinks: readonly {
    readonly lag: number;
    readonly oldestAt?: EpochMillis | undefined;
    readonly gone: boolean;
  }[];
}
