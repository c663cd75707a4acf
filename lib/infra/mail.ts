import { Annotations, ArnFormat, CfnOutput, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  type IEmailIdentity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import { accept } from './accepted.ts';
import type { BackendFunction } from './backend-function.ts';
import type { MailSettings } from './settings.ts';

/** Top-level and second-level domains that never receive mail (RFC 2606). */
const RESERVED = /[@.](example|invalid|localhost|test|example\.(com|net|org))$/;

/**
 * SES: who we send as, and how. What went wrong with a mail is told to the account's event bus, the only one that SES knows;
 * openings and clicks are not, so that no link is rewritten.
 */
export class Mail extends Construct {
  private readonly from: string;
  readonly identity: IEmailIdentity;
  readonly configurationSet: ConfigurationSet;

  constructor(scope: Construct, id: string, { from, domain, identity }: MailSettings) {
    super(scope, id);
    this.from = from;
    this.configurationSet = new ConfigurationSet(this, 'ConfigurationSet', {
      // Every mail may carry a link that decides: never over a line that others can read.
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    this.configurationSet.addEventDestination('Feedback', {
      destination: EventDestination.eventBus(EventBus.fromEventBusName(this, 'AccountBus', 'default')),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT, EmailSendingEvent.REJECT],
    });
    this.identity =
      identity === undefined
        ? this.ownIdentity(from, domain)
        : EmailIdentity.fromEmailIdentityName(this, 'Sender', identity);
    if (RESERVED.test(from))
      Annotations.of(this).addWarningV2(
        'countersign:mailFrom',
        `no mail can be sent from ${from}: deploy with -c mailFrom=ADDRESS, or with -c mailDomain=DOMAIN as well`,
      );
  }

  grantSend(to: BackendFunction): void {
    to.addEnvironment('MAIL_FROM', this.from);
    to.addEnvironment('CONFIGURATION_SET', this.configurationSet.configurationSetName);
    to.allow({
      // SES checks the second one for a message that is sent as it is, through SendEmail too.
      actions: ['ses:SendEmail', 'ses:SendRawEmail'],
      // Any identity: SES asks about the recipient's too where it has one, as it must in the sandbox.
      resources: [
        this.arn('identity', '*'),
        this.arn('configuration-set', this.configurationSet.configurationSetName),
      ],
      conditions: { StringEquals: { 'ses:FromAddress': this.from } },
    });
    accept(to, {
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]':
        'SES asks about the recipient’s identity as well as the sender’s, where the account has verified it, as the sandbox demands. The condition holds the sender to one address.',
    });
  }

  private arn(resource: string, resourceName: string): string {
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: 'ses', resource, resourceName, arnFormat });
  }

  private ownIdentity(from: string, domain: string | undefined): EmailIdentity {
    const identity = new EmailIdentity(this, 'Sender', {
      identity: domain === undefined ? Identity.email(from) : Identity.domain(domain),
      configurationSet: this.configurationSet,
      // What comes back can quote the mail, and its link with it: it is no mail to the sender's mailbox.
      feedbackForwarding: false,
    });
    if (domain !== undefined) this.printDnsRecords(identity);
    return identity;
  }

  private printDnsRecords({ dkimRecords }: EmailIdentity): void {
    for (const [index, { name, value }] of dkimRecords.entries())
      new CfnOutput(this, `DkimRecord${index + 1}`, {
        description: 'A CNAME record to publish, so that SES may send for the domain',
        value: `${name} CNAME ${value}`,
      });
  }
}
