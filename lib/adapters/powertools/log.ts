import type { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../../ports/log.ts';

/**
 * Structured log lines (JSON) for CloudWatch through Powertools for AWS Lambda, which adds the request and the
 * cold start. It drops a field whose name it writes itself (`level`, `message`, `service`, `timestamp` …).
 */
export const powertoolsLog = (logger: Logger): Log => ({
  info: (message, fields = {}) => logger.info(message, { ...fields }),
  error: (message, fields = {}) => logger.error(message, { ...fields }),
});
