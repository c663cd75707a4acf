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
