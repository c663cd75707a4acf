/**
 * Canonical JSON (RFC 8785 for the values that we write: strings, booleans, integers, arrays, objects): object
 * members sorted by UTF-16 code units, no blanks, `undefined` members left out. The same value always gives the
 * same text, so that its digest can be compared.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
