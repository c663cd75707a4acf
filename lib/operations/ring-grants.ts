import type { EventDraft } from '../domain/audit.ts';
import type { ChangeRequest } from '../domain/change-request.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import type { Person, PersonId } from '../domain/person.ts';
import { withoutRing } from '../domain/person-change.ts';
import type { Store, Write } from '../ports/store.ts';
import { personEvent } from './person-effect.ts';
import { loadKeyRing } from './records/key-ring.ts';
import { personItem } from './records/person.ts';

/** An item and an event each: a transaction has room for 100 writes, and the ring and the instance are in it. */
const MOST_AT_ONCE = 45;

export interface EndedRingGrants {
  readonly events: readonly EventDraft[];
  readonly writes: readonly Write[];
  /** False: there are more than one transaction has room for. These go first, and the ring with the last of them. */
  readonly all: boolean;
}

/**
 * Ends everybody's roles on a ring; for a transaction that is conditional on the instance, which was read before the people.
 * Roles name a ring by its id: were they there still, another ring of the same id would have them. They reach no key any
 * more, so that nobody is mailed.
 */
export function endRingGrants(
  people: readonly Person[],
  { keyRingId, actor }: { readonly keyRingId: string; readonly actor: PersonId },
): EndedRingGrants {
  const ended = people
    .map((before) => ({ before, after: withoutRing(before, keyRingId) }))
    .filter(({ before, after }) => after !== before);
  const now = ended.slice(0, MOST_AT_ONCE);
  return {
    events: now.map((change) => personEvent(actor, change, { keyRingId })),
    writes: now.map(({ before, after }) => ({
      put: personItem(after),
      when: [{ attribute: 'status', is: 'equal', value: before.status }],
    })),
    all: now.length === ended.length,
  };
}

/**
 * Whether the rings that a change gives roles on are those of when it was asked for: one that was deleted since is not,
 * although there may be another one of its id by now. One of the very millisecond may be either, and counts as another.
 * Read after the instance, on which whoever carries it out commits.
 */
export async function areRingsThere(
  store: Store,
  { instanceId, change, requestedAt }: ChangeRequest,
): Promise<boolean> {
  const grants = change.kind === 'person' ? (change.grant ?? []) : [];
  const ids = grants.flatMap(({ on }) => (on !== undefined && 'keyRing' in on ? [on.keyRing] : []));
  const rings = await Promise.all(
    ids.filter((id) => id !== DEFAULT_KEY_RING).map((id) => loadKeyRing(store, instanceId, id)),
  );
  return rings.every((ring) => ring !== undefined && ring.createdAt < requestedAt);
}
