export interface Mail {
  /** RFC 5322 Message-ID with its angle brackets. The same for each attempt, so that a double can be told. */
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** `rejected`: the other side refused for good (SMTP 5yz); trying again would not help. */
export type Delivery =
  | { readonly delivered: true }
  | { readonly delivered: false; readonly rejected: string };

/** @throws TransientError when the mail could not be handed over now; repeating is safe (one Message-ID). */
export interface Mailer {
  send(mail: Mail): Promise<Delivery>;
}
