import type { Store } from '../../ports/store.ts';
import { authorizationOfItem } from '../records/authorization.ts';

/** The key of an authorization that is known by its id alone: looked for among all, the newest first. */
export async function keyOfAuthorization(
  store: Store,
  instanceId: string,
  authorizationId: string,
): Promise<string | undefined> {
  const partition = `authorizations#${instanceId}`;
  let after: string | undefined;
  do {
    const { items, cursor } = await store.query({
      table: 'main',
      index: 'list',
      partition,
      limit: 1_000,
      descending: true,
      ...(after !== undefined && { after }),
    });
    const found = items.map(authorizationOfItem).find(({ id }) => id === authorizationId);
    if (found !== undefined) return found.keyId;
    after = cursor;
  } while (after !== undefined);
  return undefined;
}
