import type { Person, PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import type { Reference } from './authorization.ts';

/**
 * What a mailed link stands for: one person, one round of one authorization. Kept under the SHA-256 of its token,
 * which is in the mail alone. It opens for ever and decides only while its round is pending.
 */
export interface Link extends Reference {
  readonly hash: string;
  readonly round: number;
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
}

/**
 * Whether what was mailed then is dead, because its person's address was changed since: it must not be led to another
 * mailbox. Also when both happened in one millisecond.
 */
export const isOutdated = (
  mailed: Pick<Link, 'createdAt'>,
  { addressSince }: Pick<Person, 'addressSince'>,
): boolean => addressSince !== undefined && mailed.createdAt <= addressSince;

const linkKey = (hash: string): ItemKey => ({ table: 'main', partition: `link#${hash}`, sort: 'link' });

export const linkItem = (link: Link): Item => ({ attributes: attributesOf(link), ...linkKey(link.hash) });

export async function loadLink(store: Store, hash: string): Promise<Link | undefined> {
  const item = await store.get(linkKey(hash));
  return item && recordOf<Link>(item);
}
