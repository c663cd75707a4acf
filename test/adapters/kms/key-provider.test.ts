import {
  CreateAliasCommand,
  DescribeKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kmsKeyProvider } from '../../../lib/adapters/kms/key-provider.ts';
import { TransientError } from '../../../lib/domain/errors.ts';
import type { External } from '../../../lib/domain/external-key.ts';
import { DAY } from '../../../lib/domain/time.ts';
import { type AwsAnswer, type AwsServer, startAwsServer } from '../../support/aws-server.ts';
import { announceSkippedKms, kmsEndpoint, newKmsKey } from '../../support/kms.ts';
import { startKmsFront } from '../../support/kms-front.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const keyOf = (reference: string): External => ({
  provider: 'aws-kms',
  providerName: 'aws-kms',
  reference,
  pendingWindowDays: 7,
});
const SINCE = Date.UTC(2026, 0, 1);
const OPTIONS = { pendingWindowDays: 7, idempotencyToken: 'authorization', since: SINCE };

announceSkippedKms('keys of AWS KMS as a key provider');
describe.runIf(kmsEndpoint)('a key of AWS KMS, against a KMS', () => {
  let front: Awaited<ReturnType<typeof startKmsFront>>;
  let client: KMSClient;
  beforeEach(async () => {
    front = await startKmsFront(kmsEndpoint ?? '');
    client = new KMSClient(front.client);
  });
  afterEach(() => front.close());

  const begin = async () => {
    const reference = await newKmsKey(client);
    return { key: keyOf(reference), provider: kmsKeyProvider(() => client), since: Date.now() };
  };

  test('is described with its state, aliases, grants and last use', async () => {
    const { key, provider } = await begin();
    const alias = `alias/payroll-${key.reference.slice(-12)}`;
    await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key.reference }));
    front.answers['TrentService.ListGrants'] = {
      Grants: [
        { GranteePrincipal: 'arn:aws:iam::111122223333:role/B' },
        { GranteePrincipal: 'arn:aws:iam::111122223333:role/A' },
      ],
    };
    expect(await provider.describe(key)).toEqual({
      facts: expect.objectContaining({
        state: 'Enabled',
        aliases: [alias],
        users: { total: 2, listed: ['arn:aws:iam::111122223333:role/A', 'arn:aws:iam::111122223333:role/B'] },
        lastUse: { known: 'never' },
        origin: 'AWS_KMS',
        pendingWindowDays: 7,
      }),
    });
  });

  test('is deleted with its pending window, however often that is asked, and restored until then', async () => {
    const { key, provider, since } = await begin();
    const first = await provider.destroy(key, { ...OPTIONS, since });
    expect(first).toMatchObject({ destroyed: true });
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key.reference }));
    expect(KeyMetadata?.KeyState).toBe('PendingDeletion');
    expect(Math.abs((KeyMetadata?.DeletionDate?.getTime() ?? 0) - (since + 7 * DAY))).toBeLessThan(60_000);
    const second = await provider.destroy(key, { ...OPTIONS, since });
    expect(second).toEqual({ destroyed: true, deletionAt: KeyMetadata?.DeletionDate?.getTime() });
    expect(await provider.status(key)).toMatchObject({ status: 'pending deletion' });
    expect(await provider.restore(key)).toEqual({ restored: true });
    expect(await provider.restore(key)).toEqual({ restored: true });
    // Disabled at AWS; local-kms has it enabled again.
    expect(await provider.status(key)).toMatchObject({ status: 'alive' });
  });

  test('that others have set for deletion with a shorter window is not taken for ours', async () => {
    const { key, provider, since } = await begin();
    await client.send(new ScheduleKeyDeletionCommand({ KeyId: key.reference, PendingWindowInDays: 7 }));
    const longer = { ...OPTIONS, pendingWindowDays: 30, since };
    expect(await provider.destroy({ ...key, pendingWindowDays: 30 }, longer)).toMatchObject({
      destroyed: true,
      foreign: true,
    });
  });

  test('that is not there is refused, and gone', async () => {
    const { provider } = await begin();
    const missing = keyOf(`${'arn:aws:kms:eu-west-2:111122223333:key/'}00000000-0000-4000-8000-000000000000`);
    expect(await provider.describe(missing)).toMatchObject({ refused: 'not-found' });
    expect(await provider.status(missing)).toEqual({ status: 'gone' });
  });
});

/** What local-kms does not have: keys that AWS manages, replicas, pages of grants, permissions, and faults. */
describe('a key of AWS KMS, against a stand-in that answers what it is told', () => {
  let server: AwsServer | undefined;
  afterEach(() => server?.close());

  async function over(answers: { readonly [operation: string]: AwsAnswer | ((body: object) => AwsAnswer) }) {
    server = await startAwsServer(({ target, body }) => {
      const answer = answers[target.replace('TrentService.', '')] ?? { error: 'NotFoundException' };
      return typeof answer === 'function' ? answer(body) : answer;
    });
    const client = new KMSClient(server.client);
    return kmsKeyProvider(() => client);
  }

  const metadata = (more: object = {}): AwsAnswer => ({
    body: { KeyMetadata: { KeyId: ARN, Arn: ARN, KeyState: 'Enabled', KeyManager: 'CUSTOMER', ...more } },
  });
  const NONE = {
    ListAliases: { body: { Aliases: [] } },
    ListGrants: { body: { Grants: [] } },
    GetKeyLastUsage: { error: 'AccessDeniedException' },
  };
  const key = keyOf(ARN);

  test('that AWS manages cannot be adopted', async () => {
    const provider = await over({ ...NONE, DescribeKey: metadata({ KeyManager: 'AWS' }) });
    expect(await provider.describe(key)).toMatchObject({ refused: 'not-possible' });
  });

  test('shows its replicas, every page of its grants, and each principal once', async () => {
    const ReplicaKeys = [
      { Arn: 'arn:b', Region: 'b' },
      { Arn: 'arn:a', Region: 'a' },
    ];
    const provider = await over({
      ...NONE,
      DescribeKey: metadata({ MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ReplicaKeys } }),
      ListGrants: (body) =>
        'Marker' in body
          ? { body: { Grants: [{ GranteePrincipal: 'x' }, { GranteePrincipal: 'y' }] } }
          : { body: { Grants: [{ GranteePrincipal: 'x' }], Truncated: true, NextMarker: 'm' } },
    });
    expect(await provider.describe(key)).toMatchObject({
      facts: { replicas: ['arn:a', 'arn:b'], users: { total: 2, listed: ['x', 'y'] } },
    });
  });

  const USES = [
    [
      'used',
      { KeyLastUsage: { Operation: 'Decrypt', Timestamp: 1_767_225_600 } },
      { known: 'used', at: '2026-01-01T00:00:00.000Z', operation: 'Decrypt' },
    ],
    [
      'never used',
      { KeyLastUsage: {}, TrackingStartDate: 1_767_225_600, KeyCreationDate: 1_767_225_600 },
      { known: 'never' },
    ],
    [
      'not used since its uses are recorded',
      { KeyLastUsage: {}, TrackingStartDate: 1_767_225_600, KeyCreationDate: 1_600_000_000 },
      { known: 'not known', since: '2026-01-01T00:00:00.000Z' },
    ],
  ] as const;
  test.each(USES)('says when it was last used: %s', async (_, body, lastUse) => {
    const provider = await over({ ...NONE, DescribeKey: metadata(), GetKeyLastUsage: { body } });
    expect(await provider.describe(key)).toMatchObject({ facts: { lastUse } });
  });

  test('is described also where nobody may ask when it was last used, and not where nobody may see its grants', async () => {
    const blind = await over({ ...NONE, DescribeKey: metadata() });
    expect(await blind.describe(key)).toMatchObject({ facts: { lastUse: { known: 'not known' } } });
    await server?.close();
    const without = await over({
      ...NONE,
      DescribeKey: metadata(),
      ListGrants: { error: 'AccessDeniedException' },
    });
    expect(await without.describe(key)).toMatchObject({ refused: 'access-denied' });
  });

  test('is refused its deletion for good where a right is missing, and told to try again where KMS is busy', async () => {
    const denied = await over({ ScheduleKeyDeletion: { error: 'AccessDeniedException' } });
    const answer = await denied.destroy(key, OPTIONS);
    expect(answer).toMatchObject({ refused: 'access-denied' });
    expect('detail' in answer && answer.detail).toContain('kms:ScheduleKeyDeletion');
    await server?.close();
    const busy = await over({ ScheduleKeyDeletion: { error: 'ThrottlingException' } });
    await expect(busy.destroy(key, OPTIONS)).rejects.toThrow(TransientError);
    await server?.close();
    const broken = await over({ ScheduleKeyDeletion: { error: 'KMSInternalException', status: 500 } });
    await expect(broken.destroy(key, OPTIONS)).rejects.toThrow(TransientError);
  });

  test('that has replicas waits for them: it is deleted, with the end that it would have had', async () => {
    const provider = await over({
      ScheduleKeyDeletion: {
        body: { KeyId: ARN, KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 7 },
      },
      DescribeKey: metadata({ KeyState: 'PendingReplicaDeletion' }),
    });
    expect(await provider.destroy(key, OPTIONS)).toEqual({ destroyed: true, deletionAt: SINCE + 7 * DAY });
    expect(await provider.status(key)).toEqual({ status: 'pending deletion' });
  });

  test('whose state is about to change is tried again, one in another state is refused', async () => {
    const updating = await over({
      ScheduleKeyDeletion: { error: 'KMSInvalidStateException' },
      DescribeKey: metadata({ KeyState: 'Updating' }),
    });
    await expect(updating.destroy(key, OPTIONS)).rejects.toThrow(TransientError);
    await server?.close();
    const other = await over({
      ScheduleKeyDeletion: { error: 'KMSInvalidStateException' },
      DescribeKey: metadata({ KeyState: 'Unavailable' }),
    });
    expect(await other.destroy(key, OPTIONS)).toMatchObject({ refused: 'not-possible' });
  });

  test('of which nobody may see the state is neither there nor gone', async () => {
    const provider = await over({ DescribeKey: { error: 'AccessDeniedException' } });
    expect(await provider.status(key)).toMatchObject({ status: 'not known' });
  });
});
