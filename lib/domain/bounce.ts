/**
 * Which attempt to send which mail: it goes out beside the mail, and a mail service says it again when the mail comes
 * back. Ids and a number, of `A-Z a-z 0-9 _ -` alone: no address, no secret.
 */
export interface SendingAttempt {
  readonly instanceId: string;
  readonly mailId: string;
  /** Counted from 1, over everything that was tried with this mail. */
  readonly attempt: number;
  /** What the mail is about; absent of a mail about people. */
  readonly about?: { readonly keyId: string; readonly authorizationId: string };
}

/** A mail that a mail service had taken, and that has not reached its person after all. */
export interface Bounce {
  readonly sending: SendingAttempt;
  /** Why, in a few words. Holds no address and no secret. */
  readonly reason: string;
}

/** How it is with the mail, in the outbox. */
interface Mailed {
  readonly status: 'due' | 'sent' | 'given-up' | 'dropped';
  readonly attempts: number;
  readonly attemptsBefore?: number;
}

/**
 * Whether a mail is undelivered by what came back of this attempt. It is when the attempt is the newest one and is out, or
 * still under way as far as is known: a mail service can be quicker than the note that it has taken the mail. What comes
 * twice, or when the mail was sent again meanwhile or waits for that, changes nothing.
 */
export const isUndeliveredBy = (
  { status, attempts, attemptsBefore = 0 }: Mailed,
  { attempt }: Pick<SendingAttempt, 'attempt'>,
): boolean => (status === 'sent' || status === 'due') && attempts === attempt && attempts > attemptsBefore;
