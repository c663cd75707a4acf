import { PermanentError, TransientError } from '../../domain/errors.ts';

/** Full disks are emptied, locks released, interrupted reads repeated: these may pass. */
const PASSING = /^SQLITE_(BUSY|CANTOPEN|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)/;

/** What SQLite threw, as the error that says whether to repeat. Errors that are no SQLite's stay as they are. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (!error.code.startsWith('SQLITE_')) return error;
  const message = `SQLite: ${error.code}: ${error.message}`;
  return PASSING.test(error.code)
    ? new TransientError(message, { cause: error })
    : new PermanentError(message, { cause: error });
}
