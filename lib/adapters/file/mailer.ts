import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TransientError } from '../../domain/errors.ts';
import type { Mail, Mailer } from '../../ports/mailer.ts';
import { composeMessage, flawOf } from '../mailer/message.ts';
import { type MessageText, readMessage } from './message-text.ts';
import { codeOf, createPrivateFolder, createSecretFile } from './secret-file.ts';

export type MailSummary = Pick<MessageText, 'to' | 'subject' | 'date'> & {
  /** The file's name in the folder; what `read` takes. */
  readonly file: string;
};

/** The mails of an installation that has no mail server, for the people who run it. */
export interface MailFolder {
  /** The newest `limit` mails, newest first. */
  list(limit: number): Promise<readonly MailSummary[]>;
  /** `undefined`: there is no such mail. Any text may be asked for; only names as `list` gives them are looked for. */
  read(file: string): Promise<(MailSummary & MessageText) | undefined>;
}

const FROM = { name: 'Countersign', address: 'countersign@localhost' };

const FILE_NAME = /^[0-9a-f]{64}\.eml$/;

/** A Message-ID always gives the same name, so that a mail sent twice is one file. */
const fileOf = (mail: Mail): string => `${createHash('sha256').update(mail.messageId).digest('hex')}.eml`;

/**
 * A folder that takes mails in place of a mail server, one `.eml` file a mail, which every mail program opens.
 *
 * Whoever reads a mail holds its secret link, as with any mailbox: the folder is its owner's alone (0700), and
 * each file too (0600).
 */
export function outboxFolder(folder: string): Mailer & MailFolder {
  return {
    async send(mail) {
      const flaw = flawOf(mail);
      if (flaw !== undefined) return { delivered: false, rejected: flaw };
      const message = composeMessage(mail, FROM);
      try {
        await createPrivateFolder(folder);
        await createSecretFile(join(folder, fileOf(mail)), message);
        return { delivered: true };
      } catch (error) {
        throw new TransientError(`the mail could not be written to ${folder}: ${codeOf(error)}`);
      }
    },

    async list(limit) {
      const files = (await newestFirst(folder)).slice(0, limit);
      const mails = await Promise.all(files.map((file) => readMail(folder, file)));
      return mails.flatMap((mail) =>
        mail === undefined ? [] : [{ file: mail.file, to: mail.to, subject: mail.subject, date: mail.date }],
      );
    },

    read: (file) => readMail(folder, file),
  };
}

/** One look at each file's time: some 10,000 mails a tenth of a second. */
async function newestFirst(folder: string): Promise<readonly string[]> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const stamped = await Promise.all(
    names
      .filter((name) => FILE_NAME.test(name))
      .map(async (file) => ({ file, at: await writtenAt(folder, file) })),
  );
  return stamped.sort((a, b) => b.at - a.at || (a.file < b.file ? -1 : 1)).map(({ file }) => file);
}

const writtenAt = async (folder: string, file: string): Promise<number> =>
  (await unlessMissing(stat(join(folder, file))))?.mtimeMs ?? 0;

async function readMail(folder: string, file: string): Promise<(MailSummary & MessageText) | undefined> {
  if (!FILE_NAME.test(file)) return undefined;
  const message = await unlessMissing(readFile(join(folder, file), 'utf8'));
  const mail = message === undefined ? undefined : readMessage(message);
  return mail === undefined ? undefined : { file, ...mail };
}

/** Mails are files of a folder that people may tidy up at any moment. */
async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
