import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface TamperingProps {
  readonly keys: readonly Key[];
  readonly tables: readonly Table[];
  /** Who hears of it. */
  readonly topic: Topic;
}

/** What takes a denial away, or makes a key useless. */
const OF_KEYS = ['PutKeyPolicy', 'DisableKey', 'ScheduleKeyDeletion', 'CreateGrant', 'DisableKeyRotation'];
/** What takes a denial away, or makes or destroys a copy. */
const OF_TABLES = [
  'PutResourcePolicy',
  'DeleteResourcePolicy',
  'DeleteTable',
  'UpdateTable',
  'UpdateContinuousBackups',
  'UpdateTimeToLive',
  'CreateBackup',
  'ExportTableToPointInTime',
  'RestoreTableToPointInTime',
  'EnableKinesisStreamingDestination',
];

/**
 * Tells at once of calls that take a guard away from a key or a table, deployments of this stack among them. CloudTrail
 * tells EventBridge, where the account has a trail.
 */
export class Tampering extends Construct {
  constructor(scope: Construct, id: string, { keys, tables, topic }: TamperingProps) {
    super(scope, id);
    const target = new SnsTopic(topic);
    new Rule(this, 'Keys', {
      description: 'Countersign: a guard of a KMS key was touched',
      eventPattern: {
        source: ['aws.kms'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventName: OF_KEYS, resources: { ARN: keys.map(({ keyArn }) => keyArn) } },
      },
      targets: [target],
    });
    new Rule(this, 'Tables', {
      description: 'Countersign: a guard of a table was touched',
      eventPattern: {
        source: ['aws.dynamodb'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventName: OF_TABLES,
          // Which of them a call names its table by depends on the call.
          $or: ['tableName', 'resourceArn', 'tableArn', 'sourceTableName', 'sourceTableArn'].map((field) => ({
            requestParameters: {
              [field]: tables.flatMap(({ tableName, tableArn }) => [tableName, tableArn]),
            },
          })),
        },
      },
      targets: [target],
    });
  }
}
