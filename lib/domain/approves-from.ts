import type { Instance } from './instance.ts';
import { grantsOf, type Person, sameSince } from './person.ts';
import type { EpochMillis } from './time.ts';

/**
 * Since when something must be asked for so that whoever has a grant and an address of this age may approve it: the other
 * way round of `approversSince`.
 */
export const approvesFrom = (
  { createdAt, managerWait = 0 }: Pick<Instance, 'createdAt' | 'managerWait'>,
  since: EpochMillis,
): EpochMillis => (since <= createdAt ? since : since + managerWait * 1_000) + 1;

/** The same of somebody by the first of their grants as a Manager, of anything; undefined of whoever is none. */
export function personApprovesFrom(
  person: Person,
  instance: Pick<Instance, 'createdAt' | 'managerWait'>,
): EpochMillis | undefined {
  const times = grantsOf(person)
    .filter(({ role }) => role === 'Manager')
    .map(({ grantedAt }) => approvesFrom(instance, Math.max(grantedAt, sameSince(person) ?? 0)));
  return times.length === 0 ? undefined : Math.min(...times);
}
