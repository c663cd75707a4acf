import { mayCall } from '../domain/access.ts';
import { type CrnPattern, matchesCrn } from '../domain/crn.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Registration } from '../domain/registration.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { loadKey } from './records/key.ts';
import { registrationList, registrationPartition, scanRegistrations } from './records/registration.ts';

export interface RegistrationListing {
  /** At most this many (1 to 5000), after leaving out the first `offset`. */
  readonly limit: number;
  readonly offset: number;
  /** Only those of resources with a retention policy, or only the others. */
  readonly preventKeyDeletion?: boolean;
  readonly crn?: CrnPattern;
  /** Also counts all that match, which reads them all. */
  readonly count: boolean;
}

export interface Registrations {
  readonly registrations: readonly Registration[];
  readonly total?: number;
}

/** The resources that are registered with a key, by CRN. */
export async function listKeyRegistrations(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  listing: RegistrationListing,
): Promise<Decision<Registrations>> {
  const found = await permittedKey(context, caller, { operation: 'listRegistrations', idOrAlias });
  if (!found.ok) return found;
  const { instanceId, id } = found.value;
  const place = { partition: registrationPartition(instanceId, id), ...prefixOf(listing) };
  return accept(await pageOf(scanRegistrations(context.store, place), listing));
}

/** The resources that are registered with any key of the instance, or of the key ring that is named; by CRN. */
export async function listRegistrations(
  { store }: Context,
  { person, instance, keyRingId }: Caller,
  listing: RegistrationListing,
): Promise<Decision<Registrations>> {
  if (!mayCall(person, 'listRegistrations', keyRingId === undefined ? undefined : { keyRingId }))
    return refuse('access-denied');
  const place = { index: 'list', partition: registrationList(instance.id), ...prefixOf(listing) } as const;
  const rings = new Map<string, string | undefined>();
  const isInRing = async ({ keyId }: Registration): Promise<boolean> => {
    if (keyRingId === undefined) return true;
    if (!rings.has(keyId)) rings.set(keyId, (await loadKey(store, instance.id, keyId))?.keyRingId);
    return rings.get(keyId) === keyRingId;
  };
  return accept(await pageOf(scanRegistrations(store, place), listing, isInRing));
}

const prefixOf = ({ crn }: RegistrationListing) => (crn === undefined ? {} : { prefix: crn.prefix });

async function pageOf(
  found: AsyncIterable<Registration>,
  { limit, offset, count, crn, preventKeyDeletion }: RegistrationListing,
  more: (registration: Registration) => Promise<boolean> = async () => true,
): Promise<Registrations> {
  const registrations: Registration[] = [];
  let total = 0;
  for await (const registration of found) {
    if (crn !== undefined && !matchesCrn(crn, registration.resourceCrn)) continue;
    if (preventKeyDeletion !== undefined && registration.preventKeyDeletion !== preventKeyDeletion) continue;
    if (!(await more(registration))) continue;
    total += 1;
    if (total > offset && registrations.length < limit) registrations.push(registration);
    if (registrations.length === limit && !count) break;
  }
  return count ? { registrations, total } : { registrations };
}
