import { problemFields } from '../domain/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Reference } from './records/authorization.ts';

/** Sends mails apart from the steps that they belong to. */
export interface MailSender {
  /** Sends the authorization's mails soon. What it does not come to is the sweeper's: it is in the outbox. */
  send(reference: Reference): void;
}

interface MailSenderOptions {
  readonly sendNow: (reference: Reference) => Promise<boolean>;
  readonly lanes: number;
  readonly log: Log;
}

/** How many authorizations wait for their turn, some 300 bytes each; the sweeper finds the mails of more. */
const MOST_WAITING = 10_000;

/**
 * A sender in this process. An authorization that waits already is sent once, with all that is due by then.
 *
 * @param options `sendNow` false: the mail server could not be reached. Then what waits is left to the sweeper as well.
 * `lanes`: how many authorizations' mails are under way at once. Each command to a mail server takes a turn of the event
 * loop, which many requests make long: beside them mails go out in proportion to this.
 */
export function mailSender({ sendNow, lanes: most, log }: MailSenderOptions): MailSender & {
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
} {
  const waiting = new Map<string, Reference>();
  const lanes = new Set<Promise<void>>();

  async function lane(): Promise<void> {
    for (;;) {
      const [next] = waiting.values();
      if (next === undefined) return;
      waiting.delete(next.authorizationId);
      const reached = await sendNow(next).catch((error: unknown) => {
        log.error('mails could not be sent; the sweeper will', problemFields(error));
        return true;
      });
      if (!reached) waiting.clear();
    }
  }

  function begin(): void {
    const running = lane().finally(() => lanes.delete(running));
    lanes.add(running);
  }

  return {
    send(reference) {
      if (waiting.size >= MOST_WAITING) return;
      waiting.set(reference.authorizationId, reference);
      if (lanes.size < most) begin();
    },
    async idle() {
      while (lanes.size > 0) await Promise.all(lanes);
    },
  };
}
