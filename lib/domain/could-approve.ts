import {
  type ApproverRefusal,
  type Asked,
  askedIn,
  requestersGrant,
  somebodyCouldApprove,
  whyNotApprover,
} from './approval.ts';
import { type Authorization, type In, requestingPrincipal } from './authorization.ts';
import { requestCounts } from './frozen-requests.ts';
import type { Key } from './key.ts';
import { isActive, type Person, type PersonId } from './person.ts';
import type { EpochMillis } from './time.ts';

/** Somebody as they were at a time. */
export interface PersonThen extends Person {
  /** Nothing that was kept says which roles they had then. */
  readonly rolesUnknown?: true;
}

/** Why somebody could not have approved: the rule's own answer and, of whoever did not count at all, why not. */
export type WhyNot = ApproverRefusal | 'removed' | 'frozen' | 'owner-gone' | 'roles-unknown';

export interface CouldApprove {
  readonly person: PersonThen;
  /** Absent: they could have. */
  readonly why?: WhyNot;
}

/** Everybody, each measured by the rule itself. In the order that they come in. */
export const couldApprove = (people: readonly PersonThen[], asked: Asked): readonly CouldApprove[] =>
  people.map((person) => {
    const why = whyNot(person, asked);
    return why === undefined ? { person } : { person, why };
  });

function whyNot(person: PersonThen, asked: Asked): WhyNot | undefined {
  const why = whyNotApprover(person, asked);
  if (why !== 'access-denied') return why;
  if (person.status !== 'active') return person.status;
  if (!isActive(person)) return 'owner-gone';
  return person.rolesUnknown === true ? 'roles-unknown' : why;
}

/** Why nobody at all could approve at that moment, whoever they are. */
export type NotOpen =
  | Exclude<Authorization['status'], 'pending'>
  | 'not-asked'
  | 'window-closed'
  | 'requester-gone'
  | 'requests-frozen';

/** A round at some moment, and what had become of it by then. */
export interface RoundThen {
  readonly status: Authorization['status'];
  readonly round: In<'pending'>;
}

/**
 * Whether a round waited for an approval that would have counted: pending, in its window, and asked for by somebody who
 * still held the role that they asked with and was not stopped.
 */
export function whyNotOpen(
  { status, round }: RoundThen,
  {
    requester,
    key,
    at,
  }: { readonly requester: Person | undefined; readonly key: Key; readonly at: EpochMillis },
): NotOpen | undefined {
  if (status !== 'pending') return status;
  if (at >= round.windowEndsAt) return 'window-closed';
  if (requestersGrant(requester, round, key) === undefined) return 'requester-gone';
  if (requester !== undefined && !requestCounts(requester, round.requestedAt)) return 'requests-frozen';
  return undefined;
}

export interface Standing {
  readonly people: readonly Person[];
  readonly key: Key;
  readonly serviceApprovals: boolean;
  readonly now: EpochMillis;
}

/** Whom an authorization waits for now: those who could approve it or, once it lapsed or drifted, whoever asked. */
export function waitsFor(authorization: Authorization, standing: Standing): readonly PersonId[] {
  const { people, key, serviceApprovals, now: at } = standing;
  const requester = people.find(({ id }) => id === authorization.requester);
  switch (authorization.status) {
    case 'pending': {
      if (whyNotOpen({ status: 'pending', round: authorization }, { requester, key, at }) !== undefined)
        return [];
      const asked = askedIn(authorization, key, serviceApprovals);
      return people.filter((person) => somebodyCouldApprove([person], asked)).map(({ id }) => id);
    }
    case 'lapsed':
    case 'drifted':
      return requester !== undefined && isActive(requester) && at < authorization.reauthorizeEndsAt
        ? [requestingPrincipal(authorization)]
        : [];
    default:
      return [];
  }
}
