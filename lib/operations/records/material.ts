import type { ItemKey } from '../../ports/store.ts';
import { keyPartition } from './key.ts';

/**
 * Where a key's sealed material is, all its versions in one item, so that one write shreds them all however often the
 * key was rotated: in the table that holds nothing else.
 */
export const materialKey = (instanceId: string, keyId: string): ItemKey => ({
  table: 'material',
  partition: keyPartition(instanceId, keyId),
  sort: 'material',
});

/** What the sealed bytes are bound to. */
export const materialContext = (keyId: string, versionId: string): string => `key ${keyId} ${versionId}`;

/** The material as it is kept: each version's sealed bytes, by the version's id. */
export interface MaterialRecord {
  readonly versions: { readonly [versionId: string]: string };
}
