import type { SendingAttempt } from '../domain/bounce.ts';

export interface Mail {
  /** RFC 5322 Message-ID with its angle brackets. The same for each attempt, so that a double can be told. */
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What a mail service is told beside the mail, where it can say later that the mail came back. */
  readonly sending: SendingAttempt;
}

/**
 * `rejected`: the other side refused for good (SMTP 5yz); trying again would not help. `deferred`: it refused this mail
 * for now (SMTP 4yz); others can be handed over meanwhile.
 */
export type Delivery =
  | { readonly delivered: true }
  | { readonly delivered: false; readonly rejected: string }
  | { readonly delivered: false; readonly deferred: string };

/**
 * @throws TransientError when no mail can be handed over now: the other side cannot be reached, does not answer, or is
 * busy. Repeating is safe (one Message-ID).
 */
export interface Mailer {
  send(mail: Mail): Promise<Delivery>;
}
