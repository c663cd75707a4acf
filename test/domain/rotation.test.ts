import { describe, expect, it } from 'vitest';
import { ACTIVE, DEACTIVATED, DESTROYED, type Key, SUSPENDED } from '../../lib/domain/key.ts';
import { nextKeyDue } from '../../lib/domain/key-due.ts';
import {
  addMonths,
  changedRotation,
  isDueForRotation,
  MOST_VERSIONS,
  mayRotate,
  rotationDue,
  withVersion,
} from '../../lib/domain/rotation.ts';
import { HOUR } from '../../lib/domain/time.ts';
import { ASKED, GRANTED, key, policy } from './samples.ts';

const NOW = ASKED;
const refusalOf = (changes: Partial<Key>, brings = false, now = NOW) => {
  const allowed = mayRotate(key(changes), { brings }, now);
  return allowed.ok ? undefined : allowed.refusal.code;
};
const versions = (count: number, newest = GRANTED) =>
  Array.from({ length: count }, (_, i) => ({ id: `v${count - i}`, createdAt: i === 0 ? newest : 0 }));

describe('rotating', () => {
  it('is for root keys that are active or deactivated', () => {
    expect(refusalOf({ state: ACTIVE })).toBeUndefined();
    expect(refusalOf({ state: DEACTIVATED })).toBeUndefined();
    expect(refusalOf({ state: ACTIVE, expiresAt: NOW })).toBeUndefined();
    expect(refusalOf({ state: SUSPENDED })).toBe('key-not-active');
    expect(refusalOf({ state: DESTROYED })).toBe('key-not-active');
    expect(refusalOf({ extractable: true })).toBe('key-not-root');
  });

  it('takes material for a key that was imported, and for no other', () => {
    expect(refusalOf({ imported: true }, true)).toBeUndefined();
    expect(refusalOf({ imported: true }, false)).toBe('payload-required');
    expect(refusalOf({ imported: false }, true)).toBe('payload-refused');
  });

  it('is possible at once for a new key, and an hour after the last rotation to the millisecond', () => {
    expect(refusalOf({ versions: versions(1, NOW) })).toBeUndefined();
    const rotated = { versions: versions(2, NOW) };
    expect(refusalOf(rotated, false, NOW + HOUR - 1)).toBe('rotated-recently');
    expect(refusalOf(rotated, false, NOW + HOUR)).toBeUndefined();
  });

  it('ends with as many versions as one item holds', () => {
    expect(refusalOf({ versions: versions(MOST_VERSIONS - 1) })).toBeUndefined();
    expect(refusalOf({ versions: versions(MOST_VERSIONS) })).toBe('too-many-versions');
  });

  it('puts the new version first, and what would be lost is no longer what it was', () => {
    const before = key();
    const after = withVersion(before, { id: 'v2', bitLength: 128 }, NOW);
    expect(after).toEqual({
      versions: [{ id: 'v2', createdAt: NOW }, ...before.versions],
      bitLength: 128,
      lossVersion: before.lossVersion + 1,
      updatedAt: NOW,
      actedAt: NOW,
    });
  });
});

describe('months', () => {
  const at = (text: string): number => Date.parse(text);

  it.each([
    ['2026-01-15T10:20:30.456Z', 1, '2026-02-15T10:20:30.456Z'],
    ['2026-01-31T23:59:59.999Z', 1, '2026-02-28T23:59:59.999Z'],
    ['2028-01-31T00:00:00.000Z', 1, '2028-02-29T00:00:00.000Z'],
    ['2026-03-31T12:00:00.000Z', 3, '2026-06-30T12:00:00.000Z'],
    ['2026-11-30T00:00:00.000Z', 3, '2027-02-28T00:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', 12, '2029-02-28T00:00:00.000Z'],
    ['2026-03-29T01:30:00.000Z', 7, '2026-10-29T01:30:00.000Z'],
  ])('%s and %i later is %s', (from, months, then) => {
    expect(new Date(addMonths(at(from), months)).toISOString()).toBe(then);
  });
});

describe('a rotation policy', () => {
  const everyMonth = { ...policy(true), intervalMonths: 1 };
  const due = addMonths(GRANTED, 1);

  it('is due so many months after the newest version', () => {
    expect(rotationDue(key({ rotation: everyMonth }))).toBe(due);
    expect(nextKeyDue(key({ rotation: everyMonth }))).toBe(due);
    const rotated = key({ rotation: everyMonth, versions: versions(2, due) });
    expect(rotationDue(rotated)).toBe(addMonths(due, 1));
    expect(isDueForRotation(key({ rotation: everyMonth }), due)).toBe(true);
    expect(isDueForRotation(key({ rotation: everyMonth }), due - 1)).toBe(false);
  });

  it.each<[string, Partial<Key>]>([
    ['has it off', { rotation: { ...everyMonth, enabled: false } }],
    ['has none', {}],
    ['is disabled', { rotation: everyMonth, state: SUSPENDED }],
    ['is destroyed', { rotation: everyMonth, state: DESTROYED }],
    ['has expired', { rotation: everyMonth, state: DEACTIVATED }],
    ['was imported', { rotation: everyMonth, imported: true }],
    ['is a standard key', { rotation: everyMonth, extractable: true }],
    ['has as many versions as it can have', { rotation: everyMonth, versions: versions(MOST_VERSIONS) }],
  ])('rotates no key that %s', (_, changes) => {
    expect(rotationDue(key(changes))).toBeUndefined();
    expect(isDueForRotation(key(changes), due)).toBe(false);
  });

  it('rotates no key whose expiry has come and is not written yet', () => {
    expect(isDueForRotation(key({ rotation: everyMonth, expiresAt: due }), due)).toBe(false);
  });

  it('keeps what a change does not name', () => {
    const changed = (...[before, change]: Parameters<typeof changedRotation>) => {
      const decision = changedRotation(before, change);
      return decision.ok ? decision.value : decision.refusal.code;
    };
    const off = { ...everyMonth, enabled: false };
    expect(changed(off, { enabled: true })).toEqual({ enabled: true, intervalMonths: 1 });
    expect(changed(off, { intervalMonths: 6 })).toEqual({ enabled: false, intervalMonths: 6 });
    expect(changed(undefined, { intervalMonths: 6 })).toEqual({ enabled: true, intervalMonths: 6 });
    expect(changed(undefined, { enabled: false })).toEqual({ enabled: false });
    expect(changed(undefined, { enabled: true })).toBe('interval-missing');
    expect(changed({ ...policy(false) }, { enabled: true })).toBe('interval-missing');
  });
});
