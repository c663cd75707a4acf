import { describe, expect, test } from 'vitest';
import { DESTROYED, type Key, SUSPENDED } from '../../lib/domain/key.ts';
import { HOUR } from '../../lib/domain/time.ts';
import { dualAuthDeleteOf, fullKey } from '../../lib/http/representations.ts';

const NOW = Date.UTC(2020, 0, 16, 18, 1, 9, 999);
const UNTIL = Date.UTC(2020, 0, 23, 18, 1, 9);
const BY = 'countersign|somebody';

const policy = { id: 'p', enabled: true, createdAt: NOW, createdBy: BY, updatedAt: NOW, updatedBy: BY };

const KEY: Key = {
  id: '1cb9b54b-9e8e-4bdc-9a3b-1c9c5b7f3a10',
  instanceId: 'i',
  name: 'payroll',
  aliases: [],
  keyRingId: 'default',
  state: 1,
  extractable: false,
  imported: false,
  bitLength: 256,
  versions: [{ id: '1cb9b54b-9e8e-4bdc-9a3b-1c9c5b7f3a10', createdAt: NOW }],
  createdAt: NOW,
  createdBy: BY,
  updatedAt: NOW,
  lossVersion: 1,
  stopVersion: 0,
  auditSequence: 1,
  auditHash: '',
};

describe('`dualAuthDelete`', () => {
  const set = { ...KEY, dualAuthDelete: policy, setForDeletionUntil: UNTIL };

  test('has three shapes', () => {
    expect(dualAuthDeleteOf(KEY, NOW)).toEqual({ enabled: false });
    expect(dualAuthDeleteOf({ ...set, dualAuthDelete: { ...policy, enabled: false } }, NOW)).toEqual({
      enabled: false,
    });
    expect(dualAuthDeleteOf({ ...KEY, dualAuthDelete: policy }, NOW)).toEqual({
      enabled: true,
      keySetForDeletion: false,
    });
    expect(dualAuthDeleteOf(set, NOW)).toEqual({
      enabled: true,
      keySetForDeletion: true,
      authExpiration: '2020-01-23T18:01:09Z',
    });
  });

  test('does not show an authorization whose window has ended, to the millisecond', () => {
    expect(dualAuthDeleteOf(set, UNTIL - 1)).toMatchObject({ keySetForDeletion: true });
    expect(dualAuthDeleteOf(set, UNTIL)).toEqual({ enabled: true, keySetForDeletion: false });
  });

  test('shows a pending authorization of a disabled key, and the used one of a destroyed key for ever', () => {
    expect(dualAuthDeleteOf({ ...set, state: SUSPENDED }, NOW)).toMatchObject({ keySetForDeletion: true });
    expect(dualAuthDeleteOf({ ...set, state: DESTROYED }, UNTIL + HOUR)).toMatchObject({
      keySetForDeletion: true,
      authExpiration: '2020-01-23T18:01:09Z',
    });
  });
});

describe('a key', () => {
  const view = {
    now: NOW,
    settings: { publicUrl: '', crnScope: 'crn:v1:bluemix:public:kms:local:a/x', apiKeysByMail: false },
  };
  const shown = (key: Key, now = NOW) => JSON.parse(JSON.stringify(fullKey(key, { ...view, now })));

  test('has dates with whole seconds, and leaves out what it does not have', () => {
    expect(shown(KEY).creationDate).toBe('2020-01-16T18:01:09Z');
    for (const absent of [
      'aliases',
      'tags',
      'description',
      'expirationDate',
      'deletionDate',
      'lastRotateDate',
    ]) {
      expect(shown(KEY)).not.toHaveProperty(absent);
    }
  });

  test('has a version only where it is a root key, and a rotation date once it was rotated', () => {
    expect(shown({ ...KEY, extractable: true })).not.toHaveProperty('keyVersion');
    const rotated = { ...KEY, versions: [{ id: 'v2', createdAt: UNTIL }, ...KEY.versions] };
    expect(shown(rotated)).toMatchObject({
      keyVersion: { id: 'v2', creationDate: '2020-01-23T18:01:09Z' },
      lastRotateDate: '2020-01-23T18:01:09Z',
    });
  });

  test('can be purged four hours after its deletion', () => {
    const destroyed: Key = { ...KEY, state: DESTROYED, deletedAt: NOW, deletedBy: BY };
    expect(shown(destroyed)).toMatchObject({
      deleted: true,
      deletedBy: 'somebody',
      restoreAllowed: false,
      purgeAllowed: false,
      purgeAllowedFrom: '2020-01-16T22:01:09Z',
      purgeScheduledOn: '2020-04-15T18:01:09Z',
    });
    expect(shown(destroyed, NOW + 4 * HOUR).purgeAllowed).toBe(true);
    expect(shown(destroyed, NOW + 4 * HOUR - 1).purgeAllowed).toBe(false);
  });
});
