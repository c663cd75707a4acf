import { passSpan } from '../domain/archive-pass.ts';
import { problemFields, TransientError } from '../domain/errors.ts';
import { type EpochMillis, MINUTE, toDate } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ListedExecution } from '../ports/closed-executions.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import { type Archiving, archivedName, archiveExecution } from './archive-execution.ts';

export interface Passing extends Archiving {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Pass {
  /** From when on executions closed, in milliseconds since 1970; by default a few days back. */
  readonly since?: EpochMillis | undefined;
  /** How much time is left, in milliseconds. */
  readonly timeLeft: () => number;
}

/** What a pass looked for, and what of it was not in the archive before. */
export interface PassReport {
  readonly lookedFor: number;
  readonly archived: number;
}

/** For a history and a chain of thousands of events, read and kept: no execution is begun with less left. */
const TIME_FOR_ONE = 2 * MINUTE;

/**
 * Archives every execution that closed lately and is not in the archive: its event was lost, or failed for good. What is
 * there stays as it is, so that a pass that is repeated changes nothing.
 *
 * Those that closed first come first: what the next pass would not look for any more, this one does before all else. What
 * a pass has no time for, the next one looks for; docs/scale.md says of how many that holds.
 *
 * @throws TransientError when some could not be archived, and when there was no time for all: from when on to repeat it
 * is in its message.
 */
export async function archiveMissed(passing: Passing, { since, timeLeft }: Pass): Promise<PassReport> {
  const { executions, clock, log, metrics } = passing;
  const closed = await executions.closedIn(passSpan(clock.now(), since));
  const found: Found[] = [];
  for (const execution of closed) {
    if (timeLeft() < TIME_FOR_ONE) break;
    found.push(await lookFor(passing, execution));
  }
  const [archived, failed] = [countOf(found, 'archived'), countOf(found, 'failed')];
  const lookedFor = found.length;
  metrics.record({ ExecutionsLookedFor: lookedFor, ExecutionsArchivedLate: archived });
  log.info('closed executions were looked for in the archive', {
    closed: closed.length,
    lookedFor,
    archived,
    failed,
  });
  const next = closed[lookedFor];
  if (next !== undefined)
    throw new TransientError(`no time was left for executions that closed since ${toDate(next.closedAt)}`);
  if (failed > 0) throw new TransientError(`${failed} closed executions could not be archived`);
  return { lookedFor, archived };
}

type Found = 'there' | 'archived' | 'failed';

const countOf = (found: readonly Found[], what: Found): number => found.filter((one) => one === what).length;

/** One that fails keeps no other from being looked for. */
async function lookFor(passing: Passing, execution: ListedExecution): Promise<Found> {
  const { executions, archive, log } = passing;
  const { executionArn, name } = execution;
  try {
    const input = await executions.inputOf(executionArn);
    if (await archive.has(archivedName({ ...execution, input }))) return 'there';
    await archiveExecution(passing, executionArn);
    log.info('a closed execution that its event had not archived is archived', { name });
    return 'archived';
  } catch (error) {
    log.error('a closed execution could not be archived and will be looked for again', {
      name,
      ...problemFields(error),
    });
    return 'failed';
  }
}
