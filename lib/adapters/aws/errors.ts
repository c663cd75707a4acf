import { PermanentError, TransientError } from '../../domain/errors.ts';

/** Answers that say "not now" although their HTTP status says "your mistake". */
const BUSY: ReadonlySet<string> = new Set([
  'ExecutionLimitExceeded',
  'KmsThrottlingException',
  'LimitExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
]);

/**
 * What an AWS client threw, as the error that says whether to repeat: busy, broken over there or not reached is
 * transient; everything else that was answered is a mistake of ours.
 *
 * The service's own text and the thrown object stay out: SES repeats addresses in them, Step Functions task
 * tokens. The request id finds the text in CloudTrail.
 *
 * @param failed what could not be done, as a sentence: `SES could not send a mail`
 */
export function awsError(error: unknown, failed: string): TransientError | PermanentError {
  const { name, requestId } = describe(error);
  const message = `${failed}: ${name}${requestId === undefined ? '' : ` (request ${requestId})`}`;
  return isRepeatable(error) ? new TransientError(message) : new PermanentError(message);
}

/** True when the service, or the way to it, was busy or broken: the same call may succeed later. */
export function isRepeatable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return BUSY.has(error.name) || isBrokenThere(error) || isUnreached(error);
}

const isBrokenThere = (error: Error): boolean => {
  if ('$fault' in error && error.$fault === 'server') return true;
  const status = metadata(error).httpStatusCode;
  return typeof status === 'number' && (status >= 500 || status === 429);
};

/** Node's network errors carry a code: ECONNREFUSED, ECONNRESET, EAI_AGAIN, ETIMEDOUT …; ERR_… are mistakes. */
const isUnreached = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(error.code);

function describe(error: unknown): { name: string; requestId?: string } {
  if (!(error instanceof Error)) return { name: 'unknown error' };
  const requestId = metadata(error).requestId;
  const code = isUnreached(error) && 'code' in error ? String(error.code) : error.name;
  return typeof requestId === 'string' ? { name: code, requestId } : { name: code };
}

const metadata = (error: Error): { readonly [name: string]: unknown } =>
  '$metadata' in error && typeof error.$metadata === 'object' ? { ...error.$metadata } : {};
