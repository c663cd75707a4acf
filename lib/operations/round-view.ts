import { type Authorization, MOST_ROUNDS, requestingPrincipal } from '../domain/authorization.ts';
import { requestCounts } from '../domain/frozen-requests.ts';
import type { Person } from '../domain/person.ts';
import type { Context } from './context.ts';
import type { AuthorizationView } from './read-authorization.ts';
import { loadPerson } from './records/person.ts';

/** One round as a page shows it to somebody who may decide it, or ask for it again. */
export interface RoundView extends AuthorizationView {
  /** Whom it is shown to. */
  readonly person: Person;
  /** The round that they came for. */
  readonly round: number;
  /** What the page can take: a decision, a request to ask again, or nothing any more. */
  readonly offers: 'decide' | 'reauthorize' | 'nothing';
  /** Somebody did not expect what the round's requester asked for: it can be denied and no more. */
  readonly requestsFrozen: boolean;
  /** Where it can be asked again: how what would be lost differs from what it was then. */
  readonly changes?: readonly string[];
}

/** Whether a Manager has stopped what the round's requester had asked for. */
export async function isFrozen({ store }: Pick<Context, 'store'>, round: Authorization): Promise<boolean> {
  const requester = await loadPerson(store, round.instanceId, round.requester);
  return requester !== undefined && !requestCounts(requester, round.requestedAt);
}

/** Whether the round waits for an approval, and not of the person who asks for it. */
export const isToDecide = (authorization: Authorization, principal: string, now: number): boolean =>
  authorization.status === 'pending' &&
  requestingPrincipal(authorization) !== principal &&
  now < authorization.windowEndsAt;

/** Whether the round is over and the next one can still be asked for, by whoever may. */
export const isToAskAgain = (
  authorization: Authorization,
  { requestsFrozen }: Pick<RoundView, 'requestsFrozen'>,
  now: number,
): boolean =>
  (authorization.status === 'lapsed' || authorization.status === 'drifted') &&
  !requestsFrozen &&
  authorization.round < MOST_ROUNDS &&
  now < authorization.reauthorizeEndsAt;
