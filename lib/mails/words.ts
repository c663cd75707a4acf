import { COUNTERSIGN } from '../domain/audit.ts';
import { iamIdOf, type PersonId } from '../domain/person.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';

export { shortDigest } from '../domain/short-digest.ts';

// Half of a surrogate pair, without the other half: no text that could be sent.
const BROKEN = /\p{Cs}/gu;
// Control characters and line separators; format characters (Cf), among them those that turn the direction of
// what follows round, or are not seen at all. U+200D joins emoji.
const UNSEEN = /[\p{Cc}\u2028\u2029]|(?!\u200d)\p{Cf}/gu;

/** What somebody typed, as one line in which nothing hides: no line breaks, controls or direction marks. */
export const singleLine = (text: string): string =>
  text.replace(BROKEN, '\ufffd').replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim();

/** At most `length` characters; what is cut off is shown by an ellipsis. Never cuts a character in two. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}

/** `Tue, 24 Nov 2026 21:40 UTC`. Cut to the minute, so that a deadline is never shown later than it is. */
export const formatTime = (at: EpochMillis): string => `${new Date(at).toUTCString().slice(0, 22)} UTC`;

/** The same for a date as manifests write it (RFC 3339); anything else as it is. */
export const formatDate = (date: string): string => {
  const at = Date.parse(date);
  return Number.isNaN(at) || toDate(at) !== date ? singleLine(date) : formatTime(at);
};

/** A person by their e-mail address, or by their id where none is known. */
export const nameOf = (id: PersonId, emails: { readonly [personId: PersonId]: string }): string =>
  id === COUNTERSIGN ? 'Countersign' : singleLine(emails[id] ?? iamIdOf(id));

/** At most `most` of the values in one line. */
export function listed(values: readonly string[], most: number): string {
  if (values.length === 0) return 'none';
  const shown = values.slice(0, most).map(singleLine).join(', ');
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}
