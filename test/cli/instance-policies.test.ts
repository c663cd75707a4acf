import { describe, expect, test } from 'vitest';
import { policyText, wantedPolicies } from '../../lib/cli/instance/policies.ts';
import { parseMonths } from '../../lib/cli/instance/policy-options.ts';

const ACCESS = {
  create_root_key: true,
  create_standard_key: true,
  import_root_key: true,
  import_standard_key: true,
  enforce_token: false,
};
const restricted = (more: object) => ({
  policy_type: 'keyCreateImportAccess',
  policy_data: { enabled: true, attributes: { ...ACCESS, ...more } },
});

describe('the policies that instance set asks for', () => {
  test('are those that were named', () => {
    const wanted = { dualAuthorization: true, rotation: 6, allowedIp: ['::1', '10.0.0.0/8'], access: {} };
    expect(wantedPolicies(wanted, [])).toEqual([
      { policy_type: 'dualAuthDelete', policy_data: { enabled: true } },
      {
        policy_type: 'allowedIP',
        policy_data: { enabled: true, attributes: { allowed_ip: ['::1', '10.0.0.0/8'] } },
      },
      { policy_type: 'rotation', policy_data: { enabled: true, attributes: { interval_month: 6 } } },
    ]);
    expect(wantedPolicies({ rotation: 'off', allowedIp: ['off'], access: {} }, [])).toEqual([
      { policy_type: 'allowedIP', policy_data: { enabled: false } },
      { policy_type: 'rotation', policy_data: { enabled: false } },
    ]);
  });

  test('keep what was restricted before, and are off where nothing is', () => {
    const before = [restricted({ import_root_key: false })];
    expect(wantedPolicies({ access: { enforce_token: true } }, before)).toEqual([
      restricted({ import_root_key: false, enforce_token: true }),
    ]);
    expect(wantedPolicies({ access: { import_root_key: true } }, before)).toEqual([
      { policy_type: 'keyCreateImportAccess', policy_data: { enabled: false } },
    ]);
  });

  test('cannot be off and have addresses', () => {
    expect(() => wantedPolicies({ allowedIp: ['off', '::1'], access: {} }, [])).toThrow('either');
  });

  test('have months from 1 to 12', () => {
    expect([parseMonths('1'), parseMonths('12'), parseMonths('off')]).toEqual([1, 12, 'off']);
    for (const wrong of ['0', '13', '', 'six', '1.5'])
      expect(() => parseMonths(wrong)).toThrow('from 1 to 12');
  });

  test('are told in words', () => {
    expect(policyText(restricted({ import_root_key: false, enforce_token: true }))).toEqual([
      'creating and importing keys',
      'no root keys are imported, imports need an import token',
    ]);
    expect(policyText({ policy_type: 'metrics', policy_data: { enabled: false } })).toEqual([
      'metrics',
      'off',
    ]);
  });
});
