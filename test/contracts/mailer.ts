import { expect, test } from 'vitest';
import type { Mail, Mailer } from '../../lib/ports/mailer.ts';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mailer, and what has arrived on its other side so far. */
export interface MailerUnderTest {
  readonly mailer: Mailer;
  readonly received: () => Promise<readonly ReceivedMail[]>;
}

export const aMail = (changes: Partial<Mail> = {}): Mail => ({
  messageId: '<1.9f3c@countersign.example>',
  to: 'anna.schmidt@example.com',
  subject:
    'Zweite Unterschrift für „Kundenschlüssel“ nötig, bis spätestens Dienstag, dem 1. Dezember 2026 – 12:00',
  text: `Grüße,\n\nhttps://countersign.example/d/${'Ab1-_'.repeat(20)}?a=b=c\n.\nEnde\n`,
  html: `<p>Grüße &amp; <a href="https://countersign.example/d/${'Ab1-_'.repeat(20)}?a=b=c">ansehen</a></p>\n`,
  sending: {
    instanceId: 'b2c5a1d4-0001-4000-8000-000000000001',
    mailId: 'b2c5a1d4-0002-4000-8000-000000000002',
    attempt: 1,
    about: {
      keyId: 'b2c5a1d4-0003-4000-8000-000000000003',
      authorizationId: 'b2c5a1d4-0004-4000-8000-000000000004',
    },
  },
  ...changes,
});

/** What must be refused, whatever the server would say, and must not be told in words. */
const FLAWED: readonly [string, Partial<Mail>][] = [
  ['a subject with a line break', { subject: 'Approve\r\nBcc: eve@example.com' }],
  ['an address with a line break', { to: 'anna@example.com\r\nBcc: eve@example.com' }],
  ['a second address', { to: 'anna@example.com, eve@example.com' }],
  ['a second address in a comment', { to: 'anna@example.com (eve@example.com)' }],
  ['a quoted local part that holds an address', { to: '"eve@example.com x"@example.org' }],
  ['an address with a name', { to: 'Anna <anna@example.com>' }],
  ['no address', { to: 'anna' }],
  ['a Message-ID with a line break', { messageId: '<1@example.com>\r\nBcc: eve@example.com' }],
];

/** What every adapter of the `Mailer` port does. Each test gets a mailer that has sent nothing yet. */
export function describeMailer(start: () => Promise<MailerUnderTest>): void {
  test('a mail arrives with its recipient, subject, text and HTML as they were', async () => {
    const { mailer, received } = await start();
    const { to, subject, text, html } = aMail();
    await expect(mailer.send(aMail())).resolves.toEqual({ delivered: true });
    expect(await received()).toEqual([{ to, subject, text, html }]);
  });

  test('mails with different Message-IDs all arrive', async () => {
    const { mailer, received } = await start();
    const subjects = ['one', 'two', 'three'];
    await Promise.all(
      subjects.map((subject) => mailer.send(aMail({ subject, messageId: `<${subject}@example.com>` }))),
    );
    expect((await received()).map(({ subject }) => subject).sort()).toEqual(['one', 'three', 'two']);
  });

  test.for(FLAWED)('%s is refused for good, in words that repeat none of it', async ([, flaw]) => {
    const { mailer, received } = await start();
    const delivery = await mailer.send(aMail(flaw));
    expect(delivery).toEqual({ delivered: false, rejected: expect.any(String) });
    expect(JSON.stringify(delivery)).not.toMatch(/@|anna|eve|Bcc/i);
    expect(await received()).toEqual([]);
  });
}
