/**
 * Bytes of a resource's CRN. It is part of sort keys, which have 1,024 in DynamoDB; IBM sets no limit, and its own are
 * about 150.
 */
export const LONGEST_CRN = 900;

/** `crn:v1:cname:ctype:service:location:scope:instance`, then `type:resource`; the resource may hold colons itself. */
const SEGMENTS = 10;
/** Up to the service's instance: what a search of a whole instance has to name. */
export const INSTANCE_SEGMENTS = 8;

// What URLs take unescaped, without the wildcard: no `%`, so that decoding once too often changes nothing, and no `#`.
const CHARACTERS = /^[A-Za-z0-9._~!$&'()+,;=@/:-]+$/;
const PATTERN_CHARACTERS = /^[A-Za-z0-9._~!$&'()+,;=@/:*-]+$/;

export const CRN_RULE = `a cloud resource name, \`crn:v1:\` and at least ${SEGMENTS} segments in all, of at most ${LONGEST_CRN} characters`;

const hasForm = (text: string): boolean =>
  text.length <= LONGEST_CRN && text.startsWith('crn:v1:') && segmentsOf(text).length === SEGMENTS;

/** The ten segments; colons after the ninth belong to the last. */
function segmentsOf(crn: string): readonly string[] {
  const parts = crn.split(':');
  return parts.length <= SEGMENTS
    ? parts
    : [...parts.slice(0, SEGMENTS - 1), parts.slice(SEGMENTS - 1).join(':')];
}

/** Whether this is a cloud resource name (IBM Cloud: crn:version:cname:ctype:service:location:scope:instance:type:resource). */
export const isCrn = (text: string): boolean => CHARACTERS.test(text) && hasForm(text);

/** A CRN in which a segment may be `*`, and the last may end with it. */
export interface CrnPattern {
  readonly text: string;
  /** Every CRN that matches begins with this. */
  readonly prefix: string;
}

/** @returns undefined for what is no pattern; `wide` allows a wildcard among the first eight segments. */
export function parseCrnPattern(text: string, { wide }: { readonly wide: boolean }): CrnPattern | undefined {
  if (!PATTERN_CHARACTERS.test(text) || !hasForm(text)) return undefined;
  const segments = segmentsOf(text);
  const last = segments.at(-1) ?? '';
  const inside = segments.slice(0, -1);
  if (inside.some((segment) => segment.includes('*') && segment !== '*')) return undefined;
  if (last.includes('*') && last.indexOf('*') !== last.length - 1) return undefined;
  if (!wide && inside.slice(0, INSTANCE_SEGMENTS).includes('*')) return undefined;
  return { text, prefix: text.split('*', 1).join('') };
}

/** Whether the CRN is one of those that the pattern stands for. A `*` never stands for more than one segment. */
export function matchesCrn(pattern: CrnPattern, crn: string): boolean {
  const wanted = segmentsOf(pattern.text);
  const segments = segmentsOf(crn);
  return wanted.every((want, i) => {
    const segment = segments[i] ?? '';
    if (i === SEGMENTS - 1 && want.endsWith('*')) return segment.startsWith(want.slice(0, -1));
    return want === '*' || want === segment;
  });
}
