import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import type { Mail } from './mail.ts';
import type { Tables } from './tables.ts';

export interface BouncesProps {
  readonly tables: Tables;
  readonly mail: Mail;
  /** Where events go that could not be recorded. */
  readonly deadLetters: Queue;
}

/** One transaction, after a few reads. */
const MEMORY = 512;
const TIMEOUT = 30;
/** How long EventBridge and Lambda try: a small part of the window that the mail is about. */
const MOST_AGE = Duration.hours(6);

/** Mails that SES had taken and that came back, or were complained of: marked, so that Managers see them. */
export class Bounces extends Construct {
  constructor(scope: Construct, id: string, { tables, mail, deadLetters }: BouncesProps) {
    super(scope, id);
    const recorder = new BackendFunction(this, 'Record', {
      entry: 'record-bounce',
      description: 'Countersign: records mails that came back',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: {},
      deadLetters,
    });
    tables.connect(recorder);
    tables.grantRead(recorder);
    tables.grantMarkingMails(recorder);
    const { alias } = recorder;
    alias.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: MOST_AGE });
    new Rule(this, 'CameBack', {
      description: 'Countersign: a mail came back, was complained of or not sent after all',
      // Of this account's SES, also where other accounts hand on their events to its bus, and of this stack's mails.
      eventPattern: {
        account: [Stack.of(this).account],
        source: ['aws.ses'],
        detailType: ['Email Bounced', 'Email Complaint Received', 'Email Rejected'],
        detail: { mail: { tags: { 'ses:configuration-set': [mail.configurationSet.configurationSetName] } } },
      },
      targets: [new LambdaFunction(alias, { deadLetterQueue: deadLetters, maxEventAge: MOST_AGE })],
    });
  }
}
