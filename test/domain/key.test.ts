import { expect, it } from 'vitest';
import { confirmationOf, confirms, keyCrn, needsTwoPeople } from '../../lib/domain/key.ts';
import { key, policy } from './samples.ts';

const id = '01234567-89ab-4def-8123-456789ABCDEF';

it('a key is confirmed by the last six characters of its id, in any case, with blanks around them', () => {
  expect(confirmationOf(id)).toBe('ABCDEF');
  for (const typed of ['ABCDEF', 'abcdef', ' AbCdEf\n']) expect(confirms(id, typed), typed).toBe(true);
});

it.each(['', 'abcde', '9abcdef', 'abcdeg', 'ab cdef', id, 'ａｂｃｄｅｆ', 'fedcba'])(
  'a key is not confirmed by %j',
  (typed) => {
    expect(confirms(id, typed)).toBe(false);
  },
);

it('a key needs two people while its policy is on', () => {
  expect(needsTwoPeople(key())).toBe(true);
  expect(needsTwoPeople(key({ dualAuthDelete: policy(false) }))).toBe(false);
  const { dualAuthDelete: _, ...never } = key();
  expect(needsTwoPeople(never)).toBe(false);
});

it('a CRN names the instance and the key', () => {
  expect(keyCrn(key(), 'crn:v1:a')).toBe(`crn:v1:a:instance:key:${key().id}`);
});
