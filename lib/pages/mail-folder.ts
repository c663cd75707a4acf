export interface MailSummary {
  /** What `read` takes. */
  readonly file: string;
  readonly to: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly date: string;
}

export interface StoredMail extends MailSummary {
  readonly text: string;
}

/** The mails of an installation without a mail server. */
export interface MailFolder {
  /** The newest, newest first. */
  list(limit: number): Promise<readonly MailSummary[]>;
  read(file: string): Promise<StoredMail | undefined>;
}
