import { type Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { accept, INLINE_POLICY } from './accepted.ts';

export interface CallEachProps {
  readonly description: string;
  readonly every: Duration;
  readonly alias: Alias;
  /** The event that the function is given. */
  readonly input?: object;
  /** How often, and for how long, it is tried to hand a call over to Lambda. */
  readonly retryAttempts: number;
  readonly maxEventAge: Duration;
  /** Where calls go that could not be handed over. */
  readonly deadLetters: Queue;
}

/** Calls a function again and again, by a role that may do nothing else. */
export function callEach(scope: Construct, id: string, props: CallEachProps): void {
  const { description, every, alias, input, retryAttempts, maxEventAge, deadLetters } = props;
  const role = new Role(scope, 'ScheduleRole', {
    // Not for the schedules of other accounts (IAM user guide: confused deputy).
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  accept(role, { 'NIST.800.53.R5-IAMNoInlinePolicy': INLINE_POLICY });
  const schedule = new Schedule(scope, id, {
    description,
    schedule: ScheduleExpression.rate(every),
    target: new LambdaInvoke(alias, {
      role,
      ...(input !== undefined && { input: ScheduleTargetInput.fromObject(input) }),
      retryAttempts,
      maxEventAge,
      deadLetterQueue: deadLetters,
    }),
  });
  // Its first call may come as soon as it is made, and by then the role has to have its policy.
  schedule.node.addDependency(role);
}
