import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import { CHECKPOINT_PARTITIONS, EMAIL_PARTITIONS, PEOPLE_MAIL_PARTITIONS, type Tables } from './tables.ts';

export interface AdministrationProps {
  readonly tables: Tables;
}

/** Two transactions; run by hand, a few times in an installation's life. */
const MEMORY = 512;
const TIMEOUT = 30;

/**
 * What operators invoke with their own IAM credentials (`lambda:InvokeFunction`) before anybody has an API key. It
 * is granted to nobody here: that decision is the account's.
 */
export class Administration extends Construct {
  readonly functionName: string;

  constructor(scope: Construct, id: string, { tables }: AdministrationProps) {
    super(scope, id);
    const administer = new BackendFunction(this, 'Administer', {
      entry: 'administer',
      description: 'Countersign: makes the first instance and its people',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: {},
    });
    tables.connect(administer);
    tables.grantRead(administer, 'list');
    tables.grantWrite(administer, [
      'instance#*',
      'credential#*',
      EMAIL_PARTITIONS,
      CHECKPOINT_PARTITIONS,
      PEOPLE_MAIL_PARTITIONS,
    ]);
    this.functionName = administer.name;
  }
}
