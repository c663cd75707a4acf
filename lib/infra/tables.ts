import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { INDEX_KEYS, type KeyNames, TABLE_INDEXES, TABLE_KEY } from '../adapters/dynamodb/schema.ts';
import type { BackendFunction } from './backend-function.ts';

export interface TablesProps {
  readonly encryptionKey: IKey;
}

/** Days back to which `main` can be restored: all that DynamoDB offers. */
const MAIN_RECOVERY = 35;
/** The same for `material`: shredding is complete when it has passed. One mistake must not lose every key, hence not 0. */
const MATERIAL_RECOVERY = 7;

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
/** Partitions of the material of keys that are in use. */
const MATERIAL_PARTITIONS = ['key#*'];
/** Partitions of what may be deleted: task tokens that nothing waits on, addresses that nobody has. Never an event. */
export const WAIT_PARTITIONS = 'wait#*';
export const EMAIL_PARTITIONS = 'email#*';
/** Partitions of the mails about people, apart from the people themselves. */
export const PEOPLE_MAIL_PARTITIONS = 'mails#*';
/** Partitions of the material of destroyed keys, until their restore window has ended. */
const RETAINED_PARTITIONS = 'retained#*';
export const ALIAS_PARTITIONS = 'alias#*';
export const KEY_RING_PARTITIONS = 'rings#*';
/** Import tokens and, among the material, their private keys. */
export const IMPORT_PARTITIONS = 'import#*';
/** What API keys were exchanged for: gone when it has expired, or when a refresh token was used twice. */
export const SESSION_PARTITIONS = 'session#*';
/** Checkpoints of the audit chains: appended, never taken away. */
export const CHECKPOINT_PARTITIONS = 'checkpoints#*';
/** Resources that use a key: taken away by the services that registered them, and after a forced deletion. */
export const REGISTRATION_PARTITIONS = 'registration#*';

/** The two tables as the store's schema says: `main`, and `material`, which holds key material alone. */
export class Tables extends Construct {
  readonly main: Table;
  readonly material: Table;
  private readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, { encryptionKey }: TablesProps) {
    super(scope, id);
    this.encryptionKey = encryptionKey;
    this.main = this.table('Main', MAIN_RECOVERY);
    for (const indexName of TABLE_INDEXES.main)
      this.main.addGlobalSecondaryIndex({
        indexName,
        ...schemaOf(INDEX_KEYS[indexName]),
        projectionType: ProjectionType.ALL,
      });
    this.material = this.table('Material', MATERIAL_RECOVERY);
  }

  /** Lets a function find the tables, and DynamoDB use the tables' key for it. Every other grant adds rights. */
  connect(to: BackendFunction): void {
    to.addEnvironment('MAIN_TABLE', this.main.tableName);
    to.addEnvironment('MATERIAL_TABLE', this.material.tableName);
    const service = `dynamodb.${Stack.of(this).region}.amazonaws.com`;
    to.allow({
      actions: KEY_ACTIONS,
      resources: [this.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': service } },
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
    const resources = [this.main.tableArn];
    to.allow({ actions: ['dynamodb:ConditionCheckItem'], resources });
    to.allow({
      actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources,
      ...(partitions && within(partitions)),
    });
  }

  grantRemove(to: BackendFunction, partitions: readonly string[]): void {
    to.allow({ actions: ['dynamodb:DeleteItem'], resources: [this.main.tableArn], ...within(partitions) });
  }

  grantMaterial(to: BackendFunction): void {
    to.allow({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.material.tableArn] });
  }

  /** Moving the material of a key to where only restoring and shredding find it, or deleting it. */
  grantDestruction(to: BackendFunction): void {
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
    const resources = [this.material.tableArn];
    to.allow({ actions: ['dynamodb:DeleteItem'], resources, ...within([RETAINED_PARTITIONS]) });
  }

  /** Adding a version to a key's material. The older ones go back as they came: sealed. */
  grantNewVersions(to: BackendFunction): void {
    const actions = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
    to.allow({ actions, resources: [this.material.tableArn], ...within(MATERIAL_PARTITIONS) });
  }

  /** Deleting the private keys of import tokens that have expired, and no other material. */
  grantImportKeyRemoval(to: BackendFunction): void {
    const resources = [this.material.tableArn];
    to.allow({ actions: ['dynamodb:DeleteItem'], resources, ...within([IMPORT_PARTITIONS]) });
  }

  private table(id: string, recoveryPeriodInDays: number): Table {
    return new Table(this, id, {
      ...schemaOf(TABLE_KEY),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays },
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
