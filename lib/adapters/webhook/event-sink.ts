import { createHash } from 'node:crypto';
import ky, { TimeoutError } from 'ky';
import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventSink, OutgoingEvent } from '../../ports/event-sink.ts';
import { signatureOf } from './signature.ts';

const TIMEOUT = 10_000;
/** Standard Webhooks: the receiver wants no more. */
const GONE = 410;

export interface WebhookOptions {
  readonly url: string;
  readonly secrets: readonly Uint8Array[];
  readonly clock: Pick<Clock, 'now'>;
  /** For an answer, in milliseconds. Default 10 seconds. */
  readonly timeout?: number;
}

/**
 * Posts each event to a URL, as Standard Webhooks 1.0.0 has it: `type`, `timestamp` and `data` in JSON, signed. Taken
 * is what is answered with 2xx. A redirect is not followed: it would hand events to where nobody has sent them.
 *
 * @throws PermanentError for a URL that is not https, unless it is of this machine alone, or that holds credentials.
 */
export function webhookSink({ url, secrets, clock, timeout = TIMEOUT }: WebhookOptions): EventSink {
  const address = usableUrl(url);
  return {
    name: nameOf(address),
    batch: 1,
    async deliver(events) {
      for (const event of events) {
        if ((await post(address, event, { secrets, clock, timeout })) === 'gone') return 'gone';
      }
      return 'taken';
    },
  };
}

async function post(
  url: URL,
  { id, action, at, json }: OutgoingEvent,
  { secrets, clock, timeout }: Required<Omit<WebhookOptions, 'url'>>,
): Promise<'taken' | 'gone'> {
  const body = `{"type":${JSON.stringify(action)},"timestamp":${JSON.stringify(at)},"data":${json}}`;
  const timestamp = Math.floor(clock.now() / 1000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'countersign',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(secrets, { id, timestamp, body }),
  };
  const answer = await ky
    .post(url, { body, headers, timeout, retry: 0, redirect: 'manual', throwHttpErrors: false })
    .catch((error: unknown) => {
      throw new TransientError(reasonOf(error, timeout), { cause: error });
    });
  // Nobody reads it, and a long one must not be waited for.
  await answer.body?.cancel();
  if (answer.status === GONE) return 'gone';
  if (answer.ok) return 'taken';
  throw new TransientError(`the receiver answered ${answer.status || 'with a redirect'}`);
}

function reasonOf(error: unknown, timeout: number): string {
  if (error instanceof TimeoutError) return `the receiver did not answer within ${timeout / 1000} seconds`;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return `the receiver cannot be reached: ${code}`;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function usableUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new PermanentError('the URL of a webhook cannot be read');
  if (url.username !== '' || url.password !== '') {
    throw new PermanentError(`the URL of the webhook at ${url.host} must not hold user or password`);
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) return url;
  throw new PermanentError(`the webhook at ${url.host} must be reached by https, or be of this machine`);
}

/** Path and query may be what lets one post there: they are told by a short digest alone. */
const nameOf = (url: URL): string =>
  `${url.origin}#${createHash('sha256').update(url.href).digest('hex').slice(0, 8)}`;
