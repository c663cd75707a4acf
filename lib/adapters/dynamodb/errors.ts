import { PermanentError, TransientError } from '../../domain/errors.ts';

/** Answers that say "not now" although their HTTP status says "your mistake". */
const BUSY: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TimeoutError',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/**
 * What DynamoDB or the way to it threw, as the error that says whether to repeat: busy, broken over there or
 * not reached is transient; everything else that was answered is a mistake of ours.
 */
export function translated(error: unknown, action: string): Error {
  if (error instanceof TransientError || error instanceof PermanentError) return error;
  if (!(error instanceof Error)) return new PermanentError(`DynamoDB could not ${action}`, { cause: error });
  const message = `DynamoDB could not ${action}: ${error.name}: ${error.message}`;
  const repeatable = BUSY.has(error.name) || isBrokenThere(error) || isUnreached(error);
  return repeatable
    ? new TransientError(message, { cause: error })
    : new PermanentError(message, { cause: error });
}

const isBrokenThere = (error: Error): boolean => '$fault' in error && error.$fault === 'server';

/** Node's network errors carry a code: ECONNREFUSED, ECONNRESET, ENOTFOUND, ETIMEDOUT, EPIPE … */
const isUnreached = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code);
