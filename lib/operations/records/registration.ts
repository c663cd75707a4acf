import type { Registration } from '../../domain/registration.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';

/**
 * Where a key's registrations are, by CRN. Apart from the key's items: registrations are taken away, and nothing else
 * of a key ever is.
 */
export const registrationPartition = (instanceId: string, keyId: string): string =>
  `registration#${instanceId}#${keyId}`;

/** Where all registrations of an instance are listed, by CRN and then by key. */
export const registrationList = (instanceId: string): string => `registrations#${instanceId}`;

type Name = Pick<Registration, 'instanceId' | 'keyId' | 'resourceCrn'>;

export const registrationKey = ({ instanceId, keyId, resourceCrn }: Name): ItemKey => ({
  table: 'main',
  partition: registrationPartition(instanceId, keyId),
  sort: resourceCrn,
});

export const registrationItem = (registration: Registration): Item => ({
  ...registrationKey(registration),
  attributes: attributesOf(registration),
  indexes: {
    list: {
      partition: registrationList(registration.instanceId),
      sort: `${registration.resourceCrn}#${registration.keyId}`,
    },
  },
});

export async function loadRegistration(store: Store, name: Name): Promise<Registration | undefined> {
  const item = await store.get(registrationKey(name));
  return item && recordOf<Registration>(item);
}

interface Scan {
  readonly partition: string;
  readonly index?: 'list';
  /** Only those whose CRN begins with this. */
  readonly prefix?: string;
}

const PAGE = 1000;

/** Registrations one after the other, as their place orders them. */
export async function* scanRegistrations(store: Store, scan: Scan): AsyncGenerator<Registration> {
  let after: string | undefined;
  do {
    const query = { table: 'main', ...scan, limit: PAGE } as const;
    const page = await store.query(after === undefined ? query : { ...query, after });
    for (const item of page.items) yield recordOf<Registration>(item);
    after = page.cursor;
  } while (after !== undefined);
}

/** A key's registrations, read consistently and ordered by CRN; at most `limit`, where it is given. */
export async function loadRegistrations(
  store: Store,
  { instanceId, keyId }: Pick<Registration, 'instanceId' | 'keyId'>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<readonly Registration[]> {
  const found: Registration[] = [];
  const partition = registrationPartition(instanceId, keyId);
  for await (const registration of scanRegistrations(store, { partition })) {
    found.push(registration);
    if (found.length >= limit) break;
  }
  return found;
}
