import { createHash } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  type KeyMetadata,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { TransientError } from '../../domain/errors.ts';
import { type External, type StatusThere, usersOf } from '../../domain/external-key.ts';
import { DAY, HOUR } from '../../domain/time.ts';
import type {
  Described,
  Destroyed,
  DestroyOptions,
  KeyProvider,
  ProviderRefusal,
  Restored,
} from '../../ports/key-provider.ts';
import { awsError, isRepeatable } from '../aws/errors.ts';
import { lastUseOf } from './last-use.ts';

/** By which name keys know AWS KMS. */
export const AWS_KMS = 'aws-kms';

/** AWS KMS lists so many aliases or grants a page. */
const PAGE = 100;
/** More grants than a manifest can be made of in the time that a step has; a key has 50,000 at most. */
const MOST_GRANTS = 2_000;

/** A key of AWS KMS that a deletion was begun of; it is gone when the pending window is over. */
const GOING: ReadonlySet<string> = new Set(['PendingDeletion', 'PendingReplicaDeletion']);
/** States that end by themselves, in which AWS KMS takes no deletion. */
const PASSING: ReadonlySet<string> = new Set(['Creating', 'Updating']);

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Keys of AWS KMS. A deletion is ScheduleKeyDeletion with the key's pending window; until it is over, restoring is
 * CancelKeyDeletion, after which AWS KMS has the key disabled.
 *
 * @param clientFor a client of the Region that an ARN names.
 */
export function kmsKeyProvider(clientFor: (region: string) => KMSClient): KeyProvider {
  const clientOf = ({ reference }: External): KMSClient => clientFor(regionOf(reference));
  return {
    kind: 'aws-kms',
    describe: (key) => describe(clientOf(key), key),
    destroy: (key, options) => destroy(clientOf(key), key, options),
    status: (key) => status(clientOf(key), key),
    restore: (key) => restore(clientOf(key), key),
  };
}

/** `arn:aws:kms:<region>:<account>:key/<id>` */
export const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

async function describe(client: KMSClient, key: External): Promise<Described> {
  const found = await metadataOf(client, key);
  if ('refused' in found) return found;
  const { KeyState = 'unknown', KeyManager, Origin, KeySpec, MultiRegionConfiguration } = found;
  if (KeyManager === 'AWS') {
    return notPossible('AWS manages this key for one of its services, and nobody else can delete it');
  }
  const aliases = await allOf('ListAliases', (Marker) =>
    client.send(new ListAliasesCommand({ KeyId: key.reference, Limit: PAGE, Marker })).then((page) => ({
      values: (page.Aliases ?? []).flatMap(({ AliasName }) => AliasName ?? []),
      next: page.Truncated ? page.NextMarker : undefined,
    })),
  );
  if ('refused' in aliases) return aliases;
  const grants = await allOf('ListGrants', (Marker) =>
    client.send(new ListGrantsCommand({ KeyId: key.reference, Limit: PAGE, Marker })).then((page) => ({
      values: (page.Grants ?? []).map(({ GranteePrincipal }) => GranteePrincipal ?? 'unknown'),
      next: page.Truncated ? page.NextMarker : undefined,
    })),
  );
  if ('refused' in grants) return grants;
  const replicas = (MultiRegionConfiguration?.ReplicaKeys ?? []).flatMap(({ Arn }) => Arn ?? []).sort();
  return {
    facts: {
      provider: 'aws-kms',
      providerName: key.providerName,
      reference: key.reference,
      state: KeyState,
      region: regionOf(key.reference),
      aliases: [...aliases.values].sort(),
      users: usersOf(grants.values, digest),
      ...(replicas.length > 0 && { replicas }),
      ...(Origin !== undefined && { origin: Origin }),
      ...(KeySpec !== undefined && { spec: KeySpec }),
      lastUse: await lastUseOf(client, key.reference),
      ...(key.pendingWindowDays !== undefined && { pendingWindowDays: key.pendingWindowDays }),
    },
  };
}

interface Page {
  readonly values: readonly string[];
  readonly next: string | undefined;
}

async function allOf(
  operation: string,
  read: (marker: string | undefined) => Promise<Page>,
): Promise<{ readonly values: readonly string[] } | ProviderRefusal> {
  const values: string[] = [];
  let marker: string | undefined;
  try {
    do {
      const page = await read(marker);
      values.push(...page.values);
      if (values.length > MOST_GRANTS) {
        return notPossible(`${operation} names more than ${MOST_GRANTS}, which nobody can agree to`);
      }
      marker = page.next;
    } while (marker !== undefined);
  } catch (error) {
    return refusalOf(error, operation);
  }
  return { values };
}

async function metadataOf(
  client: KMSClient,
  { reference }: External,
): Promise<KeyMetadata | ProviderRefusal> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: reference }));
    return KeyMetadata ?? notPossible('DescribeKey answered without a key');
  } catch (error) {
    return refusalOf(error, 'DescribeKey');
  }
}

async function destroy(client: KMSClient, key: External, options: DestroyOptions): Promise<Destroyed> {
  const { pendingWindowDays: PendingWindowInDays } = options;
  try {
    const command = new ScheduleKeyDeletionCommand({ KeyId: key.reference, PendingWindowInDays });
    const { DeletionDate } = await client.send(command);
    return { destroyed: true, deletionAt: DeletionDate?.getTime() ?? expectedEnd(options) };
  } catch (error) {
    // KMS says so of a key that is set for deletion already, and of one whose state does not allow it.
    if (!(error instanceof Error && error.name === 'KMSInvalidStateException')) {
      return refusalOf(error, 'ScheduleKeyDeletion');
    }
  }
  const found = await metadataOf(client, key);
  if ('refused' in found) return found;
  const { KeyState = 'unknown', DeletionDate } = found;
  if (PASSING.has(KeyState)) throw new TransientError(`AWS KMS has the key in the state ${KeyState}`);
  if (!GOING.has(KeyState)) return notPossible(`ScheduleKeyDeletion: the key is ${KeyState}`);
  const expected = expectedEnd(options);
  const deletionAt = DeletionDate?.getTime() ?? expected;
  // A repeat of ours came later than the first: only what ends before that cannot be ours. Clocks differ a little.
  return { destroyed: true, deletionAt, ...(deletionAt < expected - HOUR && { foreign: true as const }) };
}

/** A primary key that waits for its replicas has no date yet. */
const expectedEnd = ({ since, pendingWindowDays = 30 }: DestroyOptions): number =>
  since + pendingWindowDays * DAY;

async function status(client: KMSClient, key: External): Promise<StatusThere> {
  const found = await metadataOf(client, key);
  if ('refused' in found) {
    return found.refused === 'not-found' ? { status: 'gone' } : { status: 'not known', why: found.detail };
  }
  const { KeyState = 'unknown', DeletionDate } = found;
  if (!GOING.has(KeyState)) return { status: 'alive', state: KeyState };
  return {
    status: 'pending deletion',
    ...(DeletionDate !== undefined && { deletionAt: DeletionDate.getTime() }),
  };
}

async function restore(client: KMSClient, key: External): Promise<Restored> {
  try {
    await client.send(new CancelKeyDeletionCommand({ KeyId: key.reference }));
    return { restored: true };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'KMSInvalidStateException')) {
      return refusalOf(error, 'CancelKeyDeletion');
    }
  }
  // Not set for deletion: taken back before, by a call whose answer was lost or by somebody else.
  const there = await status(client, key);
  if (there.status === 'alive') return { restored: true };
  return notPossible('CancelKeyDeletion: the key is not in a state that allows it');
}

const notPossible = (detail: string): ProviderRefusal => ({ refused: 'not-possible', detail });

/** @throws TransientError when the same call may succeed later. */
function refusalOf(error: unknown, operation: string): ProviderRefusal {
  const { message } = awsError(error, `AWS KMS could not carry out ${operation}`);
  if (isRepeatable(error)) throw new TransientError(message);
  const name = error instanceof Error ? error.name : 'unknown';
  if (name === 'NotFoundException') return { refused: 'not-found', detail: 'there is no such key' };
  if (name === 'AccessDeniedException') {
    return {
      refused: 'access-denied',
      detail: `Countersign may not call kms:${operation} on this key: is it tagged for it, and does its key policy let IAM policies count?`,
    };
  }
  return notPossible(`${operation}: ${name}`);
}
