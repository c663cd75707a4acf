import { toDate } from '../../domain/time.ts';

/** What a person sees of a message. */
export interface MessageText {
  readonly to: string;
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly date: string;
  readonly text: string;
  readonly html: string;
}

const ENCODED_WORD = /=\?UTF-8\?Q\?([^?]*)\?=/gi;

/**
 * Reads back a message that this program composed: two parts, as they stand or quoted-printable. It is no parser
 * for mail from anywhere else. `undefined`: it is not such a message.
 */
export function readMessage(message: string): MessageText | undefined {
  const headers = headersOf(message);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1];
  const to = headers.get('to');
  const date = Date.parse(headers.get('date') ?? '');
  if (boundary === undefined || to === undefined || Number.isNaN(date)) return undefined;
  const [, text, html, end] = message.split(`\r\n--${boundary}`);
  if (text === undefined || html === undefined || end?.startsWith('--') !== true) return undefined;
  const subject = decodeWords(headers.get('subject') ?? '');
  return { to, subject, date: toDate(date), text: bodyOf(text), html: bodyOf(html) };
}

/** Folded lines joined (RFC 5322, 2.2.3), names in lower case. */
function headersOf(message: string): ReadonlyMap<string, string> {
  const [head = ''] = message.split('\r\n\r\n', 1);
  const lines = head.replace(/\r\n(?=[ \t])/g, '').split('\r\n');
  return new Map(
    lines.map((line) => [line.split(':', 1).join('').toLowerCase(), line.replace(/^[^:]*:\s*/, '')]),
  );
}

function bodyOf(part: string): string {
  const end = part.indexOf('\r\n\r\n');
  const body = part.slice(end + 4);
  const encoded = /^content-transfer-encoding: quoted-printable\r?$/im.test(part.slice(0, end + 2));
  return (encoded ? decodeQuotedPrintable(body) : body).replaceAll('\r\n', '\n');
}

/** RFC 2047: `_` is a blank, and the blanks between two encoded words are none. */
const decodeWords = (value: string): string =>
  value
    .replace(/\?=\s+=\?UTF-8\?Q\?/gi, '')
    .replace(ENCODED_WORD, (_, word: string) => decodeQuotedPrintable(word.replaceAll('_', ' ')));

/** RFC 2045 (6.7): `=` at a line's end joins it with the next; `=C3=B6` are bytes. */
const decodeQuotedPrintable = (encoded: string): string =>
  encoded
    .replace(/=\r\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'),
    );
