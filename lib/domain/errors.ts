/**
 * The names by which the workflow's Retry and Catch know an error. Thrown and matched by the same constants, so
 * that code and definition cannot drift apart.
 */
export const TRANSIENT_ERROR = 'Countersign.Transient';
export const PERMANENT_ERROR = 'Countersign.Permanent';

/** Something outside did not answer or was busy. Repeating the same call is safe and may help. */
export class TransientError extends Error {
  override readonly name = TRANSIENT_ERROR;
}

/** Something is broken in a way that repeating cannot mend. */
export class PermanentError extends Error {
  override readonly name = PERMANENT_ERROR;
}

/** A page was asked for by what is no cursor of that list. */
export class CursorError extends PermanentError {}

/** Errors whose message was written to be read, and holds no token, address or key. */
const TELLING: ReadonlySet<string> = new Set([TRANSIENT_ERROR, PERMANENT_ERROR, 'DatabaseError']);

/** What a log may tell of an error: its name, and its message where that cannot hold a secret. */
export function problemFields(error: unknown): { readonly error: string; readonly problem?: string } {
  if (!(error instanceof Error)) return { error: 'unknown' };
  const { name, message } = error;
  return TELLING.has(name) ? { error: name, problem: message } : { error: name };
}
