import type { EpochMillis } from '../../domain/time.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import type { ExecutionInput } from '../execution-input.ts';
import { attributesOf, recordOf } from './attributes.ts';
import type { Reference } from './authorization.ts';
import { keyPartition } from './key.ts';

/**
 * What somebody who was authenticated asked for, written before the execution starts and never changed. The first
 * step goes by this and not by the execution's input: whoever may start executions is not thereby anybody.
 */
export interface AskedFor extends Omit<ExecutionInput, 'incarnation'> {
  readonly askedAt: EpochMillis;
  /** The API request that asked: the steps' lines in the log and their events name it. */
  readonly correlationId?: string;
}

const requestKey = ({ instanceId, keyId, authorizationId }: Reference): ItemKey => ({
  table: 'main',
  partition: keyPartition(instanceId, keyId),
  sort: `request#${authorizationId}`,
});

export const requestItem = (request: AskedFor): Item => ({
  attributes: attributesOf(request),
  ...requestKey(request),
});

export async function loadRequest(store: Store, reference: Reference): Promise<AskedFor | undefined> {
  const item = await store.get(requestKey(reference));
  return item && recordOf<AskedFor>(item);
}
