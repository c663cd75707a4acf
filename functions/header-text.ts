/** The headers of an event of API Gateway: several of one name are one value. */
interface WithHeaders {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The headers that people write into (lib/http/headers.ts). */
const WRITTEN_BY_PEOPLE = /^x-countersign-/i;

const LAST_OF_ASCII = 0x7f;
const LAST_OF_A_BYTE = 0xff;

/**
 * The same event with what people wrote into headers in the form of RFC 8187 where it is not ASCII: Hono's adapter
 * percent-encodes such values, and nothing would tell that it did. Bytes of UTF-8 that API Gateway has read one by one
 * are put together again.
 */
export function withTextHeaders<Event extends WithHeaders>(event: Event): Event {
  const headers = Object.entries(event.headers ?? {}).map(([name, value]) =>
    typeof value === 'string' && WRITTEN_BY_PEOPLE.test(name) && !isWithin(value, LAST_OF_ASCII)
      ? [name, `UTF-8''${encodeURIComponent(joined(value))}`]
      : [name, value],
  );
  return { ...event, headers: Object.fromEntries(headers) };
}

/** Whether every character is at most this one. */
const isWithin = (value: string, last: number): boolean =>
  !value.split('').some((character) => character.charCodeAt(0) > last);

function joined(value: string): string {
  if (!isWithin(value, LAST_OF_A_BYTE)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
