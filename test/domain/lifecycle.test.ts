import { describe, expect, it } from 'vitest';
import { ACTIVE, DEACTIVATED, DESTROYED, SUSPENDED } from '../../lib/domain/key.ts';
import { disable, enable, sync } from '../../lib/domain/lifecycle.ts';
import { HOUR, SECOND } from '../../lib/domain/time.ts';
import { ASKED, key } from './samples.ts';

const NOW = ASKED;
const STATES = [ACTIVE, SUSPENDED, DEACTIVATED, DESTROYED] as const;
const ofStates = (rule: typeof disable) =>
  STATES.map((state) => {
    const decision = rule(key({ state }), NOW);
    return decision.ok ? decision.value.state : decision.refusal.code;
  });
const codeOf = (decision: ReturnType<typeof enable>) => (decision.ok ? 'ok' : decision.refusal.code);

describe('disabling and enabling', () => {
  it('go between active and suspended, and are refused in every other state', () => {
    const refused = 'key-not-active';
    expect(ofStates(disable)).toEqual([SUSPENDED, refused, refused, refused]);
    expect(ofStates(enable)).toEqual([refused, ACTIVE, refused, refused]);
  });

  it('count a key as deactivated whose expiration date has come', () => {
    expect(codeOf(disable(key({ expiresAt: NOW }), NOW))).toBe('key-not-active');
    expect(codeOf(enable(key({ expiresAt: NOW }), NOW))).toBe('key-not-active');
  });

  it('are for root keys', () => {
    for (const rule of [disable, enable, sync]) {
      expect(codeOf(rule(key({ extractable: true }), NOW))).toBe('key-not-root');
    }
  });

  it('lie 30 seconds apart, to the millisecond', () => {
    const disabled = key({ state: SUSPENDED, actedAt: NOW });
    expect(codeOf(enable(disabled, NOW + 30 * SECOND - 1))).toBe('too-early');
    expect(enable(disabled, NOW + 30 * SECOND)).toEqual({
      ok: true,
      value: { state: ACTIVE, updatedAt: NOW + 30 * SECOND, actedAt: NOW + 30 * SECOND },
    });
  });
});

describe('synchronizing', () => {
  it('is possible in every state, an hour after the last action to the millisecond', () => {
    for (const state of STATES) {
      const acted = key({ state, actedAt: NOW });
      expect(codeOf(sync(acted, NOW + HOUR - 1))).toBe('too-early');
      expect(sync(acted, NOW + HOUR)).toEqual({ ok: true, value: { actedAt: NOW + HOUR } });
      expect(codeOf(sync(key({ state }), NOW))).toBe('ok');
    }
  });
});
