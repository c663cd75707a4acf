import type { Authorization } from '../../domain/authorization.ts';
import type { Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import { loadAuthorization, type Reference, referenceOf } from './authorization.ts';
import { keyPartition } from './key.ts';

/** The keys of an instance whose deletion has begun where they live and is not settled. */
const destroyingList = (instanceId: string): string => `destroying#${instanceId}`;

const PAGE = 1_000;

/**
 * Puts the key on that list while its authorization is `destroying`, and takes it off when it is not any more; for the
 * transaction of the change. What is taken off stays in the key's partition, from which nothing is ever removed.
 */
export function destroyingWrites(before: Authorization, after: Authorization): readonly Write[] {
  const isDestroying = after.status === 'destroying';
  if (!isDestroying && before.status !== 'destroying') return [];
  const reference = referenceOf(after);
  const { instanceId, keyId } = reference;
  const mark = {
    table: 'main',
    partition: keyPartition(instanceId, keyId),
    sort: 'destroying',
    attributes: attributesOf(reference),
    ...(isDestroying && { indexes: { list: { partition: destroyingList(instanceId), sort: keyId } } }),
  } as const;
  return [{ put: mark, when: [] }];
}

/** The authorizations of these keys, as they are by now. */
export async function loadDestroying(store: Store, instanceId: string): Promise<readonly Authorization[]> {
  const found: Authorization[] = [];
  let after: string | undefined;
  do {
    const page = await store.query({
      table: 'main',
      index: 'list',
      partition: destroyingList(instanceId),
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    for (const item of page.items) {
      const authorization = await loadAuthorization(store, recordOf<Reference>(item));
      if (authorization?.status === 'destroying') found.push(authorization);
    }
    after = page.cursor;
  } while (after !== undefined);
  return found;
}
