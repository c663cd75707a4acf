import type { Person } from './person.ts';
import type { EpochMillis } from './time.ts';

/**
 * "I did not expect this" stops a person's requests, all at once and for good: what was asked for before counts no
 * more, whatever is decided about it, and nothing new is taken until another Manager lifts it. Lifting revives
 * nothing: whoever still wants a deletion asks anew.
 */
export const requestsFrozen = ({ requestsFrozenAt, requestsLiftedAt }: Person): boolean =>
  requestsFrozenAt !== undefined && requestsLiftedAt === undefined;

/** Whether what this person asked for at that time counts: after both, where a clock went back between them. */
export const requestCounts = (
  { requestsFrozenAt, requestsLiftedAt }: Person,
  requestedAt: EpochMillis,
): boolean =>
  requestsFrozenAt === undefined ||
  (requestsLiftedAt !== undefined && requestedAt > Math.max(requestsFrozenAt, requestsLiftedAt));
