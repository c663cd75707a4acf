import { describe, expect, it } from 'vitest';
import { holds, iamIdOf, normalizedEmail, personId, plainEmail, ROLES } from '../../lib/domain/person.ts';
import { person } from './samples.ts';

describe('an address', () => {
  it.each([
    ['Alice@Example.COM'],
    ['  alice@example.com '],
    ['alice+keys@example.com'],
    ['alice+a+b@example.com'],
    ['ALICE+@example.com'],
    // Full-width letters, signs and the at sign are the same letters to whoever reads them (Unicode NFKC).
    ['ａｌｉｃｅ＠example．com'],
    ['alice＋keys@example.com'],
    ['aliⅽe@example.com'],
  ])('%s is alice@example.com', (text) => {
    expect(normalizedEmail(text)).toBe('alice@example.com');
  });

  it('is kept in one form of its letters, with its case and what is behind a plus', () => {
    expect(plainEmail(' Alice+Keys\uff20example.com ')).toBe('Alice+Keys@example.com');
  });

  it('of composed and decomposed letters is one', () => {
    expect(normalizedEmail('zoe\u0308@example.com')).toBe(normalizedEmail('zo\u00eb@example.com'));
  });

  it.each(['alice.b@example.com', 'bob@example.com', 'alice@example.org', 'a1ice@example.com'])(
    '%s is somebody else’s',
    (text) => {
      expect(normalizedEmail(text)).not.toBe('alice@example.com');
    },
  );

  it.each([
    '',
    'alice',
    '@example.com',
    'alice@',
    'a@b@c',
    'alice smith@example.com',
    'Alice <alice@example.com>',
    'alice@example.com, bob@example.com',
    'alice@example.com\r\nBcc: eve@example.com',
    '"alice"@example.com',
    'alice\u0000@example.com',
    'alice\u001b[1m@example.com',
    'alice\u200b@example.com',
    'alice\ufe0f@example.com',
    'ecila\u202e@example.com',
    'ali\ud800ce@example.com',
    'alice(work)@example.com',
    'alice@[127.0.0.1]',
    `${'a'.repeat(65)}@example.com`,
    `${'\u00e9'.repeat(33)}@example.com`,
    `alice@${'a'.repeat(249)}`,
  ])('%j is none', (text) => {
    expect(normalizedEmail(text)).toBeUndefined();
  });
});

it('a person’s id is issuer and subject, and the subject alone is the IAM id', () => {
  expect(personId('https://issuer', 'sub|ject')).toBe('https://issuer|sub|ject');
  expect(iamIdOf(personId('https://issuer', 'sub|ject'))).toBe('sub|ject');
});

it('nobody holds a role who is not active', () => {
  expect(holds(person('a', ['Writer']), ['Manager', 'Writer'])).toBe(true);
  expect(holds(person('a', ['Writer']), ['Manager'])).toBe(false);
  expect(holds(person('a', ['Writer']), [])).toBe(false);
  for (const status of ['frozen', 'removed'] as const) {
    expect(holds(person('a', ROLES, { status }), ROLES)).toBe(false);
  }
});
