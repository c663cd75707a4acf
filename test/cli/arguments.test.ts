import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  parseConfirmation,
  parseEmail,
  parseInstanceName,
  parsePort,
  parseSwitch,
  parseWindowOption,
} from '../../lib/cli/arguments.ts';
import { parseGrant } from '../../lib/cli/person/grants.ts';

describe('what is given on the command line', () => {
  test.for([
    [parsePort, '0', 0],
    [parsePort, '65535', 65_535],
    [parseWindowOption, 'P7D', 604_800],
    [parseWindowOption, 'PT10S', 10],
    [parseEmail, ' mia@example.com ', 'mia@example.com'],
    [parseInstanceName, ' payments ', 'payments'],
    [parseSwitch, 'on', true],
    [parseSwitch, 'off', false],
    [parseConfirmation, '1f09AB', '1f09AB'],
  ] as const)('%o reads %j', ([parse, text, value]) => {
    expect(parse(text)).toBe(value);
  });

  test.for([
    [parsePort, '65536'],
    [parsePort, '-1'],
    [parsePort, '80 '],
    [parsePort, ''],
    [parseWindowOption, '7D'],
    [parseWindowOption, 'P21D'],
    [parseWindowOption, 'PT0S'],
    [parseEmail, 'nobody'],
    [parseEmail, 'a@b, c@d'],
    [parseInstanceName, ' '],
    [parseInstanceName, 'two\nlines'],
    [parseInstanceName, 'x'.repeat(91)],
    [parseSwitch, 'true'],
    [parseGrant, 'Admin'],
    [parseGrant, 'Manager@'],
    [parseGrant, 'Manager@vault:x'],
    [parseGrant, 'Manager@key:'],
    [parseConfirmation, '09ab'],
  ] as const)('%o refuses %j and says what it must be', ([parse, text]) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
    expect(() => parse(text)).toThrow(/^It must be /);
  });

  test('a role is on the instance, on a ring or on a key, and comes after those before it', () => {
    const once = parseGrant('writer');
    expect(parseGrant('MANAGER@Key:payroll', parseGrant('Reader@ring:storage', once))).toEqual([
      { role: 'Writer' },
      { role: 'Reader', keyRing: 'storage' },
      { role: 'Manager', key: 'payroll' },
    ]);
  });
});
