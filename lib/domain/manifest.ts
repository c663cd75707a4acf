import { canonicalJson } from './canonical.ts';
import { type ExternalFacts, lossOfExternal } from './external-key.ts';
import type { Key } from './key.ts';
import type { PersonId } from './person.ts';
import type { Registration } from './registration.ts';
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
  /** The resources that use the key; absent when there are none. */
  readonly registrations?: RegisteredResources;
  /** Of a key that lives elsewhere: what its provider says of it. */
  readonly external?: ExternalFacts;
  readonly requester: PersonId;
  readonly round: number;
  readonly reason?: string;
  readonly ticket?: string;
}

/** How many registrations a manifest lists: a page and an item of the store can hold so many. */
export const MOST_LISTED = 100;

export interface RegisteredResources {
  readonly total: number;
  /** How many of them have a retention policy. */
  readonly retained: number;
  /** The first hundred, by CRN. */
  readonly listed: readonly ListedResource[];
  /** What comes after them, as a count and the SHA-256 of what would be lost of it; absent when nothing does. */
  readonly others?: { readonly count: number; readonly sha256: string };
}

export interface ListedResource {
  readonly resourceCrn: string;
  readonly preventKeyDeletion: boolean;
  readonly description?: string;
}

export interface ManifestRequest {
  readonly crn: string;
  readonly requester: PersonId;
  readonly round: number;
  readonly reason?: string;
  readonly ticket?: string;
}

/** @param registrations as {@link registeredResources} has them. */
export function buildManifest(
  key: Key,
  request: ManifestRequest,
  registrations?: RegisteredResources,
  external?: ExternalFacts,
): Manifest {
  return {
    keyId: key.id,
    name: key.name,
    aliases: [...key.aliases].sort(),
    keyRingId: key.keyRingId,
    type: key.extractable ? 'standard key' : 'root key',
    versions: key.versions.map((version) => ({ id: version.id, creationDate: toDate(version.createdAt) })),
    ...(registrations !== undefined && { registrations }),
    ...(external !== undefined && { external }),
    ...request,
  };
}

/**
 * A key's registrations as a manifest has them, whatever order they come in; undefined when there are none.
 * @param digest SHA-256 of a text, in hexadecimal.
 */
export function registeredResources(
  registrations: readonly Registration[],
  digest: (text: string) => string,
): RegisteredResources | undefined {
  if (registrations.length === 0) return undefined;
  const sorted = [...registrations].sort((a, b) => (a.resourceCrn < b.resourceCrn ? -1 : 1));
  const others = sorted.slice(MOST_LISTED);
  return {
    total: sorted.length,
    retained: sorted.filter(({ preventKeyDeletion }) => preventKeyDeletion).length,
    listed: sorted.slice(0, MOST_LISTED).map(({ resourceCrn, preventKeyDeletion, description }) => ({
      resourceCrn,
      preventKeyDeletion,
      ...(description !== undefined && { description }),
    })),
    ...(others.length > 0 && {
      others: { count: others.length, sha256: digest(canonicalJson(others.map(lossOfResource))) },
    }),
  };
}

const lossOfResource = ({ resourceCrn, preventKeyDeletion }: ListedResource) => ({
  resourceCrn,
  preventKeyDeletion,
});

/** The part that would be lost: its digest is what both people must have authorized. No names, words or requester. */
export const lossOf = ({ keyId, versions, registrations, external }: Manifest): string =>
  canonicalJson({
    keyId,
    versions,
    external: external && lossOfExternal(external),
    registrations: registrations && {
      listed: registrations.listed.map(lossOfResource),
      others: registrations.others,
    },
  });

/** When a round that begins now ends. `window` in seconds. */
export const windowEnd = (start: EpochMillis, window: number): EpochMillis => start + window * 1_000;
