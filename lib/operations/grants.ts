import { canNameKey } from '../domain/alias.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import type { Role } from '../domain/person.ts';
import type { GrantName } from '../domain/person-change.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Store } from '../ports/store.ts';
import { findKey } from './records/key.ts';
import { loadKeyRing } from './records/key-ring.ts';

/** A role on the instance, on a key ring, or on a key by its id or alias. */
export interface GrantRequest {
  readonly role: Role;
  readonly keyRing?: string | undefined;
  readonly key?: string | undefined;
}

/** The grants as they are kept. Refused for a key or ring that is not there. */
export async function grantsAskedFor(
  store: Store,
  instanceId: string,
  requests: readonly GrantRequest[] = [],
): Promise<Decision<readonly GrantName[]>> {
  const grants: GrantName[] = [];
  for (const { role, keyRing, key } of requests) {
    if (key !== undefined) {
      const found = canNameKey(key) ? await findKey(store, instanceId, key) : undefined;
      if (found === undefined) return refuse('key-not-found');
      grants.push({ role, on: { key: found.id } });
    } else if (keyRing !== undefined) {
      const isThere =
        keyRing === DEFAULT_KEY_RING || (await loadKeyRing(store, instanceId, keyRing)) !== undefined;
      if (!isThere) return refuse('key-ring-not-found');
      grants.push({ role, on: { keyRing } });
    } else {
      grants.push({ role });
    }
  }
  return accept(grants);
}

/** The grants that are to go: also on keys and rings that are gone. */
export const grantsMeant = (
  store: Store,
  instanceId: string,
  requests: readonly GrantRequest[] = [],
): Promise<readonly GrantName[]> =>
  Promise.all(
    requests.map(async ({ role, keyRing, key }): Promise<GrantName> => {
      if (key === undefined) return keyRing === undefined ? { role } : { role, on: { keyRing } };
      const found = canNameKey(key) ? await findKey(store, instanceId, key) : undefined;
      return { role, on: { key: found?.id ?? key } };
    }),
  );
