import type { Key } from '../domain/key.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Context } from './context.ts';

/**
 * Commits what shreds a key's material. It is on record, apart from the store and its backups, before it can happen:
 * a process that ends in between leaves an entry without an end, whose truth the key tells.
 */
export async function withRecord(
  { shreddings }: Pick<Context, 'shreddings'>,
  { key, deletedAt, deletedBy, now }: ShreddingDetails,
  commit: () => Promise<boolean>,
): Promise<boolean> {
  const { instanceId, id: keyId } = key;
  const open = await shreddings?.begin({ instanceId, keyId, deletedAt, deletedBy, shreddedAt: now });
  const committed = await commit();
  await open?.end(committed);
  return committed;
}

interface ShreddingDetails {
  readonly key: Pick<Key, 'instanceId' | 'id'>;
  readonly deletedAt: EpochMillis;
  readonly deletedBy: string;
  readonly now: EpochMillis;
}
