import { join } from 'node:path';
import { appendLines } from '../adapters/file/append.ts';
import { createPrivateFolder } from '../adapters/file/secret-file.ts';
import { problemFields } from '../domain/errors.ts';
import { DAY } from '../domain/time.ts';
import { awsEvent, withoutTokens } from '../engine/aws-event.ts';
import { type ClosedExecution, openRetention } from '../engine/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { DataFolder } from './data-folder.ts';

/** How long a closed execution stays, in seconds: a year and the weeks that auditors take. */
export const DEFAULT_HISTORY_RETENTION = (400 * DAY) / 1_000;

export interface HistoryRetentionOptions {
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly log: Log;
  /** In seconds. */
  readonly retention: number;
}

/**
 * A sweep that moves executions which closed longer ago than the retention out of the database, into a JSON line each
 * of `exports/executions-<year>-<month>.jsonl`, by the month in which they closed (UTC). A line is there before its
 * execution is gone, and can be there twice after a crash.
 */
export function historyRetention({ folder, clock, log, retention }: HistoryRetentionOptions) {
  const exports = join(folder.path, 'exports');
  const { sweep } = openRetention({
    database: folder.database,
    commit: folder.commit,
    async keep(executions) {
      await createPrivateFolder(exports);
      for (const [month, lines] of linesByMonth(executions)) {
        await appendLines(join(exports, `executions-${month}.jsonl`), lines);
      }
    },
    onError: (error, execution) =>
      log.error('an execution cannot be exported and stays', { execution, ...problemFields(error) }),
  });
  return async (): Promise<void> => {
    const dropped = await sweep(clock.now() - retention * 1_000);
    if (dropped > 0) log.info('closed executions were exported and dropped', { executions: dropped });
  };
}

function linesByMonth(executions: readonly ClosedExecution[]): ReadonlyMap<string, readonly string[]> {
  const months = new Map<string, string[]>();
  for (const execution of executions) {
    const month = toIso(execution.stopDate ?? execution.startDate).slice(0, 'yyyy-mm'.length);
    const lines = months.get(month) ?? [];
    lines.push(lineOf(execution));
    months.set(month, lines);
  }
  return months;
}

function lineOf({ events, startDate, stopDate, ...description }: ClosedExecution): string {
  const dates = { startDate: toIso(startDate), stopDate: toIso(stopDate ?? startDate) };
  return JSON.stringify(withoutTokens({ ...description, ...dates, events: events.map(awsEvent) }));
}

const toIso = (at: number): string => new Date(at).toISOString();
