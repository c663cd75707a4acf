import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type CfnRule, type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Defaults } from './defaults.ts';
import { GUARDED_CALLS, type Match } from './guarded-calls.ts';
import type { Mail } from './mail.ts';
import type { Tables } from './tables.ts';

export interface TamperingProps {
  readonly keys: readonly Key[];
  readonly tables: Tables;
  readonly stateMachine: StateMachine;
  /** Where executions are archived. */
  readonly bucket: Bucket;
  readonly mail: Mail;
  /** By which events are published. */
  readonly mapping: EventSourceMapping;
  /** Who hears of it. */
  readonly topic: Topic;
}

type Others = Pick<TamperingProps, 'stateMachine' | 'bucket' | 'mail' | 'mapping'>;

/** Calls that name something of ours in one of these parameters. */
interface Calls {
  /** As EventBridge names it: `aws.kms`. */
  readonly of: readonly string[];
  readonly called: readonly Match[];
  readonly parameters: { readonly [name: string]: readonly Match[] };
  /** What else of the event has to be so. */
  readonly where?: object;
}

const CALL = 'AWS API Call via CloudTrail';
/** Not by a deployment, of which the rule `Deployments` tells once. */
const BY_HAND = { sourceIPAddress: [{ 'anything-but': 'cloudformation.amazonaws.com' }] };
/** Not by Lambda, which takes a function's role on whenever it starts it. */
const BY_SOMEBODY = { userIdentity: { type: [{ 'anything-but': 'AWSService' }] } };
/** So much of the stack's name is in every name that CloudFormation makes up; it cuts what is longer. */
const SHARED_NAME = 20;

/**
 * Tells at once of calls that take a guard away or go round it, deployments of this stack among them. CloudTrail tells
 * EventBridge, where the account has a trail. No pattern may be longer than 2,048 characters (EventBridge quotas):
 * hence a rule for each kind of thing, or for each thing.
 */
export class Tampering extends Construct {
  private readonly target: SnsTopic;

  constructor(scope: Construct, id: string, { keys, tables, topic, ...props }: TamperingProps) {
    super(scope, id);
    this.target = new SnsTopic(topic);
    this.tell('Keys', 'a guard of a KMS key was touched', {
      source: ['aws.kms'],
      detailType: [CALL],
      detail: { eventName: GUARDED_CALLS.keys, resources: { ARN: keys.map(({ keyArn }) => keyArn) } },
    });
    for (const table of [tables.main, tables.material]) this.watchTable(table);
    this.watchBackups(tables.material);
    this.watchFunctions();
    this.watchRoles();
    this.watchOthers(props);
    this.watchWatching(topic);
    this.watchDeployments();
  }

  /** A table is named by its name, its ARN, or the ARN of a stream or backup of it: it depends on the call. */
  private watchTable({ node, tableName, tableArn }: Table): void {
    const named = [{ suffix: tableName }];
    const under = [{ prefix: tableArn }];
    this.tellOfCalls(node.id, 'a guard of a table was touched', {
      of: ['aws.dynamodb'],
      called: GUARDED_CALLS.tables,
      parameters: {
        tableName: named,
        sourceTableName: named,
        globalTableName: named,
        resourceArn: under,
        tableArn: under,
        sourceTableArn: under,
        backupArn: under,
      },
    });
  }

  /** AWS Backup copies a table by a right of its own, and the copy outlives shredding. It tells of it by itself. */
  private watchBackups({ tableArn }: Table): void {
    this.tell('Backups', 'key material is copied by AWS Backup', {
      source: ['aws.backup'],
      detailType: ['Backup Job State Change'],
      detail: { resourceArn: [tableArn], state: ['CREATED', 'COMPLETED'] },
    });
  }

  /** A function is named by its name, its ARN or the end of that, and a version or an alias may follow. */
  private watchFunctions(): void {
    for (const { entry, function: watched } of Defaults.of(this).watchedFunctions) {
      const { functionName, functionArn } = watched;
      const partOfArn = `${Stack.of(this).account}:function:${functionName}`;
      this.tell(`Function-${entry}`, 'a function was changed by hand, or somebody else may call it', {
        source: ['aws.lambda'],
        detailType: [CALL],
        detail: {
          requestParameters: {
            functionName: [functionName, functionArn, partOfArn].map((prefix) => ({ prefix })),
          },
          $or: [{ eventName: GUARDED_CALLS.functions, ...BY_HAND }, { eventName: GUARDED_CALLS.callers }],
        },
      });
    }
  }

  /** The denials leave functions out by their roles: whoever has such a role is let through. */
  private watchRoles(): void {
    const roles = Defaults.of(this).watchedFunctions.flatMap(
      ({ function: { role } }) => role?.roleName ?? [],
    );
    const named = roles.map((name) => ({ suffix: `/${name}` }));
    const assumed = this.tellOfCalls('RolesAssumed', 'somebody took on the role of a function', {
      of: ['aws.sts'],
      called: GUARDED_CALLS.assumed,
      parameters: { roleArn: named },
      where: BY_SOMEBODY,
    });
    // CloudTrail counts it as reading, which a rule is not told of otherwise.
    (assumed.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
    this.tellOfCalls('RolesLent', 'another function was given the role of a function', {
      of: ['aws.lambda'],
      called: GUARDED_CALLS.lent,
      parameters: { role: named },
    });
    this.tellOfCalls('Roles', 'the role of a function was changed', {
      of: ['aws.iam'],
      called: GUARDED_CALLS.roles,
      parameters: { roleName: roles },
    });
  }

  private watchOthers({ stateMachine, bucket, mail, mapping }: Others): void {
    const workflow = [{ prefix: stateMachine.stateMachineArn }];
    this.tellOfCalls('StateMachine', 'the workflow was changed', {
      of: ['aws.states'],
      called: GUARDED_CALLS.stateMachine,
      parameters: {
        stateMachineArn: workflow,
        stateMachineAliasArn: workflow,
        stateMachineVersionArn: workflow,
      },
    });
    const stream = [mapping.eventSourceMappingId];
    this.tellOfCalls('Events', 'the publishing of events was changed by hand', {
      of: ['aws.lambda'],
      called: GUARDED_CALLS.stream,
      // CloudTrail writes the first letter of `UUID` small.
      parameters: { uuid: stream, uUID: stream },
      where: BY_HAND,
    });
    this.tellOfCalls('Archive', 'a guard of the archive was touched', {
      of: ['aws.s3'],
      called: GUARDED_CALLS.bucket,
      parameters: { bucketName: [bucket.bucketName] },
    });
    this.tellOfCalls('Mail', 'how mails are sent was changed', {
      of: ['aws.ses'],
      called: GUARDED_CALLS.mail,
      parameters: {
        configurationSetName: [mail.configurationSet.configurationSetName],
        emailIdentity: [mail.identity.emailIdentityName],
        identity: [mail.identity.emailIdentityName],
      },
    });
  }

  /** Twice, so that each tells of whoever switches the other off. */
  private watchWatching(topic: Topic): void {
    const ours = [{ prefix: `${Stack.of(this).stackName}-`.slice(0, SHARED_NAME) }];
    const ofTopic = [{ prefix: topic.topicArn }];
    for (const id of ['Watching', 'WatchingToo'])
      this.tellOfCalls(id, 'a rule, an alarm or the topic was changed by hand', {
        of: ['aws.events', 'aws.monitoring', 'aws.sns'],
        called: GUARDED_CALLS.watching,
        parameters: {
          name: ours,
          rule: ours,
          alarmName: ours,
          alarmNames: ours,
          topicArn: ofTopic,
          subscriptionArn: ofTopic,
        },
        where: BY_HAND,
      });
    this.tell('Trails', 'a trail of the account was changed', {
      source: ['aws.cloudtrail'],
      detailType: [CALL],
      detail: { eventName: GUARDED_CALLS.trails },
    });
  }

  /** CloudFormation tells of it by itself; who it was is in CloudTrail. */
  private watchDeployments(): void {
    this.tell('Deployments', 'this stack is deployed or deleted', {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [Stack.of(this).stackId],
        'status-details': { status: ['UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS'] },
      },
    });
  }

  private tellOfCalls(id: string, what: string, { of, called, parameters, where }: Calls): Rule {
    const named = Object.entries(parameters).map(([name, values]) => ({
      requestParameters: { [name]: values },
    }));
    return this.tell(id, what, {
      source: [...of],
      detailType: [CALL],
      // Of one alternative alone EventBridge makes a field of that name.
      detail: { eventName: called, ...where, ...(named.length > 1 ? { $or: named } : named[0]) },
    });
  }

  private tell(id: string, what: string, eventPattern: EventPattern): Rule {
    return new Rule(this, id, {
      description: `Countersign: ${what}`,
      eventPattern,
      targets: [this.target],
    });
  }
}
