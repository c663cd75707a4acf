import { LogGroup, type LogGroupProps, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** A log group that forgets after 400 days, and stays when the stack is deleted. */
export const keptLogGroup = (scope: Construct, id: string, props: LogGroupProps = {}): LogGroup =>
  new LogGroup(scope, id, { retention: RetentionDays.THIRTEEN_MONTHS, ...props });
