import { describe, expect, test } from 'vitest';
import { bounceIn } from '../../../lib/adapters/ses/feedback.ts';
import { tagsOf } from '../../../lib/adapters/ses/tags.ts';
import type { SendingAttempt } from '../../../lib/domain/bounce.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';
import { aMail } from '../../contracts/mailer.ts';
import { bounced, type Feedback, sesEvent } from '../../support/ses-events.ts';

const { sending } = aMail();
const tagged = (attempt: SendingAttempt) =>
  Object.fromEntries(tagsOf(attempt).map(({ Name = '', Value = '' }) => [Name, [Value]]));
const reasonOf = (feedback: Feedback) => bounceIn(sesEvent(feedback, tagged(sending)))?.reason;

describe('the tags of a mail', () => {
  test('name the attempt again that they were made of, and hold what SES takes', () => {
    const aboutPeople = { instanceId: sending.instanceId, mailId: sending.mailId, attempt: 12 };
    for (const attempt of [sending, aboutPeople]) {
      const event = sesEvent(bounced({ type: 'Permanent' }), tagged(attempt));
      expect(bounceIn(event)?.sending).toEqual(attempt);
      for (const { Name, Value } of tagsOf(attempt)) {
        expect(Name).toMatch(/^[\w-]{1,256}$/);
        expect(Value).toMatch(/^[\w-]{1,256}$/);
      }
    }
  });

  test('that are not there name no mail: an earlier version has sent it', () => {
    expect(bounceIn(sesEvent(bounced({ type: 'Permanent' }), {}))).toBeUndefined();
  });
});

describe('a bounce', () => {
  test.for([
    ['Permanent', 'General', /^the mail server of the address refused it for good/],
    ['Permanent', 'NoEmail', /^there is no such mailbox/],
    ['Permanent', 'Suppressed', /^SES sends nothing to this address/],
    ['Permanent', 'OnAccountSuppressionList', /suppression list/],
    ['Undetermined', 'Undetermined', /^it came back/],
    ['Transient', 'MailboxFull', /^the mailbox is full/],
    ['Transient', 'MessageTooLarge', /^it is too large/],
    ['Transient', 'ContentRejected', /does not take what is in it/],
    ['Transient', 'AttachmentRejected', /does not take what is in it/],
    ['Permanent', 'ANewSubtype', /^it came back/],
  ] as const)('that is %s, %s, is told in words and with its codes', ([type, subType, words]) => {
    const failed = { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };
    const reason = reasonOf(bounced({ type, subType, failed }));
    expect(reason).toMatch(words);
    expect(reason).toContain(`(${type} ${subType} 550 5.1.1)`);
    expect(reasonOf(bounced({ type, subType }))).toContain(`(${type} ${subType})`);
  });

  test('that is transient and general counts when the mail server says that delivering failed', () => {
    const failed = { status: '4.4.7', diagnosticCode: 'smtp; 550 4.4.7 Message expired' };
    const reason = reasonOf(bounced({ type: 'Transient', failed }));
    expect(reason).toContain('SES has stopped trying (Transient General 550 4.4.7)');
  });

  test('that is an automatic answer, as of somebody who is out of office, is none: the mail has arrived', () => {
    expect(reasonOf(bounced({ type: 'Transient' }))).toBeUndefined();
  });

  test('is told in codes alone, and few of them: what mail servers write holds addresses and more', () => {
    const secret = 'https://keys.example.com/decide/abcdefghijklmnopqrstuvwxyz';
    const failed = {
      status: `5.1.1 ${secret}`,
      diagnosticCode: `smtp; 550 <alice@example.com> ${secret} ${'x'.repeat(100_000)}`,
    };
    const reason = reasonOf(bounced({ type: `Permanent ${secret}`, subType: 'y'.repeat(1000), failed }));
    expect(reason).toBe('it came back (550)');
  });
});

describe('a complaint', () => {
  const complained = (more: object): Feedback => ({
    complaint: {
      complainedRecipients: [{ emailAddress: 'alice@example.com' }],
      timestamp: '2026-12-01T12:00:02.669Z',
      feedbackId: '010001936d1c4447',
      ...more,
    },
  });

  test('counts, and says that SES sends no more to the address', () => {
    const reason = reasonOf(complained({ complaintSubType: null, complaintFeedbackType: 'abuse' }));
    expect(reason).toMatch(/^it was reported as spam, and SES sends nothing.* \(Complaint abuse\)$/);
    expect(reasonOf(complained({}))).toMatch(/^it was reported as spam.* \(Complaint\)$/);
  });

  test('that stands for a mail which SES did not send says that instead', () => {
    expect(reasonOf(complained({ complaintSubType: 'OnAccountSuppressionList' }))).toMatch(
      /^SES sends nothing to this address until/,
    );
  });

  test('that says that the mail is no spam is none', () => {
    expect(reasonOf(complained({ complaintFeedbackType: 'not-spam' }))).toBeUndefined();
  });
});

test('a rejection counts', () => {
  expect(reasonOf({ reject: { reason: 'Bad content' } })).toMatch(/virus/);
});

test('a delivery says nothing of a mail that did not arrive', () => {
  expect(reasonOf({ delivery: { smtpResponse: '250 2.6.0 Message received' } })).toBeUndefined();
});

test('what is no event of SES is refused, without a word of it', () => {
  for (const event of [undefined, {}, { detail: { mail: { tags: 'alice@example.com' } } }])
    expect(() => bounceIn(event)).toThrow(
      new PermanentError('an event of SES has another form than is known'),
    );
});
