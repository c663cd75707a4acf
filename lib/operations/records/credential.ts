import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

/** An API key, kept as its SHA-256 alone: 256 random bits need no salt and no slow hash. */
export interface Credential {
  readonly hash: string;
  readonly personId: PersonId;
  /** Where that person is known; absent in what was written before it was kept. */
  readonly instanceId?: string;
  readonly createdAt: EpochMillis;
  /** The end of the API key, by which its holder knows it. */
  readonly lastFour?: string;
  /** When it was replaced or taken away: it opens nothing any more. */
  readonly revokedAt?: EpochMillis;
}

const credentialKey = (hash: string): ItemKey => ({
  table: 'main',
  partition: `credential#${hash}`,
  sort: 'credential',
});

/**
 * Beside the person, all of whose API keys can be read consistently: who ends them must miss none. Once more as it is,
 * since the other place is found by the API key alone.
 */
const heldKey = ({ personId, hash }: Pick<Credential, 'personId' | 'hash'>): ItemKey => ({
  table: 'main',
  partition: heldBy(personId),
  sort: hash,
});

const heldBy = (personId: PersonId): string => `credential#of#${personId}`;

/** The writes that make an API key good. */
export const credentialWrites = (credential: Credential): readonly Write[] =>
  [credentialKey(credential.hash), heldKey(credential)].map((key) => ({
    put: { ...key, attributes: attributesOf(credential) },
    when: [{ item: 'absent' }],
  }));

export async function loadCredential(store: Store, hash: string): Promise<Credential | undefined> {
  const item = await store.get(credentialKey(hash));
  return item && recordOf<Credential>(item);
}

/** What people and events call an API key by: 64 bits of its hash are enough to tell a person's keys apart. */
export const idOf = ({ hash }: Pick<Credential, 'hash'>): string => hash.slice(0, 16);

/** The API keys of a person that were not taken away. Those that were are kept, so that all are read to the end. */
export async function loadCredentials(store: Store, personId: PersonId): Promise<readonly Credential[]> {
  const credentials: Credential[] = [];
  let after: string | undefined;
  do {
    const query = { table: 'main', partition: heldBy(personId), limit: 1000 } as const;
    const page = await store.query({ ...query, ...(after !== undefined && { after }) });
    credentials.push(...page.items.map((item) => recordOf<Credential>(item)));
    after = page.cursor;
  } while (after !== undefined);
  return credentials.filter(({ revokedAt }) => revokedAt === undefined);
}

/** Holds while the API key is there and was not taken away. */
export const stillValid = ({ hash }: Credential): Write => ({
  check: credentialKey(hash),
  when: [{ item: 'present' }, { attribute: 'revokedAt', is: 'absent' }],
});

/** The writes that take an API key away. What is left is kept: it is never taken for one that nobody has seen. */
export const revocation = (credential: Credential, now: EpochMillis): readonly Write[] =>
  [credentialKey(credential.hash), heldKey(credential)].map((key) => ({
    update: key,
    when: [{ item: 'present' }, { attribute: 'revokedAt', is: 'absent' }],
    set: { revokedAt: now },
  }));

/** The writes that end all API keys that the person has, for the transaction that gives them another one. */
export async function revocations(
  store: Store,
  personId: PersonId,
  now: EpochMillis,
): Promise<readonly Write[]> {
  return (await loadCredentials(store, personId)).flatMap((credential) => revocation(credential, now));
}
