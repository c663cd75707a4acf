import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Defaults } from './defaults.ts';

/** A log group that is encrypted, forgets after the days of the settings, and stays when the stack is deleted. */
export function keptLogGroup(scope: Construct, id: string, props: LogGroupProps = {}): LogGroup {
  const { logKey, props: defaults } = Defaults.of(scope);
  return new LogGroup(scope, id, {
    retention: defaults.retentionDays,
    encryptionKey: logKey,
    ...props,
  });
}
