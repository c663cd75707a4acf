import { canonicalJson } from './canonical.ts';
import type { Key } from './key.ts';
import type { PersonId } from './person.ts';
import { type EpochMillis, toDate } from './time.ts';

/** What an approver is shown and an approval is bound to: everything that a deletion would take away. */
export interface Manifest {
  readonly keyId: string;
  readonly crn: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly keyRingId: string;
  readonly type: 'root key' | 'standard key';
  readonly versions: readonly { readonly id: string; readonly creationDate: string }[];
  readonly requester: PersonId;
  readonly round: number;
  readonly reason?: string;
  readonly ticket?: string;
}

export interface ManifestRequest {
  readonly crn: string;
  readonly requester: PersonId;
  readonly round: number;
  readonly reason?: string;
  readonly ticket?: string;
}

export function buildManifest(key: Key, request: ManifestRequest): Manifest {
  return {
    keyId: key.id,
    name: key.name,
    aliases: [...key.aliases].sort(),
    keyRingId: key.keyRingId,
    type: key.extractable ? 'standard key' : 'root key',
    versions: key.versions.map((version) => ({ id: version.id, creationDate: toDate(version.createdAt) })),
    ...request,
  };
}

/** The part that would be lost: its digest is what both people must have authorized. */
export const lossOf = ({ keyId, versions }: Manifest): string => canonicalJson({ keyId, versions });

/** When a round that begins now ends. `window` in seconds. */
export const windowEnd = (start: EpochMillis, window: number): EpochMillis => start + window * 1_000;
