/** Addresses of IPv4 and IPv6 and ranges of them (RFC 4632, RFC 4291). The two never match one another. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Range extends Address {
  /** How many of the first bits count. */
  readonly prefix: number;
}

/** What `isAddressRange` takes, in words. */
export const ADDRESS_RANGE_RULE =
  'an IPv4 or IPv6 address, or a range of them with the number of its fixed bits, such as 192.0.2.0/24 or 2001:db8::/32';

/** An IPv6 address of eight groups of which the last two are written as IPv4, with 128 behind a slash; more is none. */
export const LONGEST_ADDRESS_RANGE = 49;

export const isAddressRange = (text: string): boolean => rangeOf(text) !== undefined;

/** Whether the address is in one of the ranges; what is no address, and one that is not known, is in none. */
export function isWithin(ranges: readonly string[], address: string | undefined): boolean {
  // The zone of a link-local address names an interface of this machine (RFC 4007, section 11).
  const asked = address === undefined ? undefined : addressOf(address.replace(/%.*$/s, ''));
  return asked !== undefined && ranges.some((range) => contains(rangeOf(range), asked));
}

function contains(range: Range | undefined, { bits, value }: Address): boolean {
  if (range === undefined || range.bits !== bits) return false;
  const free = BigInt(bits - range.prefix);
  return range.value >> free === value >> free;
}

function rangeOf(text: string): Range | undefined {
  const [, host = '', digits] = /^([\da-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/i.exec(text) ?? [];
  const address = addressOf(host);
  if (address === undefined) return undefined;
  // An IPv4 address in the form of IPv6 stands behind 96 bits that are always the same.
  const before = host.includes(':') && address.bits === 32 ? MAPPED_BITS : 0;
  const prefix = digits === undefined ? address.bits : Number(digits) - before;
  return prefix >= 0 && prefix <= address.bits ? { ...address, prefix } : undefined;
}

const MAPPED_BITS = 96;
/** `::ffff:0:0/96` (RFC 4291, section 2.5.5.2): how a socket for both kinds shows an IPv4 address. */
const MAPPED = 0xffffn;

function addressOf(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = ipv4Of(text);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = ipv6Of(text);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

const BYTE = '(0|[1-9]\\d{0,2})';
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);

/** Without leading zeros, which some take for octal. */
function ipv4Of(text: string): bigint | undefined {
  const bytes = IPV4.exec(text)?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return undefined;
  return joined(bytes, 8n);
}

const GROUPS = 8;

function ipv6Of(text: string): bigint | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const first = groupsOf(head, tail === undefined);
  const last = groupsOf(tail ?? '', true);
  if (first === undefined || last === undefined) return undefined;
  const left = GROUPS - first.length - last.length;
  // Two colons stand for at least one group of zeros.
  if (tail === undefined ? left !== 0 : left < 1) return undefined;
  return joined([...first, ...Array.from({ length: left }, () => 0), ...last], 16n);
}

/** @param isEnd whether the text ends the address, where two groups can be written as IPv4. */
function groupsOf(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups = parts.flatMap((part, index) => {
    const ipv4 = isEnd && index === parts.length - 1 ? ipv4Of(part) : undefined;
    if (ipv4 !== undefined) return [Number(ipv4 >> 16n), Number(ipv4 & 0xffffn)];
    return [/^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN];
  });
  return groups.some(Number.isNaN) ? undefined : groups;
}

const joined = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);
