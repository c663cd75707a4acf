import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** As long as SQS keeps anything, in days: time to find out why. */
const KEPT_DAYS = 14;

/** Where what was sent to a function and could not be handed over, or failed for good, is put. */
export class DeadLetters extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(KEPT_DAYS),
      // Letters name what happened and hold nothing that is not in the tables.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
