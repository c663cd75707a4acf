import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { personNeedsTwo, settingsNeedTwo, WEAKENS } from '../../lib/domain/guard-rails.ts';
import type { InstanceSettings } from '../../lib/domain/instance-settings.ts';
import type { Person } from '../../lib/domain/person.ts';
import { changePerson, type PersonChange } from '../../lib/domain/person-change.ts';
import { ASKED, person } from './samples.ts';

const SETTINGS: InstanceSettings = {
  name: 'payments',
  authorizationWindow: 604_800,
  reauthorizationWindow: 172_800,
  restoreWindow: 2_592_000,
  serviceApprovals: false,
  approvalNeedsCredential: true,
  approvalNeedsManifest: true,
  trial: false,
};
const STRONG = SETTINGS;
const WEAK: InstanceSettings = {
  ...SETTINGS,
  serviceApprovals: true,
  approvalNeedsCredential: false,
  approvalNeedsManifest: false,
};

describe('a second Manager is needed', () => {
  it.each<readonly [string, InstanceSettings, Partial<InstanceSettings>]>([
    ['a shorter window', STRONG, { authorizationWindow: 60 }],
    ['a longer window', STRONG, { authorizationWindow: 1_000_000 }],
    ['a shorter window to ask again', STRONG, { reauthorizationWindow: 60 }],
    ['a longer window to ask again', STRONG, { reauthorizationWindow: 1_000_000 }],
    ['a shorter restore window', STRONG, { restoreWindow: 0 }],
    ['letting services approve', STRONG, { serviceApprovals: true }],
    ['approvals by link without a credential', STRONG, { approvalNeedsCredential: false }],
    ['approvals without the manifest', STRONG, { approvalNeedsManifest: false }],
    ['one of several that weakens', STRONG, { name: 'other', restoreWindow: 1 }],
  ])('for %s', (_, before, next) => {
    expect(settingsNeedTwo(before, next)).toBe(true);
  });

  it.each<readonly [string, InstanceSettings, Partial<InstanceSettings>]>([
    ['a name', WEAK, { name: 'other' }],
    ['a longer restore window', WEAK, { restoreWindow: 7_776_000 }],
    ['services that approve no more', WEAK, { serviceApprovals: false }],
    ['asking for a credential', WEAK, { approvalNeedsCredential: true }],
    ['asking for the manifest', WEAK, { approvalNeedsManifest: true }],
    ['the end of a trial', { ...WEAK, trial: true }, { trial: false }],
    ['what is so already', STRONG, { authorizationWindow: STRONG.authorizationWindow }],
  ])('and none for %s', (_, before, next) => {
    expect(settingsNeedTwo(before, next)).toBe(false);
  });

  it('of every setting the table says which way', () => {
    expect(Object.keys(WEAKENS).sort()).toEqual(Object.keys(SETTINGS).sort());
  });
});

const ON = { key: 'k' } as const;
const RING = { keyRing: 'r' } as const;
const manager = person('mia', ['Manager']);
const writer = person('will', ['Writer']);
const frozen: Person = { ...manager, status: 'frozen' };
const purger = person('pat', ['KeyPurge']);
const purgesKey = person('paul', [], { grants: [{ role: 'KeyPurge', on: ON, grantedAt: 1 }] });
const ofKey = person('kim', [], { grants: [{ role: 'Manager', on: ON, grantedAt: 1 }] });

const needsTwo = (before: Person, change: PersonChange, services: readonly Person[] = []): boolean => {
  const decision = changePerson(before, change, ASKED);
  if (!decision.ok) throw new Error(decision.refusal.code);
  return personNeedsTwo(before, decision.value, services);
};
const service = (status: Person['status'] = 'active') =>
  person('nightly', ['Manager'], { kind: 'service', email: '', owner: writer.id, status });

type Case = readonly [string, Person, PersonChange, readonly Person[]];
const one = (what: string, before: Person, change: PersonChange, ...services: readonly Person[]): Case => [
  what,
  before,
  change,
  services,
];

describe('a second Manager is needed where somebody', () => {
  it.each<Case>([
    one('becomes Manager', writer, { grant: [{ role: 'Manager' }] }),
    one('becomes Manager of one key', writer, { grant: [{ role: 'Manager', on: ON }] }),
    one('becomes Manager of one ring', writer, { grant: [{ role: 'Manager', on: RING }] }),
    one('becomes Manager of more than one key', ofKey, { grant: [{ role: 'Manager', on: RING }] }),
    one('becomes Manager of everything', ofKey, { grant: [{ role: 'Manager' }] }),
    one('becomes Manager while frozen', { ...writer, status: 'frozen' }, { grant: [{ role: 'Manager' }] }),
    one('acts again as Manager', frozen, { status: 'active' }),
    one('acts again as Manager of one key', { ...ofKey, status: 'frozen' }, { status: 'active' }),
    one('is Manager and gets another address', manager, { email: 'new@example.com' }),
    one('has a service that is Manager, and another address', writer, { email: 'n@example.com' }, service()),
    one('acts again with such a service', { ...writer, status: 'frozen' }, { status: 'active' }, service()),
    one('may purge', writer, { grant: [{ role: 'KeyPurge' }] }),
    one('may purge one key', writer, { grant: [{ role: 'KeyPurge', on: ON }] }),
    one('is Manager, and may purge too', manager, { grant: [{ role: 'KeyPurge' }] }),
    one('may purge more than one key', purgesKey, { grant: [{ role: 'KeyPurge', on: RING }] }),
    one('may purge, and is to be Manager', purger, { grant: [{ role: 'Manager', on: ON }] }),
    one('may purge again', { ...purger, status: 'frozen' }, { status: 'active' }),
    one('may purge, and gets another address', purger, { email: 'new@example.com' }),
    one('becomes Manager among other things', writer, { grant: [{ role: 'Manager' }], status: 'frozen' }),
  ])('%s', (_, before, change, services) => {
    expect(needsTwo(before, change, services)).toBe(true);
  });
});

describe('one Manager is enough where somebody', () => {
  it.each<Case>([
    one('gets another role', writer, { grant: [{ role: 'ReaderPlus' }, { role: 'Reader', on: ON }] }),
    one('may purge a part of what they could', purger, { grant: [{ role: 'KeyPurge', on: ON }] }),
    one('may not purge any more', purger, { revoke: [{ role: 'KeyPurge' }] }),
    one('is no Manager any more', manager, { revoke: [{ role: 'Manager' }] }),
    one('is frozen', manager, { status: 'frozen' }),
    one('is Manager of a part of what they were', manager, {
      grant: [{ role: 'Manager', on: ON }],
      revoke: [{ role: 'Manager' }],
    }),
    one('is granted anew what they had', manager, {
      revoke: [{ role: 'Manager' }],
      grant: [{ role: 'Manager' }],
    }),
    one('acts again, and not as Manager', frozen, { status: 'active', revoke: [{ role: 'Manager' }] }),
    one('is no Manager, and gets another address', writer, { email: 'new@example.com' }),
    one('acts again as Writer', { ...writer, status: 'frozen' }, { status: 'active' }, service('removed')),
  ])('%s', (_, before, change, services) => {
    expect(needsTwo(before, change, services)).toBe(false);
  });
});

it('the page on guard rails has a row for every setting, as the program decides it', () => {
  const page = readFileSync(new URL('../../docs/guard-rails.md', import.meta.url), 'utf8');
  const rows = page.split('\n').flatMap((line) => {
    const [, setting, weakens] = /^\| `(\w+)` +\| ([a-z ]+?) +\|/.exec(line) ?? [];
    return setting === undefined ? [] : [[setting, weakens]];
  });
  expect(rows).toEqual(Object.entries(WEAKENS));
});
