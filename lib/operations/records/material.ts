import type { Condition, ItemKey } from '../../ports/store.ts';
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

/**
 * Where a destroyed key's material waits for the end of its restore window: in a partition of its own, sealed once
 * more, so that nothing that reads keys comes upon it. Only restoring and shredding know of it.
 */
export const retainedKey = (instanceId: string, keyId: string): ItemKey => ({
  table: 'material',
  partition: `${RETAINED_PREFIX}${instanceId}#${keyId}`,
  sort: 'retained',
});

export const RETAINED_PREFIX = 'retained#';

/** What it is bound to there. Begins unlike every other context: rights are given by it. */
export const retainedContext = (keyId: string): string => `retained ${keyId}`;

/** All of the material, sealed as it was, packed and sealed again. */
export interface RetainedRecord extends Resealed {
  readonly sealed: string;
}

/** The material as it is kept: each version's sealed bytes, by the version's id. */
export interface MaterialRecord extends Resealed {
  readonly versions: { readonly [versionId: string]: string };
}

/** How often it was sealed anew under another master key; absent: never. */
interface Resealed {
  readonly resealed?: number;
}

/** Holds while it is sealed as it was read: what is written back or moved must not bring back older seals. */
export const sealedAsRead = ({ resealed }: Resealed): Condition =>
  resealed === undefined
    ? { attribute: 'resealed', is: 'absent' }
    : { attribute: 'resealed', is: 'equal', value: resealed };
