import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Administration } from './administration.ts';
import { Api } from './api.ts';
import { DeletionWorkflow } from './deletion-workflow.ts';
import { EncryptionKeys } from './encryption-keys.ts';
import { Endpoint } from './endpoint.ts';
import { Mail } from './mail.ts';
import type { Settings } from './settings.ts';
import { Steps } from './steps.ts';
import { Sweeper } from './sweeper.ts';
import { Tables } from './tables.ts';

export interface CountersignStackProps extends StackProps {
  readonly settings: Settings;
}

/** One installation of Countersign in one account and region. */
export class CountersignStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: CountersignStackProps) {
    super(scope, id, props);

    const keys = new EncryptionKeys(this, 'Keys');
    const tables = new Tables(this, 'Tables', { encryptionKey: keys.tables });
    const mail = new Mail(this, 'Mail', settings.mail);
    const endpoint = new Endpoint(this, 'Endpoint', { publicUrl: settings.publicUrl });
    const environment = { PUBLIC_URL: endpoint.publicUrl, CRN_SCOPE: this.crnScope() };

    const steps = new Steps(this, 'Steps', { tables, keys, mail, environment });
    const workflow = new DeletionWorkflow(this, 'Workflow', { steps });
    new Api(this, 'Api', { endpoint, tables, keys, workflow, environment });
    new Sweeper(this, 'Sweeper', { tables, keys, mail, workflow, environment });
    const administration = new Administration(this, 'Administration', { tables });

    this.output('ApiUrl', endpoint.publicUrl, 'Where people and clients reach Countersign');
    this.output('StateMachineArn', workflow.stateMachine.stateMachineArn, 'The workflow of every deletion');
    this.output('MainTable', tables.main.tableName, 'Keys, authorizations, people, mails and audit events');
    this.output('MaterialTable', tables.material.tableName, 'Sealed key material');
    this.output('AdministrationFunction', administration.functionName, 'Invoked to make the first instance');
    Tags.of(this).add('application', 'countersign');
  }

  /** What every key's CRN begins with. */
  private crnScope(): string {
    return `crn:v1:bluemix:public:kms:${this.region}:a/${this.account}`;
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
