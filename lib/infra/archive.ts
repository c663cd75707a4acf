import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_TRIED_FOR } from '../domain/archive-pass.ts';
import { accept } from './accepted.ts';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import { denyAllBut, Named } from './denials.ts';
import { KEPT } from './kept.ts';
import { callEach } from './schedule.ts';
import type { Tables } from './tables.ts';

export interface ArchiveProps {
  readonly tables: Tables;
  readonly workflow: DeletionWorkflow;
  /** Days that nobody can change or remove what is archived. */
  readonly exportRetentionDays: number;
  /** The role that the denials leave out. */
  readonly breakGlassRole: string | undefined;
  /** Where the names of executions go that could not be archived. */
  readonly deadLetters: Queue;
}

/** A history of 25,000 events, the most that there are, is held whole, once as it comes and once as text. */
const MEMORY = 1024;
/** All that Lambda gives, for the daily pass: one execution takes two minutes at worst. */
const TIMEOUT = 900;
/** How long EventBridge and Lambda try, together with the queue's 14 days far less than the 90 that Step Functions keeps. */
const MOST_AGE = Duration.millis(EVENT_TRIED_FOR);
/** Days that Step Functions keeps an execution: what went before would be missed by a pass, and archived anew. */
const KEPT_BY_STEP_FUNCTIONS = 90;
const CLOSED = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
/** What makes archived objects unreadable. */
const OF_KEY = ['kms:ScheduleKeyDeletion', 'kms:DisableKey'];

/**
 * Every execution that closes, with its key's events, in a bucket that nobody can take anything from. In compliance
 * mode: governance mode lets whoever has s3:BypassGovernanceRetention, as administrators do, remove what speaks of them.
 *
 * An event tells of each, on a best-effort basis (EventBridge events reference: AWS Step Functions): once a day, what no
 * event has archived is looked for.
 */
export class Archive extends Construct {
  readonly bucket: Bucket;
  readonly key: Key;
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: ArchiveProps) {
    super(scope, id);
    const { tables, workflow, exportRetentionDays, breakGlassRole, deadLetters } = props;
    const archiver = new BackendFunction(this, 'ArchiveExecution', {
      entry: 'archive-execution',
      description: 'Countersign: archives executions that have closed',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: {},
      deadLetters,
    });
    this.key = this.encryptionKey(breakGlassRole);
    this.bucket = this.lockedBucket(exportRetentionDays);
    this.guardObjects(archiver, breakGlassRole);
    tables.connect(archiver);
    tables.grantRead(archiver);
    workflow.grantReading(archiver);
    this.grantKeeping(archiver);
    this.archiveWhatCloses(archiver, workflow, deadLetters);
    this.functionName = archiver.name;
  }

  private encryptionKey(breakGlassRole: string | undefined): Key {
    const key = new Key(this, 'Key', {
      description: 'Countersign: encrypts the archive of executions and events',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const nobody = breakGlassRole === undefined ? undefined : new Named(breakGlassRole);
    const sid = 'WhatIsArchivedStaysReadable';
    key.addToResourcePolicy(new PolicyStatement(denyAllBut(nobody, { sid, actions: OF_KEY })));
    return key;
  }

  private lockedBucket(days: number): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(days)),
      // When nothing is locked or looked for any more; what is locked a lifecycle cannot remove either.
      lifecycleRules: [
        {
          expiration: Duration.days(Math.max(days, KEPT_BY_STEP_FUNCTIONS) + 1),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: KEPT,
    });
    accept(bucket, {
      'AwsSolutions-S1': ACCESS_LOG,
      'NIST.800.53.R5-S3BucketLoggingEnabled': ACCESS_LOG,
      'NIST.800.53.R5-S3BucketReplicationEnabled':
        'What is archived can be taken from nobody, and stands in main, too, which has point-in-time recovery. A copy in another account or Region is the organisation’s to plan: the output ArchiveBucket names the bucket for it.',
    });
    return bucket;
  }

  private guardObjects(archiver: BackendFunction, breakGlassRole: string | undefined): void {
    const named = new Named(breakGlassRole);
    named.add(archiver.role);
    const actions = ['s3:PutObject'];
    const resources = [this.bucket.arnForObjects('*')];
    const deny = (...denial: Parameters<typeof denyAllBut>) =>
      this.bucket.addToResourcePolicy(new PolicyStatement({ ...denyAllBut(...denial), resources }));
    deny(named, { sid: 'OnlyTheProgramArchives', actions });
    // Only where nothing is (S3 user guide: enforce conditional writes): a newer version would hide what is locked.
    const conditions = { Null: { 's3:if-none-match': 'true' } };
    deny(undefined, { sid: 'NothingIsWrittenOver', actions, conditions });
    // The bucket is kept, and so are its guards.
    this.bucket.policy?.applyRemovalPolicy(KEPT);
  }

  private grantKeeping(to: BackendFunction): void {
    to.addEnvironment('ARCHIVE_BUCKET', this.bucket.bucketName);
    // Names alone: it looks whether one is there, and cannot read what is.
    to.allow({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] });
    to.allow({ actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects('*')] });
    to.allow({
      actions: ['kms:GenerateDataKey'],
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
    });
    const bucketId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    accept(to, {
      [`AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/*]`]:
        's3:PutObject alone: the names of objects are made when executions close, and what is there cannot be written over.',
    });
  }

  private archiveWhatCloses(
    { alias }: BackendFunction,
    { stateMachine }: DeletionWorkflow,
    deadLetterQueue: Queue,
  ): void {
    alias.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: MOST_AGE });
    new Rule(this, 'Closed', {
      description: 'Countersign: an execution has closed',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: CLOSED, stateMachineArn: [stateMachine.stateMachineArn] },
      },
      targets: [new LambdaFunction(alias, { deadLetterQueue, maxEventAge: MOST_AGE })],
    });
    callEach(this, 'EachDay', {
      description: 'Countersign: archives executions that have closed and whose event was lost',
      every: Duration.days(1),
      alias,
      input: { command: 'archive-missed' },
      retryAttempts: 2,
      maxEventAge: MOST_AGE,
      deadLetters: deadLetterQueue,
    });
  }
}

const ACCESS_LOG =
  'One function writes to it, and each object once. Who reads it is told by CloudTrail’s data events, which the account switches on; server access logs would come late and incomplete, and need one more bucket that nobody may empty.';
