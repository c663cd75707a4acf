import type { ItemKey } from '../../ports/store.ts';
import { keyPartition } from './key.ts';

/** Where the sealed material of one version of a key is: in the table that holds nothing else. */
export const materialKey = (instanceId: string, keyId: string, versionId: string): ItemKey => ({
  table: 'material',
  partition: keyPartition(instanceId, keyId),
  sort: `version#${versionId}`,
});

/** What the sealed bytes are bound to. */
export const materialContext = (keyId: string, versionId: string): string => `key ${keyId} ${versionId}`;

/** The material as it is kept. */
export interface MaterialRecord {
  readonly sealed: string;
}
