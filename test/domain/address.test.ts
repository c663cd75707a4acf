import { domainToASCII, domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizedEmail, plainEmail, readEmail } from '../../lib/domain/address.ts';
import { labelInLetters } from '../../lib/domain/punycode.ts';

describe('an address that looks like another one', () => {
  it.each([
    ['all in Cyrillic', 'сосо@example.com', 'coco@example.com'],
    ['all in Greek', 'ανα@example.com', 'ava@example.com'],
    ['with a dotless i', 'alıce@example.com', 'alice@example.com'],
    ['with a domain all in Cyrillic', 'alice@аррӏе.com', 'alice@apple.com'],
    ['with such a domain in its ASCII form', 'alice@xn--80ak6aa92e.com', 'alice@apple.com'],
    ['in capitals of Cyrillic', 'САРА@example.com', 'capa@example.com'],
  ])('%s counts as the same', (_, imitation, original) => {
    expect(normalizedEmail(imitation)).toBe(normalizedEmail(original));
  });

  it.each([
    'аlice@example.com',
    'alice.κ@example.com',
    'alice@exаmple.com',
    'alice@xn--exmple-4nf.com',
    'αб@example.com',
  ])('%s mixes scripts, and is refused with the reason', (text) => {
    const read = readEmail(text);
    expect(read).toMatchObject({ ok: false, refusal: { code: 'address-invalid' } });
    expect(read.ok ? '' : read.refusal.detail).toContain('letters of one script');
  });

  it('is kept in small letters where it is not in ASCII, so that no capital passes for another one', () => {
    expect(plainEmail('ВОВ@пример.рф')).toBe('вов@пример.рф');
    expect(plainEmail('Bob@Example.com')).toBe('Bob@Example.com');
  });

  it.each(['борис@пример.рф', '山田taro@例え.jp', 'josé@bücher.de', 'ｔaro@example.jp'])(
    '%s is an address',
    (text) => {
      expect(normalizedEmail(text)).toBeDefined();
    },
  );
});

describe('a domain', () => {
  it.each([
    ['bücher.de', 'xn--bcher-kva.de'],
    ['BÜCHER.de', 'XN--BCHER-KVA.de'],
    ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
    ['straße.de', 'xn--strae-oqa.de'],
    ['example.com', 'example.com.'],
  ])('%s and %s are one', (one, other) => {
    expect(normalizedEmail(`a@${one}`)).toBe(normalizedEmail(`a@${other}`));
    expect(normalizedEmail(`a@${one}`)).toBeDefined();
  });

  it.each(['a..b', 'xn--!', 'xn--a', 'a/b', 'a%2eb', 'a b', '.', 'xn--99999999'])('%s is none', (domain) => {
    expect(normalizedEmail(`a@${domain}`)).toBeUndefined();
  });
});

it('dots do not make a second Gmail address, and do elsewhere', () => {
  expect(normalizedEmail('a.l.ice+x@googlemail.com')).toBe('alice@gmail.com');
  expect(normalizedEmail('a.l.ice@example.com')).toBe('a.l.ice@example.com');
});

const letters = fc.constantFrom(...Array.from('abcxyz0129-äöüßéčşıабвгдежзийΩαβγあア漢字한글עב'));
const label = fc.array(letters, { minLength: 1, maxLength: 12 }).map((all) => all.join(''));

it('a label in Punycode is read as Node reads it', () => {
  fc.assert(
    fc.property(label, (text) => {
      const ascii = domainToASCII(text);
      fc.pre(ascii.startsWith('xn--'));
      expect(labelInLetters(ascii)).toBe(domainToUnicode(ascii));
    }),
    { numRuns: 500 },
  );
});

it('text after xn-- that is no Punycode is refused, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      expect(['string', 'undefined']).toContain(typeof labelInLetters(`xn--${text}`));
    }),
    { numRuns: 500 },
  );
});

it('a normalized address is its own, and does not depend on case, on NFKC or on the way its domain is written', () => {
  const local = fc.array(fc.constantFrom(...Array.from('abcAZ.-_0159éüıсоαо')), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(local, label, (parts, domain) => {
      const address = `${parts.join('')}@${domain}.example`;
      const normalized = normalizedEmail(address);
      fc.pre(normalized !== undefined);
      expect(normalizedEmail(normalized ?? '')).toBe(normalized);
      expect(normalizedEmail(address.normalize('NFD'))).toBe(normalized);
      expect(normalizedEmail(plainEmail(address))).toBe(normalized);
      expect(normalizedEmail(`${parts.join('')}@${domainToASCII(`${domain}.example`)}`)).toBe(normalized);
    }),
    { numRuns: 500 },
  );
});
