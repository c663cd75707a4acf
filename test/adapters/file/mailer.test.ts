import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { outboxFolder } from '../../../lib/adapters/file/mailer.ts';
import { readMessage } from '../../../lib/adapters/file/message-text.ts';
import { composeMessage } from '../../../lib/adapters/mailer/message.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import { aMail, describeMailer } from '../../contracts/mailer.ts';

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'countersign-outbox-')), 'outbox');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const emlFiles = async () => (await readdir(folder)).map((name) => join(folder, name));

describe('the outbox folder', () => {
  describeMailer(async () => {
    const outbox = outboxFolder(folder);
    return {
      mailer: outbox,
      received: async () => {
        const mails = await Promise.all((await outbox.list(100)).map(({ file }) => outbox.read(file)));
        return mails.flatMap((mail) =>
          mail ? [{ to: mail.to, subject: mail.subject, text: mail.text, html: mail.html }] : [],
        );
      },
    };
  });

  test('a mail is one .eml file that a mail program opens', async () => {
    await outboxFolder(folder).send(aMail());
    const [path = '', ...rest] = await emlFiles();
    expect(rest).toEqual([]);
    const opened = await simpleParser(await readFile(path));
    expect(opened).toMatchObject({
      messageId: aMail().messageId,
      subject: aMail().subject,
      text: aMail().text,
      html: aMail().html,
    });
    expect(opened.headers.get('auto-submitted')).toBe('auto-generated');
    expect(path).toMatch(/\/[0-9a-f]{64}\.eml$/);
  });

  test('folder and files are their owner’s alone', async () => {
    await outboxFolder(folder).send(aMail());
    const [path = ''] = await emlFiles();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('a mail sent twice, or by many at once, is one file', async () => {
    const outbox = outboxFolder(folder);
    const sent = Array.from({ length: 8 }, () => outbox.send(aMail()));
    expect(await Promise.all(sent)).toEqual(sent.map(() => ({ delivered: true })));
    await outboxFolder(folder).send(aMail());
    expect(await emlFiles()).toHaveLength(1);
  });

  test('lists the newest mails first, as many as were asked for', async () => {
    const outbox = outboxFolder(folder);
    const bySubject = new Map<string, string>();
    for (const subject of ['first', 'second', 'third']) {
      await outbox.send(aMail({ subject, messageId: `<${subject}@example.com>` }));
      const listed = await outbox.list(3);
      const file = listed.find((mail) => mail.subject === subject)?.file ?? '';
      await utimes(join(folder, file), bySubject.size, 1_000 + bySubject.size);
      bySubject.set(subject, file);
    }
    const listed = await outbox.list(2);
    expect(listed.map(({ subject }) => subject)).toEqual(['third', 'second']);
    expect(listed[0]).toEqual({
      file: bySubject.get('third'),
      to: aMail().to,
      subject: 'third',
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test('an outbox that nothing was sent to is empty', async () => {
    expect(await outboxFolder(folder).list(10)).toEqual([]);
    expect(await outboxFolder(folder).read(`${'0'.repeat(64)}.eml`)).toBeUndefined();
  });

  test.for([
    '../master.key',
    '..',
    '',
    '.',
    'master.key',
    '/etc/passwd',
    `${'0'.repeat(64)}.eml/../../master.key`,
  ])('reads nothing that is no mail of the folder: %j', async (name) => {
    await mkdir(folder);
    const asMail = composeMessage(aMail(), { name: '', address: 'a@b' });
    await writeFile(join(folder, '..', 'master.key'), asMail);
    await writeFile(join(folder, 'master.key'), asMail);
    expect(await outboxFolder(folder).read(name)).toBeUndefined();
    expect(await outboxFolder(folder).list(10)).toEqual([]);
  });

  test('a file that is no mail of ours, or half of one, is left out', async () => {
    const outbox = outboxFolder(folder);
    await outbox.send(aMail());
    await writeFile(join(folder, `${'0'.repeat(64)}.eml`), 'From: somebody\r\n\r\nhello');
    await writeFile(join(folder, `${'1'.repeat(64)}.eml`), '');
    const whole = await readFile((await emlFiles()).find((path) => !/(0|1){64}/.test(path)) ?? '', 'utf8');
    await writeFile(join(folder, `${'2'.repeat(64)}.eml`), whole.slice(0, whole.indexOf('text/html')));
    await writeFile(join(folder, `${'3'.repeat(64)}.eml`), whole.replace(/\r\nDate: .*/, '\r\nDate: soon'));
    expect(await outbox.list(10)).toHaveLength(1);
    expect(await outbox.read(`${'0'.repeat(64)}.eml`)).toBeUndefined();
  });

  test('a folder that cannot be written makes the mail wait, and the error tells nothing of it', async () => {
    await writeFile(folder, 'a file in its place');
    const error = await outboxFolder(folder)
      .send(aMail())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransientError);
    expect(String(error)).toMatch(/could not be written to .*: (EEXIST|ENOTDIR)$/);
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toMatch(/anna|https/);
  });
});

describe('reading back a composed message', () => {
  /** Text as people and templates write it: no lone carriage returns, no unpaired surrogates. */
  const lines = fc
    .string({ unit: 'grapheme-composite', maxLength: 300 })
    .map((text) => text.replaceAll('\r', ''));
  const text = fc.array(lines, { maxLength: 5 }).map((parts) => parts.join('\n'));
  const subject = fc.string({ unit: 'grapheme', maxLength: 200 }).map((line) => line.trim());

  test('gives subject, text and HTML as they were', async () => {
    await fc.assert(
      fc.asyncProperty(subject, text, text, async (aSubject, aText, html) => {
        fc.pre(aText !== '' && html !== '');
        const mail = aMail({ subject: aSubject, text: aText, html });
        const message = composeMessage(mail, { name: 'Countersign', address: 'a@example.com' });
        expect(readMessage(message.toString('utf8'))).toMatchObject({ subject: aSubject, text: aText, html });
      }),
    );
  });
});
