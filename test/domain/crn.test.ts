import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCrn, LONGEST_CRN, matchesCrn, parseCrnPattern } from '../../lib/domain/crn.ts';

const BUCKET = 'crn:v1:bluemix:public:cloud-object-storage:global:a/3f2:0a1b:bucket:payroll';

describe('a cloud resource name', () => {
  it.each([
    [BUCKET],
    ['crn:v1:bluemix:public:containers-kubernetes:us-south:a/3f2:cluster::'],
    ['crn:v1:bluemix:public:kafka:eu-de:a/3f2:0a1b:topic:orders:2026'],
    [BUCKET.padEnd(LONGEST_CRN, 'x')],
  ])('is %s', (crn) => expect(isCrn(crn)).toBe(true));

  it.each([
    ['nothing', ''],
    ['of another version', BUCKET.replace('v1', 'v2')],
    ['without a resource', 'crn:v1:bluemix:public:cloud-object-storage:global:a/3f2:0a1b:bucket'],
    ['with a wildcard', `${BUCKET}*`],
    ['encoded', encodeURIComponent(BUCKET)],
    ['with a blank', `${BUCKET} x`],
    ['with what would divide two parts of a sort key', `${BUCKET}#x`],
    ['in another script', `${BUCKET}ü`],
    ['too long', BUCKET.padEnd(LONGEST_CRN + 1, 'x')],
  ])('is none when it is %s', (_, crn) => expect(isCrn(crn)).toBe(false));
});

describe('a search for resources', () => {
  const matches = (pattern: string, crn = BUCKET) => {
    const parsed = parseCrnPattern(pattern, { wide: true });
    return parsed === undefined ? 'no pattern' : matchesCrn(parsed, crn);
  };

  it.each([
    [true, BUCKET],
    [true, BUCKET.replace('global', '*')],
    [true, BUCKET.replace('payroll', '*')],
    [true, BUCKET.replace('payroll', 'pay*')],
    [true, 'crn:v1:*:*:*:*:*:*:*:*'],
    [false, BUCKET.replace('payroll', 'pay')],
    [false, BUCKET.replace('payroll', 'roll*')],
    [false, BUCKET.replace('bucket', 'object')],
    ['no pattern', BUCKET.replace('global', 'glo*')],
    ['no pattern', BUCKET.replace('payroll', 'p*l')],
    ['no pattern', BUCKET.replace('payroll', '**')],
    ['no pattern', 'crn:v1:*'],
  ])('%s: %s', (expected, pattern) => expect(matches(pattern)).toBe(expected));

  it('of a whole instance names the first eight segments', () => {
    const narrow = (pattern: string) => parseCrnPattern(pattern, { wide: false }) !== undefined;
    expect(narrow(BUCKET.replace('bucket:payroll', '*:*'))).toBe(true);
    expect(narrow(BUCKET.replace('0a1b', '*'))).toBe(false);
    expect(narrow(BUCKET.replace('global', '*'))).toBe(false);
  });
});

const segment = fc.stringMatching(/^[a-z0-9/.-]{0,6}$/);
const segments = fc.array(segment, { minLength: 8, maxLength: 8 });
const crnOf = (parts: readonly string[]) => ['crn', 'v1', ...parts].join(':');

it('whatever segments are replaced by wildcards, the name is still found, under its own beginning', () => {
  fc.assert(
    fc.property(segments, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (parts, wild) => {
      const crn = crnOf(parts);
      const pattern = parseCrnPattern(crnOf(parts.map((part, i) => (wild[i] ? '*' : part))), { wide: true });
      expect(pattern && matchesCrn(pattern, crn)).toBe(true);
      expect(crn.startsWith(pattern?.prefix ?? 'none')).toBe(true);
    }),
  );
});

it('without a wildcard only the name itself is found, and one that differs in a segment never', () => {
  fc.assert(
    fc.property(segments, fc.nat({ max: 7 }), segment, (parts, at, other) => {
      const crn = crnOf(parts);
      const changed = crnOf(parts.with(at, other));
      const pattern = parseCrnPattern(crn, { wide: false });
      expect(pattern && matchesCrn(pattern, changed)).toBe(changed === crn);
    }),
  );
});

it('an end that is left open finds what begins so, and nothing else', () => {
  fc.assert(
    fc.property(segments, segment, (parts, beginning) => {
      const pattern = parseCrnPattern(crnOf(parts.with(7, `${beginning}*`)), { wide: true });
      const [last = ''] = parts.slice(7);
      expect(pattern && matchesCrn(pattern, crnOf(parts))).toBe(last.startsWith(beginning));
    }),
  );
});
