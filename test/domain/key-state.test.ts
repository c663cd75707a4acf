import { describe, expect, it } from 'vitest';
import { ACTIVE, DEACTIVATED, DESTROYED, SUSPENDED } from '../../lib/domain/key.ts';
import { nextKeyDue } from '../../lib/domain/key-due.ts';
import { asOf, stateAt, storedStates, unwrittenExpiry } from '../../lib/domain/key-state.ts';
import { ASKED, key } from './samples.ts';

const END = ASKED;

describe('the state of a key at a time', () => {
  it('is deactivated from the millisecond of its expiration date on', () => {
    const expiring = key({ state: ACTIVE, expiresAt: END });
    expect([END - 1, END, END + 1].map((now) => stateAt(expiring, now))).toEqual([
      ACTIVE,
      DEACTIVATED,
      DEACTIVATED,
    ]);
    expect(asOf(expiring, END).state).toBe(DEACTIVATED);
    expect(asOf(expiring, END - 1)).toBe(expiring);
  });

  it('is what was stored for every key that is not active, or has no expiration date', () => {
    for (const state of [SUSPENDED, DEACTIVATED, DESTROYED] as const) {
      expect(stateAt(key({ state, expiresAt: END }), END)).toBe(state);
    }
    expect(stateAt(key({ state: ACTIVE }), END)).toBe(ACTIVE);
  });

  it('is looked for among the active ones as well while an expiry may not be written', () => {
    expect(storedStates([DEACTIVATED])).toEqual([DEACTIVATED, ACTIVE]);
    expect(storedStates([SUSPENDED, DESTROYED, SUSPENDED])).toEqual([SUSPENDED, DESTROYED]);
  });
});

describe('an expiry', () => {
  it('is written once, from its time on, whether the key was read as stored or as it is', () => {
    const expiring = key({ state: ACTIVE, expiresAt: END });
    expect(unwrittenExpiry(expiring, END - 1)).toBeUndefined();
    for (const read of [expiring, asOf(expiring, END)]) {
      const written = unwrittenExpiry(read, END);
      expect(written?.next).toMatchObject({ state: DEACTIVATED, expiredAt: END });
      expect(unwrittenExpiry({ ...read, ...written?.next }, END + 1)).toBeUndefined();
    }
  });

  it('of a suspended or destroyed key waits until it is in use again', () => {
    for (const state of [SUSPENDED, DESTROYED] as const) {
      const kept = key({ state, expiresAt: END, deletedAt: END, purgedAt: END });
      expect(unwrittenExpiry(kept, END)).toBeUndefined();
      expect(nextKeyDue(kept)).toBeUndefined();
    }
  });

  it('puts the key on the sweeper’s list until it is written', () => {
    const expiring = key({ state: ACTIVE, expiresAt: END });
    expect(nextKeyDue(expiring)).toBe(END);
    expect(nextKeyDue({ ...expiring, ...unwrittenExpiry(expiring, END)?.next })).toBeUndefined();
    expect(nextKeyDue(key())).toBeUndefined();
  });
});
