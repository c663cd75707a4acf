import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../lib/domain/canonical.ts';
import type { Key } from '../../lib/domain/key.ts';
import { buildManifest, lossOf, windowEnd } from '../../lib/domain/manifest.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { GRANTED, key, wendy } from './samples.ts';

const request = { crn: 'crn', requester: wendy.id, round: 1, reason: 'moved away' };
const digests = (of: Key, asked = request) => {
  const manifest = buildManifest(of, asked);
  return { manifest: sha256(canonicalJson(manifest)), loss: sha256(lossOf(manifest)) };
};
const before = digests(key());

describe('what would be lost', () => {
  it.each<[string, Partial<Key>]>([
    ['another name', { name: 'renamed' }],
    ['another alias', { aliases: ['first', 'second', 'third'] }],
    ['another ring', { keyRingId: 'elsewhere' }],
  ])('is the same under %s, though what was shown is not', (_, change) => {
    expect(digests(key(change)).loss).toBe(before.loss);
    expect(digests(key(change)).manifest).not.toBe(before.manifest);
  });

  it.each<[string, Partial<Key>]>([
    ['a version more', { versions: [...key().versions, { id: 'v2', createdAt: GRANTED + 1_000 }] }],
    ['another version', { versions: [{ id: 'v2', createdAt: GRANTED }] }],
    ['another key', { id: 'fedcba98-7654-4210-8fed-cba987654321' }],
  ])('is something else with %s', (_, change) => {
    expect(digests(key(change)).loss).not.toBe(before.loss);
    expect(digests(key(change)).manifest).not.toBe(before.manifest);
  });

  it('does not depend on who asks, why, and in which round', () => {
    expect(digests(key(), { ...request, round: 2, reason: 'other' }).loss).toBe(before.loss);
    expect(digests(key(), { ...request, round: 2 }).manifest).not.toBe(before.manifest);
  });

  it('does not depend on the order in which aliases were given, nor on whether the key is in use', () => {
    const aliases = [...key().aliases].reverse();
    expect(digests(key({ aliases, updatedAt: 1, auditSequence: 9, lossVersion: 4 }))).toEqual(before);
  });

  it('is named with the kind of key, its versions’ dates, and no alias in the place of an id', () => {
    expect(buildManifest(key({ extractable: true }), request)).toEqual({
      ...request,
      keyId: key().id,
      name: 'customer-data',
      aliases: ['first', 'second'],
      keyRingId: 'default',
      type: 'standard key',
      versions: [{ id: 'v1', creationDate: '2026-01-01T00:00:00Z' }],
    });
  });
});

it('a window is counted in seconds from the round’s beginning', () => {
  expect(windowEnd(1_000, 604_800)).toBe(604_801_000);
});
