import { storeGauges } from '../adapters/sqlite/gauges.ts';
import type { Installation, InstallationSeen } from '../operations/installation.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataFolder } from './data-folder.ts';
import type { SinkReport } from './events.ts';
import type { Seen } from './seen.ts';
import { version } from './version.ts';

/** How long what was counted is kept, in milliseconds: whoever asks often costs nothing. */
const KEPT = 10_000;

/** What a server on one machine knows of itself, for its operators' page. */
export function localInstallation({
  folder,
  seen,
  sinks,
  clock,
}: {
  readonly folder: Pick<DataFolder, 'database'>;
  readonly seen: Pick<Seen, 'sweeper' | 'mail' | 'lastBackup'>;
  readonly sinks: () => Promise<readonly SinkReport[]>;
  readonly clock: Pick<Clock, 'now'>;
}): Installation {
  const read = storeGauges(folder.database);
  let kept: { readonly at: number; readonly overdue: number } | undefined;
  const overdue = (now: number): number => {
    // A clock that was set back must not keep a number for long.
    if (kept === undefined || Math.abs(now - kept.at) >= KEPT) {
      const kinds = Object.values(read(now).overdue);
      kept = { at: now, overdue: kinds.reduce((sum, count) => sum + count, 0) };
    }
    return kept.overdue;
  };
  return {
    version: version(),
    startedAt: clock.now(),
    async look(): Promise<InstallationSeen> {
      const { startedAt, milliseconds } = seen.sweeper;
      const { lastSuccess, lastFailure } = seen.mail();
      const lastBackup = seen.lastBackup();
      return {
        overdue: overdue(clock.now()),
        sinks: (await sinks()).map(({ lag, oldestAt, state }) => ({ lag, oldestAt, gone: state === 'gone' })),
        ...(startedAt !== undefined &&
          milliseconds !== undefined && { lastSweep: { startedAt, milliseconds } }),
        ...(lastSuccess !== undefined && { lastMail: lastSuccess }),
        ...(lastFailure !== undefined && { lastMailFailure: lastFailure }),
        ...(lastBackup !== undefined && { lastBackup }),
      };
    },
  };
}
