import { canonicalJson } from './canonical.ts';
import { DESTROYED, type Key } from './key.ts';
import { DAY, type EpochMillis } from './time.ts';

/** The JWS header's `typ` of a checkpoint: nothing else that is signed can pass for one (RFC 8725, section 3.11). */
export const CHECKPOINT_TYPE = 'countersign-checkpoint+jws';

/** What the instance's own chain is called; a key's is called by the key's id. */
export const INSTANCE_CHAIN = 'instance';

/** Chains that one checkpoint covers at most: the item that keeps them stays far below 400 KB. */
export const MOST_HEADS = 100;

/** The newest event of a chain at some moment. */
export interface Head {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
}

export type CheckpointReason = 'daily' | 'destruction';

/** What is signed: how far chains had come. Checkpoints of an instance are a chain themselves. */
export interface CheckpointPayload {
  readonly instanceId: string;
  /** 1 for the instance's first. */
  readonly sequence: number;
  /** SHA-256 of the checkpoint before, as it was signed; empty before the first. */
  readonly previousHash: string;
  readonly at: EpochMillis;
  readonly reason: CheckpointReason;
  /** How many chains it covers, and the root of the hash tree over them. */
  readonly count: number;
  readonly root: string;
}

/** The way from one head up to the root: at each step the other half's hash, and on which side it stands. */
export type TreePath = readonly { readonly side: 'left' | 'right'; readonly hash: string }[];

/** SHA-256 of a text, in hexadecimal. */
export type Digest = (text: string) => string;

// A leaf can never be taken for a node (RFC 6962, section 2.1).
const leafOf = (head: Head, digest: Digest): string => digest(`leaf:${canonicalJson(head)}`);
const nodeOf = (left: string, right: string, digest: Digest): string => digest(`node:${left}${right}`);

/** The root of the tree over the heads, in their order: a hash without a partner goes up as it is. */
export function rootOf(heads: readonly Head[], digest: Digest): string {
  let level = heads.map((head) => leafOf(head, digest));
  while (level.length > 1) level = levelAbove(level, digest);
  return level[0] ?? digest('empty');
}

const levelAbove = (level: readonly string[], digest: Digest): string[] =>
  level.flatMap((left, i) => {
    if (i % 2 === 1) return [];
    const right = level[i + 1];
    return [right === undefined ? left : nodeOf(left, right, digest)];
  });

/** What shows that the head at this position is under the root, and tells nothing of the other heads. */
export function pathTo(heads: readonly Head[], position: number, digest: Digest): TreePath {
  const path: { side: 'left' | 'right'; hash: string }[] = [];
  let level = heads.map((head) => leafOf(head, digest));
  for (let at = position; level.length > 1; at = Math.floor(at / 2)) {
    const hash = level[at ^ 1];
    if (hash !== undefined) path.push({ side: at % 2 === 1 ? 'left' : 'right', hash });
    level = levelAbove(level, digest);
  }
  return path;
}

/** The root that a head and its path lead to. */
export const rootFrom = (head: Head, path: TreePath, digest: Digest): string =>
  path.reduce(
    (below, { side, hash }) => (side === 'left' ? nodeOf(hash, below, digest) : nodeOf(below, hash, digest)),
    leafOf(head, digest),
  );

/**
 * When the key's chain is due for a checkpoint, and why; undefined while nothing has happened since its last one. A
 * destruction at once, all else a day after the one before.
 */
export function checkpointDue(
  key: Pick<Key, 'auditSequence' | 'checkpoint' | 'createdAt' | 'state' | 'deletedAt'>,
): { readonly at: EpochMillis; readonly reason: CheckpointReason } | undefined {
  const { sequence, at } = key.checkpoint ?? { sequence: 0, at: key.createdAt };
  if (key.auditSequence <= sequence) return undefined;
  if (key.state === DESTROYED && key.deletedAt !== undefined && key.deletedAt >= at) {
    return { at: key.deletedAt, reason: 'destruction' };
  }
  return { at: at + DAY, reason: 'daily' };
}
