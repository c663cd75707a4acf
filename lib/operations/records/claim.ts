import type { Person, PersonId } from '../../domain/person.ts';
import { DAY, type EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { isOutdated } from './link.ts';

/** How long a link to an API key can be used, in milliseconds. */
export const CLAIM_VALIDITY = 7 * DAY;

/** A mailed link by which one person gets one API key. Kept under the SHA-256 of its token. */
export interface Claim {
  readonly hash: string;
  readonly instanceId: string;
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
  readonly expiresAt: EpochMillis;
  /** The Manager who had it sent. */
  readonly sentBy: PersonId;
  readonly claimedAt?: EpochMillis;
}

/** `ended`: too old, replaced by a later one, or its person was removed, frozen or has another address. */
export type ClaimState = 'open' | 'claimed' | 'ended';

export function stateOfClaim(claim: Claim, person: Person | undefined, now: EpochMillis): ClaimState {
  if (claim.claimedAt !== undefined) return 'claimed';
  const open = person?.status === 'active' && person.claim === claim.hash && now < claim.expiresAt;
  return open && !isOutdated(claim, person) ? 'open' : 'ended';
}

export const claimKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `claim#${hash}`,
  sort: 'claim',
});

export const claimItem = (claim: Claim): Item => ({
  ...claimKey(claim.hash),
  attributes: attributesOf(claim),
});

export async function loadClaim(store: Store, hash: string): Promise<Claim | undefined> {
  const item = await store.get(claimKey(hash));
  return item && recordOf<Claim>(item);
}
