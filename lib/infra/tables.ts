import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type CfnTable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { INDEX_KEYS, type KeyNames, TABLE_INDEXES, TABLE_KEY } from '../adapters/dynamodb/schema.ts';
import { accept } from './accepted.ts';
import type { BackendFunction } from './backend-function.ts';
import { denyAllBut, Named } from './denials.ts';

export interface TablesProps {
  readonly encryptionKey: IKey;
  /** Days back to which `material` can be restored: shredding is complete when they have passed. */
  readonly materialRecoveryDays: number;
  /** The role that the denials leave out. */
  readonly breakGlassRole: string | undefined;
}

/** Days back to which `main` can be restored: all that DynamoDB offers. */
const MAIN_RECOVERY = 35;

/** What DynamoDB does with the key on behalf of its caller (developer guide: encryption at rest, usage notes). */
const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Partitions of what belongs to one key: itself, its authorizations, events and mails, and the links to it. */
export const KEY_PARTITIONS = ['key#*', 'link#*'];
/** The same without the links: whoever writes one can make a link that decides. */
const WITHOUT_LINKS = 'key#*';
/** Partitions of the material of keys that are in use. */
const MATERIAL_PARTITIONS = ['key#*'];
/** Partitions of what may be deleted: task tokens that nothing waits on, addresses that nobody has. Never an event. */
export const WAIT_PARTITIONS = 'wait#*';
export const EMAIL_PARTITIONS = 'email#*';
/** Partitions of the mails about people, apart from the people themselves. */
export const PEOPLE_MAIL_PARTITIONS = 'mails#*';
/** Partitions of change requests, apart from the people and instances that they are about. */
export const CHANGE_PARTITIONS = 'changes#*';
/** Partitions of drills, which the sweeper ends, and of the links in their mails. */
export const DRILL_PARTITIONS = 'drills#*';
export const DRILL_LINK_PARTITIONS = 'drill-link#*';
/** Partitions of the material of destroyed keys, until their restore window has ended. */
const RETAINED_PARTITIONS = 'retained#*';
export const ALIAS_PARTITIONS = 'alias#*';
export const KEY_RING_PARTITIONS = 'rings#*';
/** Import tokens and, among the material, their private keys. */
export const IMPORT_PARTITIONS = 'import#*';
/** What API keys were exchanged for: gone when it has expired, or when a refresh token was used twice. */
export const SESSION_PARTITIONS = 'session#*';
/** Who an issuer's identity is: gone when it is bound to nobody any more. */
export const IDENTITY_PARTITIONS = 'identity#*';
/** Who is signed in to the console: gone when they sign out, or when it has expired. */
export const CONSOLE_SESSION_PARTITIONS = 'console-session#*';
/** Checkpoints of the audit chains: appended, never taken away. */
export const CHECKPOINT_PARTITIONS = 'checkpoints#*';
/** Resources that use a key: taken away by the services that registered them, and after a forced deletion. */
export const REGISTRATION_PARTITIONS = 'registration#*';

/** The partitions of `main` of which anything is ever taken away. */
const REMOVED_FROM = [
  WAIT_PARTITIONS,
  EMAIL_PARTITIONS,
  IDENTITY_PARTITIONS,
  ALIAS_PARTITIONS,
  KEY_RING_PARTITIONS,
  SESSION_PARTITIONS,
  CONSOLE_SESSION_PARTITIONS,
  REGISTRATION_PARTITIONS,
];
/** Ways past the conditions of a transaction, which the program never takes. */
const PAST_THE_RULES = [
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  // What expires is deleted by DynamoDB itself, which asks nobody's role.
  'dynamodb:UpdateTimeToLive',
];
const WRITING = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
/** What makes copies of key material that outlive its shredding, or reads it in bulk. */
const COPYING = [
  'dynamodb:Scan',
  'dynamodb:Query',
  'dynamodb:BatchGetItem',
  'dynamodb:PartiQLSelect',
  'dynamodb:CreateBackup',
  'dynamodb:ExportTableToPointInTime',
  'dynamodb:RestoreTableToPointInTime',
  'dynamodb:EnableKinesisStreamingDestination',
  'dynamodb:UpdateKinesisStreamingDestination',
];

/**
 * The two tables as the store's schema says: `main`, and `material`, which holds key material alone. Each has a policy of
 * its own that denies, to the account's administrators too, what would go past the program: writing by anybody whose
 * part it is not, and of `material` reading and copying as well.
 */
export class Tables extends Construct {
  readonly main: Table;
  readonly material: Table;
  private readonly encryptionKey: IKey;
  private readonly writers: Named;
  private readonly keepers: Named;
  /** Undefined: not even a break-glass role. */
  private readonly nobody: Named | undefined;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    const { encryptionKey, materialRecoveryDays, breakGlassRole } = props;
    this.encryptionKey = encryptionKey;
    this.writers = new Named(breakGlassRole);
    this.keepers = new Named(breakGlassRole);
    this.nobody = breakGlassRole === undefined ? undefined : new Named(breakGlassRole);
    // What changes is told of from here, so that nothing is written twice.
    this.main = this.table('Main', MAIN_RECOVERY, StreamViewType.NEW_IMAGE);
    for (const indexName of TABLE_INDEXES.main)
      this.main.addGlobalSecondaryIndex({
        indexName,
        ...schemaOf(INDEX_KEYS[indexName]),
        projectionType: ProjectionType.ALL,
      });
    this.material = this.table('Material', materialRecoveryDays);
    this.guardMain();
    this.guardMaterial();
    accept(this.main, {
      'NIST.800.53.R5-DynamoDBInBackupPlan':
        'Point-in-time recovery goes back to every second of 35 days, also after the table was deleted. Copies beyond that, or in another account, are the organisation’s to plan: the output MainTable names the table for it.',
    });
    accept(this.material, {
      'NIST.800.53.R5-DynamoDBInBackupPlan':
        'A backup of key material outlives its shredding: this table must have none. Point-in-time recovery is bounded to the days after which shredding is complete.',
    });
  }

  /** Lets a function find the tables, and DynamoDB use the tables' key for it. Every other grant adds rights. */
  connect(to: BackendFunction): void {
    to.addEnvironment('MAIN_TABLE', this.main.tableName);
    to.addEnvironment('MATERIAL_TABLE', this.material.tableName);
    this.allowKey(to, KEY_ACTIONS);
  }

  private allowKey(to: BackendFunction, actions: readonly string[]): void {
    const service = `dynamodb.${Stack.of(this).region}.amazonaws.com`;
    to.allow({
      actions: [...actions],
      resources: [this.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': service } },
    });
  }

  /** Reading the stream of `main`, which Lambda does by the function's role; the table itself cannot be read by it. */
  grantStream(to: BackendFunction): void {
    const ofTable = `${this.main.tableArn}/stream/*`;
    to.allow({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [this.main.tableStreamArn ?? ofTable],
    });
    // It names a table and not a stream.
    to.allow({ actions: ['dynamodb:ListStreams'], resources: [ofTable] });
    this.allowKey(to, ['kms:Decrypt', 'kms:DescribeKey']);
    const tableId = Stack.of(this).getLogicalId(this.main.node.defaultChild as CfnTable);
    accept(to, {
      [`AwsSolutions-IAM5[Resource::<${tableId}.Arn>/stream/*]`]:
        'dynamodb:ListStreams alone: it is asked of a table, whose streams all have that one resource.',
    });
  }

  grantRead(to: BackendFunction, ...indexes: readonly (keyof typeof INDEX_KEYS)[]): void {
    const table = this.main.tableArn;
    to.allow({ actions: ['dynamodb:GetItem'], resources: [table] });
    to.allow({
      actions: ['dynamodb:Query'],
      resources: [table, ...indexes.map((index) => `${table}/index/${index}`)],
    });
  }

  /** Putting and updating items, by default in every partition. What is written is never taken away by it. */
  grantWrite(to: BackendFunction, partitions?: readonly string[]): void {
    this.writers.add(to.role);
    const resources = [this.main.tableArn];
    to.allow({ actions: ['dynamodb:ConditionCheckItem'], resources });
    to.allow({
      actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources,
      ...(partitions && within(partitions)),
    });
  }

  /** Marking mails, with the event in the chain of the key that a mail is about. Neither a link nor a person is written. */
  grantMarkingMails(to: BackendFunction): void {
    this.writers.add(to.role);
    const resources = [this.main.tableArn];
    to.allow({ actions: ['dynamodb:PutItem'], resources, ...within([WITHOUT_LINKS]) });
    to.allow({
      actions: ['dynamodb:UpdateItem'],
      resources,
      ...within([WITHOUT_LINKS, PEOPLE_MAIL_PARTITIONS]),
    });
  }

  grantRemove(to: BackendFunction, partitions: readonly string[]): void {
    this.writers.add(to.role);
    to.allow({ actions: ['dynamodb:DeleteItem'], resources: [this.main.tableArn], ...within(partitions) });
  }

  grantMaterial(to: BackendFunction): void {
    this.keepers.add(to.role);
    to.allow({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.material.tableArn] });
  }

  /** Moving the material of a key to where only restoring and shredding find it, or deleting it. */
  grantDestruction(to: BackendFunction): void {
    this.keepers.add(to.role);
    const resources = [this.material.tableArn];
    to.allow({
      actions: ['dynamodb:GetItem', 'dynamodb:DeleteItem'],
      resources,
      ...within(MATERIAL_PARTITIONS),
    });
    to.allow({ actions: ['dynamodb:PutItem'], resources, ...within([RETAINED_PARTITIONS]) });
  }

  /** Deleting what is set aside of destroyed keys: it is restored or shredded. No key that is in use. */
  grantRetainedRemoval(to: BackendFunction): void {
    this.keepers.add(to.role);
    const resources = [this.material.tableArn];
    to.allow({ actions: ['dynamodb:DeleteItem'], resources, ...within([RETAINED_PARTITIONS]) });
  }

  /** Adding a version to a key's material. The older ones go back as they came: sealed. */
  grantNewVersions(to: BackendFunction): void {
    this.keepers.add(to.role);
    const actions = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
    to.allow({ actions, resources: [this.material.tableArn], ...within(MATERIAL_PARTITIONS) });
  }

  /** Deleting the private keys of import tokens that have expired, and no other material. */
  grantImportKeyRemoval(to: BackendFunction): void {
    this.keepers.add(to.role);
    const resources = [this.material.tableArn];
    to.allow({ actions: ['dynamodb:DeleteItem'], resources, ...within([IMPORT_PARTITIONS]) });
  }

  /**
   * An event stands in the partition of its key or instance, and IAM sees no sort keys: it cannot tell an event from what
   * it is about. So nothing at all is removed from these partitions, by nobody; that an event is written over is seen by
   * its hash, the signed checkpoints and the copies of the stream.
   */
  private guardMain(): void {
    const deny = (...denial: Parameters<typeof denyAllBut>) =>
      this.main.addToResourcePolicy(new PolicyStatement(denyAllBut(...denial)));
    deny(this.writers, { sid: 'OnlyTheProgramWrites', actions: WRITING });
    deny(this.nobody, {
      sid: 'WhatIsRecordedStays',
      actions: ['dynamodb:DeleteItem'],
      conditions: { 'ForAnyValue:StringNotLike': { 'dynamodb:LeadingKeys': REMOVED_FROM } },
    });
    deny(this.nobody, { sid: 'NothingGoesPastTheRules', actions: PAST_THE_RULES });
  }

  private guardMaterial(): void {
    const deny = (...denial: Parameters<typeof denyAllBut>) =>
      this.material.addToResourcePolicy(new PolicyStatement(denyAllBut(...denial)));
    deny(this.keepers, { sid: 'OnlyTheProgram', actions: ['dynamodb:GetItem', ...WRITING] });
    deny(this.nobody, { sid: 'NoCopies', actions: COPYING });
    deny(this.nobody, { sid: 'NothingGoesPastTheRules', actions: PAST_THE_RULES });
  }

  private table(id: string, recoveryPeriodInDays: number, stream?: StreamViewType): Table {
    return new Table(this, id, {
      ...schemaOf(TABLE_KEY),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays },
      ...(stream !== undefined && { stream }),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

const schemaOf = ({ partitionKey, sortKey }: KeyNames) => ({
  partitionKey: { name: partitionKey, type: AttributeType.STRING },
  sortKey: { name: sortKey, type: AttributeType.STRING },
});

const within = (partitions: readonly string[]) => ({
  conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] } },
});
