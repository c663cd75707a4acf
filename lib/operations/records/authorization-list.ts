import type { Authorization } from '../../domain/authorization.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { Store } from '../../ports/store.ts';
import { authorizationList, authorizationOfItem } from './authorization.ts';

/** The last place in the list that is before a time. */
export const lastPlaceBefore = (to: EpochMillis): string => `${new Date(to - 1).toISOString()}#~`;

const LEAST_AT_ONCE = 100;
const MOST_AT_ONCE = 1_000;

/**
 * Every authorization of an instance, whatever became of it, the newest round first. It is the list that they have
 * been written to from the first version on: there is none that has to be added to it.
 */
export async function* storedAuthorizations(
  store: Store,
  instanceId: string,
  { upTo, atOnce }: { readonly upTo: string | undefined; readonly atOnce: number },
): AsyncGenerator<Authorization, void> {
  const query = {
    table: 'main',
    index: 'list',
    partition: authorizationList(instanceId),
    descending: true,
    limit: Math.min(Math.max(atOnce, LEAST_AT_ONCE), MOST_AT_ONCE),
    ...(upTo !== undefined && { upTo }),
  } as const;
  let after: string | undefined;
  do {
    const page = await store.query(after === undefined ? query : { ...query, after });
    yield* page.items.map(authorizationOfItem);
    after = page.cursor;
  } while (after !== undefined);
}
