import type { Head } from '../../domain/checkpoint.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { IndexEntry, Item, ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import { dueAt } from './due.ts';
import { type KeyReference, keyPartition } from './key.ts';

/** Checkpoints stand apart from the instance and its keys: who writes those has no need to write these. */
export const checkpointsPartition = (instanceId: string): string => `checkpoints#${instanceId}`;

const PREFIX = 'checkpoint#';
const PUBLIC_KEYS = 'public-key#';

/** One checkpoint as it was signed, with what is under its root. Written once, never changed. */
export interface StoredCheckpoint {
  readonly sequence: number;
  /** JWS in its compact form. */
  readonly jws: string;
  readonly heads: readonly Head[];
}

/** How far an instance's list of checkpoints has come. */
export interface CheckpointList {
  readonly instanceId: string;
  /** The newest checkpoint's number, and the SHA-256 of its JWS; `0` and empty before the first. */
  readonly sequence: number;
  readonly hash: string;
  /** Up to which event the instance's own chain is covered. */
  readonly covered: number;
}

const listKey = (instanceId: string): ItemKey => ({
  table: 'main',
  partition: checkpointsPartition(instanceId),
  sort: 'list',
});

export const checkpointListDue = (instanceId: string, at: EpochMillis): IndexEntry =>
  dueAt('checkpoint', at, instanceId);

/** The list of a new instance, whose first checkpoint is due at once. */
export const emptyCheckpointList = (instanceId: string, now: EpochMillis): Item => ({
  ...listKey(instanceId),
  attributes: attributesOf({ instanceId, sequence: 0, hash: '', covered: 0 } satisfies CheckpointList),
  indexes: { due: checkpointListDue(instanceId, now) },
});

export const checkpointListOf = (item: Item): CheckpointList => recordOf<CheckpointList>(item);

export async function loadCheckpointList(
  store: Store,
  instanceId: string,
): Promise<CheckpointList | undefined> {
  const item = await store.get(listKey(instanceId));
  return item && checkpointListOf(item);
}

/** Holds while nobody has appended to the list since it was read. */
export const updateCheckpointList = (
  before: CheckpointList,
  change: { readonly set?: Partial<CheckpointList>; readonly due?: IndexEntry },
): Write => ({
  update: listKey(before.instanceId),
  when: [{ attribute: 'sequence', is: 'equal', value: before.sequence }],
  ...(change.set !== undefined && { set: attributesOf(change.set) }),
  ...(change.due !== undefined && { indexes: { due: change.due } }),
});

const checkpointKey = (instanceId: string, sequence: number): ItemKey => ({
  table: 'main',
  partition: checkpointsPartition(instanceId),
  sort: `${PREFIX}${sortable(sequence)}`,
});

export const checkpointItem = (instanceId: string, checkpoint: StoredCheckpoint): Item => ({
  ...checkpointKey(instanceId, checkpoint.sequence),
  attributes: attributesOf(checkpoint),
});

export async function loadCheckpoint(
  store: Store,
  instanceId: string,
  sequence: number,
): Promise<StoredCheckpoint | undefined> {
  const item = await store.get(checkpointKey(instanceId, sequence));
  return item && recordOf<StoredCheckpoint>(item);
}

export interface CheckpointPage<T> {
  readonly checkpoints: readonly T[];
  readonly cursor?: string;
}

/** An instance's checkpoints, the oldest first. */
export async function loadCheckpoints(
  store: Store,
  instanceId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<CheckpointPage<StoredCheckpoint>> {
  const partition = checkpointsPartition(instanceId);
  const { items, cursor } = await store.query({ table: 'main', partition, prefix: PREFIX, ...page });
  const checkpoints = items.map((item) => recordOf<StoredCheckpoint>(item));
  return cursor === undefined ? { checkpoints } : { checkpoints, cursor };
}

/** Beside the key: that this checkpoint covers it. */
export const keyCheckpointItem = ({ instanceId, id }: KeyReference, sequence: number): Item => ({
  table: 'main',
  partition: keyPartition(instanceId, id),
  sort: `${PREFIX}${sortable(sequence)}`,
  attributes: { sequence },
});

/** The numbers of the checkpoints that cover a key, the oldest first. */
export async function loadKeyCheckpoints(
  store: Store,
  { instanceId, id }: KeyReference,
  page: { readonly limit: number; readonly after?: string },
): Promise<CheckpointPage<number>> {
  const partition = keyPartition(instanceId, id);
  const { items, cursor } = await store.query({ table: 'main', partition, prefix: PREFIX, ...page });
  const checkpoints = items.map((item) => recordOf<{ sequence: number }>(item).sequence);
  return cursor === undefined ? { checkpoints } : { checkpoints, cursor };
}

/** A public key under which checkpoints were signed; there is more than one only when the key was lost or replaced. */
export interface CheckpointPublicKey {
  readonly kid: string;
  readonly jwk: { readonly [name: string]: string };
}

const publicKeyKey = (instanceId: string, kid: string): ItemKey => ({
  table: 'main',
  partition: checkpointsPartition(instanceId),
  sort: `${PUBLIC_KEYS}${kid}`,
});

export const publicKeyItem = (instanceId: string, key: CheckpointPublicKey): Item => ({
  ...publicKeyKey(instanceId, key.kid),
  attributes: attributesOf(key),
});

export const hasPublicKey = async (store: Store, instanceId: string, kid: string): Promise<boolean> =>
  (await store.get(publicKeyKey(instanceId, kid))) !== undefined;

/** There are few: as many as there were signing keys. */
export async function loadPublicKeys(
  store: Store,
  instanceId: string,
): Promise<readonly CheckpointPublicKey[]> {
  const partition = checkpointsPartition(instanceId);
  const { items } = await store.query({ table: 'main', partition, prefix: PUBLIC_KEYS, limit: 1000 });
  return items.map((item) => recordOf<CheckpointPublicKey>(item));
}
