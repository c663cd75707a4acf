import { Fn, Stack } from 'aws-cdk-lib';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { DELIVERED, Defaults } from './defaults.ts';
import { KEPT } from './kept.ts';

/** A log group that is encrypted, forgets after the days of the settings, and stays when the stack is deleted. */
export function keptLogGroup(scope: Construct, id: string, props: LogGroupProps = {}): LogGroup {
  const { logKey, props: defaults } = Defaults.of(scope);
  return new LogGroup(scope, id, {
    retention: defaults.retentionDays,
    encryptionKey: logKey,
    removalPolicy: KEPT,
    ...props,
  });
}

/**
 * One that a service delivers to by itself, by a resource policy of the account's that takes 5,120 characters: when it is
 * full, no other group can be added but those in this folder (Step Functions developer guide: resource policy size). The
 * name ends in the stack's own id, so that a log group that was kept does not stand in the way of a new stack.
 */
export function deliveredLogGroup(scope: Construct, id: string, service: keyof typeof DELIVERED): LogGroup {
  const { stackName, stackId } = Stack.of(scope);
  const unique = Fn.select(2, Fn.split('/', stackId));
  return keptLogGroup(scope, id, { logGroupName: `${DELIVERED[service]}${stackName}-${unique}` });
}
