import { type EpochMillis, MINUTE, SECOND } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';

/** How many wrong guesses a source may make at once, and how many more a minute. */
const MOST_GUESSES = 60;
/** One guess more each so many milliseconds. */
const REFILL = MINUTE / MOST_GUESSES;
/** How many sources are kept in mind: some 100 bytes each, so that a flood of addresses fills no memory. */
const MOST_SOURCES = 20_000;

/**
 * Counts wrong guesses of secrets by where they come from. What is right is never refused: a mail scanner that hammers
 * a valid link, or somebody behind the same address as a guesser, must not lock a person out. That tells a guesser
 * nothing but what a right guess tells anyway, and with 256 random bits there is none. The limit is against load
 * and noise, and for secrets that were chosen badly elsewhere.
 */
export interface GuessLimiter {
  /** Notes a wrong guess. @returns 0 while the source is within its limit, else the seconds until it may try again. */
  wrong(source: string): number;
}

/** A bucket of guesses for each source: it starts full, each wrong guess takes one, and it fills up with time. */
interface Bucket {
  readonly left: number;
  readonly at: EpochMillis;
}

/** In the memory of one process: a Lambda function has one limiter for each of its containers. */
export function guessLimiter(clock: Pick<Clock, 'now'>): GuessLimiter {
  // In the order of their last guess: a Map keeps the order in which its keys were set.
  const buckets = new Map<string, Bucket>();
  return {
    wrong(address) {
      const source = networkOf(address);
      const at = clock.now();
      const left = refilled(buckets.get(source), at);
      const allowed = left >= 1;
      buckets.delete(source);
      buckets.set(source, { left: allowed ? left - 1 : left, at });
      forgetOldest(buckets);
      return allowed ? 0 : Math.max(1, Math.ceil(((1 - left) * REFILL) / SECOND));
    },
  };
}

/** A clock that went back fills nothing. */
const refilled = (bucket: Bucket | undefined, at: EpochMillis): number =>
  bucket === undefined
    ? MOST_GUESSES
    : Math.min(MOST_GUESSES, bucket.left + Math.max(0, at - bucket.at) / REFILL);

function forgetOldest(buckets: Map<string, Bucket>): void {
  if (buckets.size <= MOST_SOURCES) return;
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}

/** Whoever has one IPv6 address has the other 2^64 of its network (RFC 4291, section 2.5.4); an IPv4 address is one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.toLowerCase().split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::') ? Array.from({ length: 8 - first.length - last.length }, () => '0') : [];
  const groups = [...first, ...zeros, ...last].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
