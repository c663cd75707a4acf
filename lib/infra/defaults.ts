import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { KEPT } from './kept.ts';
import type { LogLevel } from './settings.ts';

export interface DefaultsProps {
  /** Days that log groups keep their lines; CloudWatch knows some numbers only. */
  readonly retentionDays: number;
  /** The least level of what functions log. */
  readonly logLevel: LogLevel;
  /** How many instances each function keeps to itself, out of the account's; undefined: none is reserved. */
  readonly reservedConcurrency: number | undefined;
}

/** A function as alarms name it. */
export interface WatchedFunction {
  /** Its file in `functions/`. */
  readonly entry: string;
  readonly function: LambdaFunction;
}

const ID = 'Defaults';
/** Folders of the log groups that services deliver to by themselves, by the services. */
export const DELIVERED = { states: '/aws/vendedlogs/states/', apigateway: '/aws/vendedlogs/apigateway/' };
/** What CloudWatch Logs does with a key (CloudWatch Logs user guide: encrypt log data using AWS KMS). */
const LOG_KEY_ACTIONS = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
];

/** What every function and log group of an installation has in common, found by {@link Defaults.of}. */
export class Defaults extends Construct {
  /** Of the stack that something is in. */
  static of(scope: Construct): Defaults {
    return Stack.of(scope).node.findChild(ID) as Defaults;
  }

  /** Encrypts the log groups. */
  readonly logKey: Key;
  readonly props: DefaultsProps;
  private readonly functions: WatchedFunction[] = [];

  constructor(scope: Construct, props: DefaultsProps) {
    super(scope, ID);
    this.props = props;
    this.logKey = new Key(this, 'LogKey', {
      description: 'Countersign: encrypts the log groups',
      enableKeyRotation: true,
      // Without it the lines that stay with their log groups could not be read.
      removalPolicy: KEPT,
    });
    this.logKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroupsOfThisInstallation',
        principals: [new ServicePrincipal(`logs.${Stack.of(this).region}.amazonaws.com`)],
        actions: LOG_KEY_ACTIONS,
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': this.logGroupArns() } },
      }),
    );
  }

  /** Of the metrics that the functions write, so that two installations are told apart. */
  get namespace(): string {
    return `Countersign/${Stack.of(this).stackName}`;
  }

  /** Makes the alarms watch a function. */
  watch(watched: WatchedFunction): void {
    this.functions.push(watched);
  }

  get watchedFunctions(): readonly WatchedFunction[] {
    return this.functions;
  }

  /** Named by CloudFormation, which begins with the stack's name, or as one that a service delivers to. */
  private logGroupArns(): readonly string[] {
    const stack = Stack.of(this);
    return ['', ...Object.values(DELIVERED)].map((folder) =>
      stack.formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${folder}${stack.stackName}-*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
  }
}
