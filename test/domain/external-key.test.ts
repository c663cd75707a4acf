import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../lib/domain/canonical.ts';
import { beginDestroying } from '../../lib/domain/destroying.ts';
import {
  type ExternalFacts,
  externalDifferences,
  isKmsKeyArn,
  isPendingWindow,
  isUsedSince,
  lossOfExternal,
  usersOf,
  whyProtectedThere,
} from '../../lib/domain/external-key.ts';
import { alice, authorization, key, REAUTHORIZATION_WINDOW, wendy } from './samples.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const FACTS: ExternalFacts = {
  provider: 'aws-kms',
  providerName: 'aws-kms',
  reference: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  state: 'Enabled',
  aliases: ['alias/payroll'],
  users: { total: 1, listed: ['arn:a'] },
  lastUse: { known: 'used', at: '2026-01-01T00:00:00.000Z' },
};
const lossWith = (more: Partial<ExternalFacts>) => canonicalJson(lossOfExternal({ ...FACTS, ...more }));

describe('a key that lives elsewhere', () => {
  it('what people agree to changes with who uses it, its names, replicas and versions, and with nothing else', () => {
    const same = lossWith({});
    const changes: readonly Partial<ExternalFacts>[] = [
      { users: { total: 2, listed: ['arn:a', 'arn:b'] } },
      { users: { total: 1, listed: ['arn:a'], retained: 1 } },
      { aliases: [] },
      { replicas: ['arn:r'] },
      { version: 'v2' },
      { reference: 'another' },
      { providerName: 'another' },
    ];
    for (const change of changes) expect(lossWith(change), JSON.stringify(change)).not.toBe(same);
    const others: readonly Partial<ExternalFacts>[] = [
      { state: 'Disabled' },
      { lastUse: { known: 'not known' } },
      { pendingWindowDays: 30 },
      { name: 'another' },
    ];
    for (const other of others) expect(lossWith(other), JSON.stringify(other)).toBe(same);
  });

  it('says what has changed, a line each', () => {
    const after = { ...FACTS, aliases: [], users: { total: 2, listed: ['arn:a', 'arn:b'] } };
    expect(externalDifferences(FACTS, after)).toEqual([
      'alias alias/payroll is gone there',
      'user arn:b was added there',
      '2 users of the key there; before it was 1',
    ]);
    expect(externalDifferences(FACTS, FACTS)).toEqual([]);
  });

  it('has been used since only where it never was before', () => {
    const never = { ...FACTS, lastUse: { known: 'never' } } as const;
    const unknown = { ...FACTS, lastUse: { known: 'not known' } } as const;
    expect(isUsedSince(never, FACTS)).toBe(true);
    expect(isUsedSince(unknown, FACTS)).toBe(false);
    expect(isUsedSince(never, unknown)).toBe(false);
  });

  it('lists a hundred users and is bound to all of them', () => {
    const all = Array.from({ length: 150 }, (_, i) => `arn:${String(i).padStart(3, '0')}`);
    const users = usersOf([...all, 'arn:000'], digest);
    expect([users.total, users.listed.length]).toEqual([150, 100]);
    expect(usersOf([...all.slice(0, 149), 'arn:zzz'], digest).sha256).not.toBe(users.sha256);
    expect(usersOf(all.toReversed(), digest)).toEqual(users);
  });

  it('is protected by what is registered with it at a Key Protect, as keys here are', () => {
    const there = { ...FACTS, provider: 'key-protect' } as const;
    expect(whyProtectedThere(there, false)).toBe('resources-protected');
    expect(whyProtectedThere(there, true)).toBeUndefined();
    expect(whyProtectedThere({ ...there, users: { ...there.users, retained: 1 } }, true)).toBe(
      'retention-found',
    );
    expect(whyProtectedThere(FACTS, false)).toBeUndefined();
  });

  it('is named by an ARN of a key alone, in any partition', () => {
    const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
    expect(isKmsKeyArn(`arn:aws-cn:kms:cn-north-1:111122223333:key/${id}`)).toBe(true);
    expect(isKmsKeyArn(`arn:aws:kms:eu-central-1:111122223333:key/mrk-${'0'.repeat(32)}`)).toBe(true);
    for (const other of [id, 'alias/payroll', 'arn:aws:kms:eu-central-1:111122223333:alias/payroll']) {
      expect(isKmsKeyArn(other)).toBe(false);
    }
    expect([6, 7, 30, 31, 7.5].map(isPendingWindow)).toEqual([false, true, true, false, false]);
  });
});

describe('the write from which there is no way back', () => {
  const approved = authorization('approved');
  const now = approved.approvedAt + 1_000;
  const both = { requester: wendy, approver: alice };
  const manifest = { ...approved.manifest, external: FACTS };
  const begin = (loss: Parameters<typeof beginDestroying>[2]['loss']) =>
    beginDestroying(
      { authorization: approved, key: key() },
      both,
      { loss, reauthorizationWindow: REAUTHORIZATION_WINDOW },
      now,
    );

  it('is made only while the provider shows what two people agreed to', () => {
    expect(begin({ manifest, lossDigest: approved.lossDigest })).toMatchObject({
      status: 'destroying',
      startedAt: now,
      attempts: 0,
    });
    expect(begin({ manifest, lossDigest: 'another' })).toMatchObject({ status: 'drifted' });
    expect(begin({ refused: 'not allowed' })).toMatchObject({ status: 'refused', why: 'not allowed' });
    const going = { ...manifest, external: { ...FACTS, state: 'PendingDeletion' } };
    expect(begin({ manifest: going, lossDigest: approved.lossDigest })).toMatchObject({ status: 'refused' });
  });

  it('keeps the approval as it was given', () => {
    const { approver, approvedAt } = approved;
    expect(begin({ manifest, lossDigest: approved.lossDigest })).toMatchObject({ approver, approvedAt });
  });

  it('is not made for who is not a Manager any more', () => {
    const gone = beginDestroying(
      { authorization: approved, key: key() },
      { requester: wendy, approver: undefined },
      { loss: { manifest, lossDigest: approved.lossDigest }, reauthorizationWindow: REAUTHORIZATION_WINDOW },
      now,
    );
    expect(gone.status).toBe('void');
  });
});
