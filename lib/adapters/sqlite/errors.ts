import { PermanentError, TransientError } from '../../domain/errors.ts';
import { DatabaseError, type DatabaseProblem } from '../../engine/database.ts';

/** Full disks are emptied, locks released, interrupted reads repeated: these may pass. */
const PASSING = /^SQLITE_(BUSY|CANTOPEN|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)/;
const PASSING_PROBLEMS: ReadonlySet<DatabaseProblem> = new Set(['closed', 'full', 'in-use', 'unwritable']);

/** What SQLite threw, as the error that says whether to repeat. Errors that are no SQLite's stay as they are. */
export function translated(error: unknown): unknown {
  if (error instanceof DatabaseError) {
    return PASSING_PROBLEMS.has(error.problem)
      ? new TransientError(error.message, { cause: error })
      : new PermanentError(error.message, { cause: error });
  }
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (!error.code.startsWith('SQLITE_')) return error;
  const message = `SQLite: ${error.code}: ${error.message}`;
  return PASSING.test(error.code)
    ? new TransientError(message, { cause: error })
    : new PermanentError(message, { cause: error });
}
