import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, MOST_NAMED, sayChanges } from '../../lib/domain/difference.ts';
import type { Key } from '../../lib/domain/key.ts';
import { buildManifest, lossOf, registeredResources } from '../../lib/domain/manifest.ts';
import type { Registration } from '../../lib/domain/registration.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { crnOf, manyRegistrations, registration } from './registrations.ts';
import { GRANTED, key, wendy } from './samples.ts';

const manifestOf = (registrations: readonly Registration[], change: Partial<Key> = {}) =>
  buildManifest(
    key(change),
    { crn: 'crn', requester: wendy.id, round: 1 },
    registeredResources(registrations, sha256),
  );

const between = (before: readonly Registration[], after: readonly Registration[]) =>
  differences(manifestOf(before), manifestOf(after));

const retained = (name: string) => registration(name, { preventKeyDeletion: true });

describe('what has changed', () => {
  it('is named: versions, resources and their retention', () => {
    const versions = [{ id: 'v2', createdAt: GRANTED }];
    expect(differences(manifestOf([]), manifestOf([], { versions }))).toEqual([
      'version v2 was added on 2026-01-01T00:00:00Z',
      'version v1 is gone',
    ]);
    const before = [registration('a'), registration('b'), retained('c')];
    const after = [retained('b'), registration('c'), registration('d'), retained('e')];
    expect(between(before, after)).toEqual([
      `${crnOf('d')} was registered`,
      `${crnOf('e')} was registered, with a retention policy`,
      `${crnOf('a')} is registered no more`,
      `${crnOf('b')} got a retention policy`,
      `${crnOf('c')} lost a retention policy`,
    ]);
  });

  it('is nothing where only names, words or the order are others', () => {
    const described = registration('a', { description: 'x', keyVersion: { id: 'v9', createdAt: 9 } });
    expect(between([registration('a'), registration('b')], [registration('b'), described])).toEqual([]);
    const renamed = { aliases: [], keyRingId: 'other' };
    expect(differences(manifestOf([]), manifestOf([], renamed))).toEqual([]);
  });

  it('never says that a resource is gone that only left the first hundred', () => {
    const many = manyRegistrations(150);
    const [line, ...more] = between(many, [registration('aaa'), ...many]);
    expect(line).toBe(`${crnOf('aaa')} was registered`);
    expect(more).toEqual([
      '151 resources are registered, 0 with a retention policy; before it was 150, 0 with one',
    ]);
    expect(between(many.slice(0, 101), many.slice(0, 100))).toEqual([
      '100 resources are registered, 0 with a retention policy; before it was 101, 0 with one',
    ]);
  });

  it('is told of those beyond the first hundred, even when there are as many', () => {
    const many = manyRegistrations(120);
    expect(between(many, many.with(110, registration('r0110x')))).toEqual([
      'among the registered resources beyond the first hundred, some were replaced',
    ]);
    expect(between(many, many.with(110, retained('r0110')))).toEqual([
      '120 resources are registered, 1 with a retention policy; before it was 120, 0 with one',
    ]);
  });

  it('is bounded', () => {
    const all = between([], manyRegistrations(60));
    expect(all).toHaveLength(MOST_NAMED + 1);
    expect(all.at(-1)).toBe('and 40 more changes');
    expect(sayChanges(['a', 'b', 'c'])).toBe('a; b; c');
    expect(sayChanges(['a', 'b', 'c', 'd', 'e'])).toBe('a; b; c; and 2 more');
  });
});

it('a difference is named exactly when the digest of the loss is another one', () => {
  const some = fc.uniqueArray(fc.tuple(fc.nat({ max: 130 }), fc.boolean()), {
    selector: ([number]) => number,
    maxLength: 130,
  });
  const of = (chosen: readonly (readonly [number, boolean])[]) =>
    manifestOf(
      chosen.map(([number, preventKeyDeletion]) => registration(`r${number}`, { preventKeyDeletion })),
    );
  fc.assert(
    fc.property(some, some, (before, after) => {
      const same = sha256(lossOf(of(before))) === sha256(lossOf(of(after)));
      expect(differences(of(before), of(after)).length === 0).toBe(same);
    }),
    { numRuns: 60 },
  );
});
