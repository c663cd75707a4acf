import { describe, expect, it } from 'vitest';
import { LONGEST_RESTORE_WINDOW } from '../../lib/domain/destruction.ts';
import { type Instance, LONGEST_WINDOW } from '../../lib/domain/instance.ts';
import {
  changedSettings,
  type SettingsChange,
  settingsOf,
  whyNotWindows,
} from '../../lib/domain/instance-settings.ts';
import { alice } from './samples.ts';

const DAY = 86_400;
const instance: Instance = {
  id: 'i',
  name: 'payments',
  createdAt: 0,
  authorizationWindow: 7 * DAY,
  reauthorizationWindow: 2 * DAY,
  trial: true,
};

const change = (asked: SettingsChange, printed = [alice]) => {
  const decision = changedSettings(instance, asked, printed);
  return decision.ok ? decision.value : decision.refusal.code;
};

describe('settings of an instance', () => {
  it('are what counts where the instance says nothing', () => {
    expect(settingsOf(instance)).toMatchObject({
      restoreWindow: 0,
      serviceApprovals: false,
      approvalNeedsCredential: false,
      approvalNeedsManifest: false,
    });
  });

  it('change where they are named and other than before', () => {
    expect(change({ name: 'payments', serviceApprovals: true, authorizationWindow: undefined })).toEqual({
      serviceApprovals: true,
    });
    expect(change({ restoreWindow: 0, approvalNeedsManifest: false })).toEqual({});
  });

  it('end a trial when no API key that stood in a terminal is left, and name whose are', () => {
    expect(change({ trial: false })).toBe('trial-goes-on');
    expect(change({ trial: false }, [])).toEqual({ trial: false });
    const decision = changedSettings(instance, { trial: false }, [alice]);
    expect(decision).toMatchObject({ refusal: { detail: expect.stringContaining(alice.email) } });
  });

  it.each([
    ['authorizationWindow', [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, LONGEST_WINDOW + 1]],
    ['reauthorizationWindow', [0, -1, LONGEST_WINDOW + 1]],
    ['restoreWindow', [-1, 0.5, LONGEST_RESTORE_WINDOW + 1]],
  ] as const)('have no %s of %j seconds, and say what to set', (name, seconds) => {
    for (const wrong of seconds) {
      expect(change({ [name]: wrong })).toBe('window-unusable');
      expect(whyNotWindows({ ...instance, [name]: wrong })?.detail).toContain(name);
    }
  });

  it('have windows from the least to the most', () => {
    const longest = { authorizationWindow: LONGEST_WINDOW, reauthorizationWindow: LONGEST_WINDOW };
    expect(whyNotWindows({ ...longest, restoreWindow: LONGEST_RESTORE_WINDOW })).toBeUndefined();
    expect(
      whyNotWindows({ authorizationWindow: 1, reauthorizationWindow: 1, restoreWindow: 0 }),
    ).toBeUndefined();
  });
});
