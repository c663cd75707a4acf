import type { ImportToken } from '../../domain/import-token.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { dueAt } from './due.ts';

const partitionOf = (instanceId: string): string => `import#${instanceId}`;

export const importTokenKey = (instanceId: string): ItemKey => ({
  table: 'main',
  partition: partitionOf(instanceId),
  sort: 'import-token',
});

/** The token without its private key; the sweeper looks at it when it has expired. */
export const importTokenItem = (token: ImportToken): Item => ({
  ...importTokenKey(token.instanceId),
  attributes: attributesOf(token),
  indexes: { due: dueAt('import-token', token.expiresAt, token.id) },
});

export const importTokenOfItem = (item: Item): ImportToken => recordOf<ImportToken>(item);

export async function loadImportToken(store: Store, instanceId: string): Promise<ImportToken | undefined> {
  const item = await store.get(importTokenKey(instanceId));
  return item && importTokenOfItem(item);
}

/** The private key, sealed, where key material is: what was encrypted under it is key material. */
export interface ImportKeyRecord {
  readonly tokenId: string;
  readonly sealed: string;
}

export const importKeyKey = (instanceId: string): ItemKey => ({
  table: 'material',
  partition: partitionOf(instanceId),
  sort: 'import-key',
});

export const importKeyItem = (instanceId: string, record: ImportKeyRecord): Item => ({
  ...importKeyKey(instanceId),
  attributes: attributesOf(record),
});

export async function loadImportKey(store: Store, instanceId: string): Promise<ImportKeyRecord | undefined> {
  const item = await store.get(importKeyKey(instanceId));
  return item && recordOf<ImportKeyRecord>(item);
}

/** What the sealed private key is bound to. */
export const importKeyContext = (tokenId: string): string => `import ${tokenId}`;
