import { PermanentError, TransientError } from '../../domain/errors.ts';
import { isRepeatable } from '../aws/errors.ts';

/** DynamoDB's own answers that say "not now" although their HTTP status says "your mistake". */
const BUSY: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/**
 * What DynamoDB or the way to it threw, as the error that says whether to repeat. Its text is kept, since nothing
 * else records what was wrong with a request; the thrown object is not, since it holds the whole request.
 */
export function translated(error: unknown, action: string): Error {
  if (error instanceof TransientError || error instanceof PermanentError) return error;
  if (!(error instanceof Error)) return new PermanentError(`DynamoDB could not ${action}`);
  const message = `DynamoDB could not ${action}: ${error.name}: ${error.message}`;
  const repeatable = BUSY.has(error.name) || isRepeatable(error);
  return repeatable ? new TransientError(message) : new PermanentError(message);
}
