import { mixesScripts, skeleton } from './look-alikes.ts';
import { labelInLetters } from './punycode.ts';
import { accept, type Decision, refuse } from './refusal.ts';

/** RFC 5321 (4.5.3.1): octets of a local part, and of a path without its angle brackets. */
const LONGEST_LOCAL_PART = 64;
const LONGEST_ADDRESS = 254;

// Besides blanks and the signs of mail headers: controls, what is not seen or turns the writing round, and halves of
// surrogate pairs. An address that looks like another one's would be a second person.
const ADDRESS = /^([^\s\p{C}\p{DI}@<>(),;:"[\]\\]+)@([\p{L}\p{M}\p{N}._-]+)$/u;
const ASCII = /^\p{ASCII}*$/u;

/**
 * The address as it is kept and mailed to: one form for letters that look the same (Unicode NFKC), no blanks around,
 * and small letters where there are others than ASCII's: `ВОВ` in capitals of Cyrillic would pass for BOB.
 */
export function plainEmail(email: string): string {
  const plain = email.normalize('NFKC').trim();
  return ASCII.test(plain) ? plain : plain.toLowerCase().normalize('NFKC');
}

/**
 * The address by which two entries are seen to be one person's: case, Unicode forms, look-alike letters, the two ways
 * to write an international domain, and plus-addressing do not make a second one. Undefined for what is no address.
 */
export function normalizedEmail(email: string): string | undefined {
  const read = readEmail(email);
  return read.ok ? read.value : undefined;
}

/** The same, or `address-invalid` with what is wrong, where there is more to say than that it is no address. */
export function readEmail(email: string): Decision<string> {
  const plain = plainEmail(email);
  const [, local = '', domain = ''] = ADDRESS.exec(plain) ?? [];
  if (local === '' || octets(local) > LONGEST_LOCAL_PART || octets(plain) > LONGEST_ADDRESS)
    return NO_ADDRESS;
  const labels = labelsOf(domain);
  const mailbox = local.replace(/\+.*$/, '').toLowerCase();
  if (labels === undefined || mailbox === '') return NO_ADDRESS;
  if ([local, ...labels].some(mixesScripts)) return MIXED;
  return accept(oneMailbox(skeleton(mailbox), labels.map(skeleton).join('.')));
}

const NO_ADDRESS = refuse('address-invalid');
const MIXED = refuse(
  'address-invalid',
  'The field `email` must be: an address in letters of one script. This one mixes letters that look alike, such as Latin and Cyrillic ones, as addresses do that are to pass for somebody else’s',
);

const octets = (text: string): number => new TextEncoder().encode(text).length;

/** The domain's labels in the letters that they stand for, whichever of the two ways they are written in (UTS #46). */
function labelsOf(domain: string): readonly string[] | undefined {
  const url = `http://${domain.replace(/\.$/, '')}`;
  if (!URL.canParse(url)) return undefined;
  const labels = new URL(url).hostname.split('.').map(labelInLetters);
  return labels.every((label) => label !== undefined && label !== '')
    ? (labels as readonly string[])
    : undefined;
}

const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/**
 * Dots do not matter in a Gmail address, and its two domains are one (Google, "Dots don't matter in Gmail addresses"):
 * whoever has such a mailbox could be many people. With any other domain a dot can tell two people apart.
 */
const oneMailbox = (local: string, domain: string): string =>
  GMAIL.has(domain) ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${domain}`;
