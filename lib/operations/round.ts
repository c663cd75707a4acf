import { type Authorization, requesterIn } from '../domain/authorization.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { differences } from '../domain/difference.ts';
import { approversSince, type Instance } from '../domain/instance.ts';
import { type Key, keyCrn } from '../domain/key.ts';
import { buildManifest, lossOf, registeredResources, windowEnd } from '../domain/manifest.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import { type Registration, registrationsOf } from '../domain/registration.ts';
import { requesterRole } from '../domain/request.ts';
import type { EpochMillis } from '../domain/time.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { factsThere } from './providers.ts';
import { loadRegistrations } from './records/registration.ts';

export interface ManifestSubject {
  readonly key: Key;
  readonly requester: Pick<Person, 'id'>;
  readonly round: number;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
}

export interface RoundRequest extends ManifestSubject {
  readonly instance: Instance;
  readonly requester: Person;
}

/** What would be lost, with the digests that an approval is bound to. */
export type Loss = Pick<Authorization, 'manifest' | 'manifestDigest' | 'lossDigest' | 'lossVersion'>;

type Round = Pick<
  Authorization,
  | 'round'
  | 'requester'
  | 'requesterPrincipal'
  | 'requesterRole'
  | 'requestedAt'
  | 'approversSince'
  | 'windowEndsAt'
  | 'reauthorizeEndsAt'
> &
  Loss;

/**
 * Everything that begins with a round: who asks, what would be lost as it is now, and until when. Refused where the
 * provider of a key that lives elsewhere does not say what would be lost.
 * @throws TransientError when that provider does not answer now.
 */
export async function beginRound(
  context: Context,
  request: RoundRequest,
  now: EpochMillis,
): Promise<Decision<Round>> {
  const { instance, requester, round } = request;
  const loss = await readLoss(context, request);
  if (!loss.ok) return loss;
  const windowEndsAt = windowEnd(now, instance.authorizationWindow);
  return accept({
    round,
    ...requesterIn(requester),
    requesterRole: requesterRole(requester, request.key),
    requestedAt: now,
    approversSince: approversSince(instance, now),
    windowEndsAt,
    reauthorizeEndsAt: windowEnd(windowEndsAt, instance.reauthorizationWindow),
    ...loss.value,
  });
}

/**
 * What would be lost with the key. What cannot be read in one go is read after the key, so that it is what the key's
 * `lossVersion` stands for as long as that has not moved: whoever writes makes that a condition. What a provider says of
 * a key that lives elsewhere can change at any time: it is read again before that key is destroyed.
 * @throws TransientError when that provider does not answer now.
 */
export async function readLoss(
  context: Pick<Context, 'store' | 'settings' | 'providers'>,
  { key, requester, round, reason, ticket }: ManifestSubject,
): Promise<Decision<Loss>> {
  const request = {
    crn: keyCrn(key, context.settings.crnScope),
    requester: requester.id,
    round,
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
  };
  const registrations = await registrationsNow(context, key);
  const external = await factsThere(context, key);
  if (!external.ok) return external;
  const manifest = buildManifest(key, request, registeredResources(registrations, sha256), external.value);
  return accept({
    manifest,
    manifestDigest: sha256(canonicalJson(manifest)),
    lossDigest: sha256(lossOf(manifest)),
    lossVersion: key.lossVersion,
  });
}

const registrationsNow = async (
  { store }: Pick<Context, 'store'>,
  key: Key,
): Promise<readonly Registration[]> =>
  registrationsOf(key) === 0 ? [] : loadRegistrations(store, { instanceId: key.instanceId, keyId: key.id });

/** How what would be lost with the key now differs from what was authorized, in words; empty where it does not. */
export async function changesSince(
  context: Pick<Context, 'store' | 'settings' | 'providers'>,
  { lossVersion, manifest, requester, round }: Authorization,
  key: Key,
): Promise<readonly string[]> {
  if (key.lossVersion === lossVersion) return [];
  const now = await readLoss(context, { key, requester: { id: requester }, round });
  return now.ok ? differences(manifest, now.value.manifest) : [];
}
