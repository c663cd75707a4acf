import { randomUUID } from 'node:crypto';

/** Of the record that SES publishes, what tells how it went: one of `bounce`, `complaint`, `reject`, `delivery`. */
export type Feedback = { readonly [kind: string]: object };
export type Tags = { readonly [name: string]: readonly string[] };

const NAMES: { readonly [kind: string]: readonly [eventType: string, detailType: string] } = {
  bounce: ['Bounce', 'Email Bounced'],
  complaint: ['Complaint', 'Email Complaint Received'],
  reject: ['Reject', 'Email Rejected'],
  delivery: ['Delivery', 'Email Delivered'],
};

/**
 * An event of SES as EventBridge hands it on: the record that SES's developer guide shows, within EventBridge's own fields
 * (EventBridge events reference, "Amazon Simple Email Service events").
 */
export function sesEvent(feedback: Feedback, tags: Tags, to = 'alice@example.com') {
  const [kind = ''] = Object.keys(feedback);
  const [eventType, detailType] = NAMES[kind] ?? ['', ''];
  const subject = '[Countersign] Approve the deletion of customer-data?';
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.ses',
    account: '111122223333',
    time: '2026-12-01T12:00:03Z',
    region: 'eu-central-1',
    resources: ['arn:aws:ses:eu-central-1:111122223333:configuration-set/countersign'],
    detail: {
      eventType,
      ...feedback,
      mail: {
        timestamp: '2026-12-01T12:00:00.012Z',
        source: 'keys@example.com',
        sourceArn: 'arn:aws:ses:eu-central-1:111122223333:identity/keys@example.com',
        sendingAccountId: '111122223333',
        messageId: '010001936d1c0000-61b59c11-9236-11e6-8f96-7be8aexample-000000',
        destination: [to],
        headersTruncated: false,
        headers: [
          { name: 'From', value: 'keys@example.com' },
          { name: 'To', value: to },
          { name: 'Subject', value: subject },
        ],
        commonHeaders: { from: ['keys@example.com'], to: [to], subject },
        tags: {
          'ses:operation': ['SendEmail'],
          'ses:configuration-set': ['countersign'],
          'ses:source-ip': ['192.0.2.1'],
          'ses:from-domain': ['example.com'],
          'ses:caller-identity': ['sweep'],
          ...tags,
        },
      },
    },
  };
}

interface Bounced {
  readonly type: string;
  readonly subType?: string;
  /** Of the delivery status notification; undefined: there was none. */
  readonly failed?: { readonly status?: string; readonly diagnosticCode?: string } | undefined;
}

/** What SES says of a mail that has bounced. */
export const bounced = (
  { type, subType = 'General', failed }: Bounced,
  emailAddress = 'alice@example.com',
): Feedback => ({
  bounce: {
    bounceType: type,
    bounceSubType: subType,
    bouncedRecipients: [{ emailAddress, ...(failed && { action: 'failed', ...failed }) }],
    timestamp: '2026-12-01T12:00:02.669Z',
    feedbackId: '010001936d1c4447-61b59c11-9236-11e6-8f96-7be8aexample-000000',
    ...(failed && { reportingMTA: 'dsn; mta.example.com' }),
  },
});
