import type { Status } from '../../domain/authorization.ts';
import type { ItemKey, Store, Write } from '../../ports/store.ts';
import { attributesOf, recordOf } from './attributes.ts';
import type { Reference } from './authorization.ts';

/** The task token of the step that waits, and what it waits for. Never leaves the backend. */
export interface Wait {
  readonly taskToken: string;
  /** The statuses during which the execution waits; any other one wakes it. */
  readonly whileIn: readonly Status[];
  /** Orders attempts: an older one never overwrites a newer one. */
  readonly fence: string;
}

export const waitKey = ({ instanceId, keyId, authorizationId }: Reference): ItemKey => ({
  table: 'main',
  // Apart from the key's items: a wait is deleted when its execution ends, and nothing else of a key ever is.
  partition: `wait#${instanceId}#${keyId}`,
  sort: authorizationId,
});

export async function loadWait(store: Store, reference: Reference): Promise<Wait | undefined> {
  const item = await store.get(waitKey(reference));
  return item && recordOf<Wait>(item);
}

/** Stores a wait in the place of the one that was read. */
export const replaceWait = (reference: Reference, before: Wait | undefined, wait: Wait): Write => ({
  put: { attributes: attributesOf(wait), ...waitKey(reference) },
  when: [
    before === undefined ? { item: 'absent' } : { attribute: 'fence', is: 'equal', value: before.fence },
  ],
});
