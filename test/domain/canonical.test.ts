import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../lib/domain/canonical.ts';

describe('canonical JSON', () => {
  it('is RFC 8785’s sample, but for the numbers that are no integers', () => {
    // RFC 8785, section 3.2.2 and 3.2.3.
    const sample = {
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [true, false],
      numbers: [1e21, 4.5, 0.002, 1e-27],
    };
    expect(canonicalJson(sample)).toBe(
      '{"literals":[true,false],"numbers":[1e+21,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts members by UTF-16 code units, as RFC 8785 does in section 3.2.3', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\u{1f600}': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(sample)))).toHaveLength(7);
    const order = [...canonicalJson(sample).matchAll(/:"([^"]+)"/g)].map(([, text]) => text);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('leaves out members that are undefined, keeps empty ones, and goes all the way down', () => {
    expect(canonicalJson({ b: undefined, a: { d: [], c: {}, e: '' } })).toBe('{"a":{"c":{},"d":[],"e":""}}');
    expect(canonicalJson([{ b: 2, a: 1 }, [{ d: 4, c: 3 }]])).toBe('[{"a":1,"b":2},[{"c":3,"d":4}]]');
  });

  const value = fc.jsonValue({ noUnicodeString: false });

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(JSON.parse(canonicalJson(one))).toEqual(JSON.parse(JSON.stringify(one)));
      }),
    );
  });

  it('does not depend on the order in which members were written', () => {
    const shuffled = (one: unknown): unknown => {
      if (Array.isArray(one)) return one.map(shuffled);
      if (typeof one !== 'object' || one === null) return one;
      return Object.fromEntries(
        Object.entries(one)
          .reverse()
          .map(([name, member]) => [name, shuffled(member)]),
      );
    };
    const digest = (one: unknown) => createHash('sha256').update(canonicalJson(one)).digest('hex');
    fc.assert(fc.property(value, (one) => digest(shuffled(one)) === digest(one)));
  });
});
