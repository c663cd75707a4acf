import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Administration } from './administration.ts';
import { Alarms } from './alarms.ts';
import { Api } from './api.ts';
import { Archive } from './archive.ts';
import { Bounces } from './bounces.ts';
import { Dashboard } from './dashboard.ts';
import { DeadLetters } from './dead-letters.ts';
import { Defaults } from './defaults.ts';
import { DeletionWorkflow } from './deletion-workflow.ts';
import { EncryptionKeys } from './encryption-keys.ts';
import { Endpoint } from './endpoint.ts';
import { Events } from './events.ts';
import { Identity } from './identity.ts';
import { Mail } from './mail.ts';
import { OWN_TAG, type Settings } from './settings.ts';
import { Steps } from './steps.ts';
import { Sweeper } from './sweeper.ts';
import { Tables } from './tables.ts';
import { Tampering } from './tampering.ts';

export interface CountersignStackProps extends StackProps {
  readonly settings: Settings;
}

/** One installation of Countersign in one account and region. */
export class CountersignStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: CountersignStackProps) {
    super(scope, id, props);

    new Defaults(this, settings);
    const deadLetters = new DeadLetters(this, 'DeadLetters').queue;
    const keys = new EncryptionKeys(this, 'Keys', settings);
    const tables = new Tables(this, 'Tables', { encryptionKey: keys.tables, ...settings });
    const mail = new Mail(this, 'Mail', settings.mail);
    const endpoint = new Endpoint(this, 'Endpoint', settings);
    const identity = new Identity(this, 'Identity', { oidc: settings.oidc, publicUrl: endpoint.publicUrl });
    const crnScope = this.crnScope();
    const environment = { PUBLIC_URL: endpoint.publicUrl, CRN_SCOPE: crnScope };

    const steps = new Steps(this, 'Steps', { tables, keys, mail, environment });
    const workflow = new DeletionWorkflow(this, 'Workflow', { steps });
    const api = new Api(this, 'Api', { endpoint, tables, keys, workflow, identity, environment });
    const sweeper = new Sweeper(this, 'Sweeper', {
      tables,
      keys,
      mail,
      workflow,
      environment,
      drillEveryDays: settings.drillEveryDays,
      deadLetters,
    });
    const administration = new Administration(this, 'Administration', { tables });
    const archive = new Archive(this, 'Archive', { tables, workflow, deadLetters, ...settings });
    new Bounces(this, 'Bounces', { tables, mail, deadLetters });
    const events = new Events(this, 'Events', { tables, crnScope, deadLetters, ...settings });

    const { stateMachine } = workflow;
    const watched = [tables.main, tables.material];
    const { alarmMail } = settings;
    const alarms = new Alarms(this, 'Alarms', {
      stateMachine,
      tables: watched,
      endpoint,
      mail,
      deadLetters,
      alarmMail,
    });
    const guarded = [...keys.all(), archive.key];
    new Tampering(this, 'Tampering', {
      keys: guarded,
      tables,
      stateMachine,
      bucket: archive.bucket,
      mail,
      mapping: events.mapping,
      topic: alarms.topic,
    });
    const logs = { sweeperLog: sweeper.log, apiLog: api.log };
    new Dashboard(this, 'Dashboard', { alarms, stateMachine, endpoint, ...logs });

    this.output('ApiUrl', endpoint.publicUrl, 'Where people and clients reach Countersign');
    this.output('StateMachineArn', workflow.stateMachine.stateMachineArn, 'The workflow of every deletion');
    this.output('MainTable', tables.main.tableName, 'Keys, authorizations, people, mails and audit events');
    this.output('MaterialTable', tables.material.tableName, 'Sealed key material');
    this.output('AdministrationFunction', administration.functionName, 'Invoked to make the first instance');
    this.output('OidcIssuer', identity.issuer, 'Who says who somebody is');
    this.output('OidcClientId', identity.clientId, 'The console, at that issuer');
    this.output('AlarmTopic', alarms.topic.topicArn, 'Where alarms are told: subscribe to it');
    this.output(
      'DeletingRole',
      steps.deletingRole,
      'Alone deletes adopted keys of AWS KMS: countersign kms policy --role',
    );
    this.output('EventBus', events.bus.eventBusArn, 'Every event of the audit trail: make rules on it');
    this.output(
      'ArchiveBucket',
      archive.bucket.bucketName,
      'Executions that have closed, each with its events',
    );
    this.output('ArchiveFunction', archive.functionName, 'Archives executions that no event has archived');
    this.output('DeadLetterQueue', deadLetters.queueUrl, 'What could not be dealt with');
    for (const [name, value] of Object.entries({ ...settings.tags, [OWN_TAG]: 'countersign' }))
      Tags.of(this).add(name, value);
  }

  /** What every key's CRN begins with. */
  private crnScope(): string {
    return `crn:v1:bluemix:public:kms:${this.region}:a/${this.account}`;
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
