import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkpointDue, pathTo, rootFrom, rootOf } from '../../lib/domain/checkpoint.ts';
import { ACTIVE, DESTROYED } from '../../lib/domain/key.ts';
import { DAY } from '../../lib/domain/time.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const heads = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ chain: `key-${i}`, sequence: i + 1, hash: digest(String(i)) }));

describe('the hash tree of a checkpoint', () => {
  it('is as docs/evidence.md has it', () => {
    const leaf = (i: number) =>
      digest(`leaf:{"chain":"key-${i}","hash":"${digest(String(i))}","sequence":${i + 1}}`);
    expect(rootOf(heads(1), digest)).toBe(leaf(0));
    const left = digest(`node:${leaf(0)}${leaf(1)}`);
    expect(rootOf(heads(3), digest)).toBe(digest(`node:${left}${leaf(2)}`));
  });

  it('is reached from each of its heads, and from no other', () => {
    for (const count of [1, 2, 3, 5, 8, 100]) {
      const all = heads(count);
      const root = rootOf(all, digest);
      all.forEach((head, i) => {
        const path = pathTo(all, i, digest);
        expect(rootFrom(head, path, digest)).toBe(root);
        expect(rootFrom({ ...head, sequence: 0 }, path, digest)).not.toBe(root);
        expect(path.length).toBeLessThanOrEqual(7);
      });
    }
  });
});

describe('a checkpoint of a key', () => {
  const key = { auditSequence: 3, createdAt: 1_000, state: ACTIVE } as const;

  it('is due a day after the one before, and after the creation where there was none', () => {
    expect(checkpointDue(key)).toEqual({ at: 1_000 + DAY, reason: 'daily' });
    const checkpoint = { sequence: 2, at: 5_000 };
    expect(checkpointDue({ ...key, checkpoint })).toEqual({ at: 5_000 + DAY, reason: 'daily' });
  });

  it('is not due while nothing has happened since', () => {
    expect(checkpointDue({ ...key, checkpoint: { sequence: 3, at: 5_000 } })).toBeUndefined();
  });

  it('is due at once when it was destroyed, each time', () => {
    const destroyed = { ...key, state: DESTROYED, deletedAt: 9_000 } as const;
    expect(checkpointDue(destroyed)).toEqual({ at: 9_000, reason: 'destruction' });
    const before = { sequence: 2, at: 8_000 };
    expect(checkpointDue({ ...destroyed, checkpoint: before })).toMatchObject({ reason: 'destruction' });
    const since = { sequence: 2, at: 9_500 };
    expect(checkpointDue({ ...destroyed, checkpoint: since })).toMatchObject({ reason: 'daily' });
  });
});
