import { mayCall, type Operation } from '../../../domain/access.ts';
import { listKeyRings } from '../../../operations/key-rings.ts';
import type { Visit } from '../page.ts';

/** The key rings in which whoever is there may call the operation; those of their narrow grants, where they see no others. */
export async function ringsFor(visit: Visit, operation: Operation): Promise<readonly string[]> {
  const { person } = visit.caller;
  const listed = await listKeyRings(visit.context, visit.caller);
  const granted = (person.grants ?? []).flatMap(({ on }) => ('keyRing' in on ? [on.keyRing] : []));
  const all = listed.ok ? listed.value.map(({ id }) => id) : granted;
  return [...new Set(all)].filter((keyRingId) => mayCall(person, operation, { keyRingId }));
}
