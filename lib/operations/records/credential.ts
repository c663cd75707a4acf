import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

/** An API key, kept as its SHA-256 alone: 256 random bits need no salt and no slow hash. */
export interface Credential {
  readonly hash: string;
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
}

const credentialKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `credential#${hash}`,
  sort: 'credential',
});

export const credentialItem = (credential: Credential): Item => ({
  ...credentialKey(credential.hash),
  attributes: attributesOf(credential),
});

export async function loadCredential(store: Store, hash: string): Promise<Credential | undefined> {
  const item = await store.get(credentialKey(hash));
  return item && recordOf<Credential>(item);
}
