import type { Authorization } from '../domain/authorization.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { Instance } from '../domain/instance.ts';
import { type Key, keyCrn } from '../domain/key.ts';
import { buildManifest, lossOf, type Manifest, windowEnd } from '../domain/manifest.ts';
import type { Person } from '../domain/person.ts';
import { requesterRole } from '../domain/request.ts';
import type { EpochMillis } from '../domain/time.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';

export interface RoundRequest {
  readonly key: Key;
  readonly instance: Instance;
  readonly requester: Person;
  readonly round: number;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
}

type Round = Pick<
  Authorization,
  | 'round'
  | 'requester'
  | 'requesterRole'
  | 'requestedAt'
  | 'windowEndsAt'
  | 'reauthorizeEndsAt'
  | 'manifestDigest'
  | 'lossDigest'
  | 'lossVersion'
> & { readonly manifest: Manifest };

/** Everything that begins with a round: who asks, what would be lost as it is now, and until when. */
export function beginRound(context: Context, request: RoundRequest, now: EpochMillis): Round {
  const { key, instance, requester, round, reason, ticket } = request;
  const manifest = buildManifest(key, {
    crn: keyCrn(key, context.settings.crnScope),
    requester: requester.id,
    round,
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
  });
  const windowEndsAt = windowEnd(now, instance.authorizationWindow);
  return {
    round,
    requester: requester.id,
    requesterRole: requesterRole(requester),
    requestedAt: now,
    windowEndsAt,
    reauthorizeEndsAt: windowEnd(windowEndsAt, instance.reauthorizationWindow),
    manifest,
    manifestDigest: sha256(canonicalJson(manifest)),
    lossDigest: sha256(lossOf(manifest)),
    lossVersion: key.lossVersion,
  };
}
