import { type ApproverRefusal, askedIn, requestersGrant, whyNotApprover } from './approval.ts';
import type { Authorization, In } from './authorization.ts';
import {
  APPROVAL_VALIDITY,
  approvalOf,
  common,
  isUnderWay,
  MOST_ROUNDS,
  requesterIn,
  requestingPrincipal,
} from './authorization.ts';
import { differences } from './difference.ts';
import { requestCounts, requestsFrozen } from './frozen-requests.ts';
import { DESTROYED, type Key, needsTwoPeople } from './key.ts';
import type { Manifest } from './manifest.ts';
import { holds, type Person, type PersonId } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { retentionsOf, whyProtected } from './registration.ts';
import { type EpochMillis, SECOND } from './time.ts';

/** The authorization and the key as they were read together. */
export interface Current {
  readonly authorization: Authorization;
  readonly key: Key;
}

const counts = ({ authorization, key }: Current): boolean => key.authorizationId === authorization.id;

/** A Manager says no. Any one person can stop a deletion. */
export function deny(
  current: Current,
  command: {
    readonly by: Person;
    readonly round: number;
    readonly note?: string;
    /** Nobody should have asked for this: see `frozen-requests.ts`. */
    readonly unexpected?: boolean;
  },
  now: EpochMillis,
): Decision<In<'denied'>> {
  const { authorization } = current;
  if (!holds(command.by, ['Manager'], current.key)) return refuse('access-denied');
  if (!counts(current) || authorization.round !== command.round) return refuse('other-round');
  if (authorization.status === 'lapsed') return refuse('window-closed');
  if (authorization.status !== 'pending') return refuse('already-decided');
  const { note, unexpected } = command;
  return accept({
    ...common(authorization),
    status: 'denied',
    ...(unexpected === true && { unexpected }),
    endedAt: now,
    endedBy: command.by.id,
    ...(note !== undefined && { note }),
  });
}

/** Somebody who may ask for deletions takes this one back. Wins over an approval until the key is destroyed. */
export function withdraw(
  current: Current,
  command: { readonly by: Person; readonly note?: string },
  now: EpochMillis,
): Decision<In<'withdrawn'>> {
  const { authorization, key } = current;
  if (!holds(command.by, ['Writer', 'Manager'], key)) return refuse('access-denied');
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (counts(current) && authorization.status === 'destroying') return refuse('deletion-under-way');
  if (!counts(current) || !isOpen(authorization)) return refuse('nothing-pending');
  const { note } = command;
  return accept({
    ...common(authorization),
    status: 'withdrawn',
    endedAt: now,
    endedBy: command.by.id,
    ...(note !== undefined && { note }),
  });
}

/** Whether a withdrawal still has something to take back. */
const isOpen = ({ status }: Authorization): boolean =>
  status === 'pending' || status === 'approved' || status === 'lapsed' || status === 'drifted';

/** A later request of the same key's deletion takes the place of this one. */
export function supersede(authorization: Authorization, now: EpochMillis): Decision<In<'superseded'>> {
  if (isUnderWay(authorization.status)) return refuse('deletion-under-way');
  if (!isOpen(authorization)) return refuse('already-decided');
  return accept({ ...common(authorization), status: 'superseded', endedAt: now });
}

/** What the passing of time makes of an authorization; undefined while there is still time. */
export function settle(
  authorization: Authorization,
  reauthorizationWindow: number,
  now: EpochMillis,
): In<'lapsed'> | In<'expired'> | In<'void'> | undefined {
  switch (authorization.status) {
    case 'pending':
      if (now < authorization.windowEndsAt) return undefined;
      // Nobody may ask again after the last round, so nobody is asked.
      if (authorization.round >= MOST_ROUNDS) {
        return { ...common(authorization), status: 'expired', endedAt: now };
      }
      // Counted from now: a machine that slept must not have used up the requester's time.
      return {
        ...common(authorization),
        reauthorizeEndsAt: now + reauthorizationWindow * SECOND,
        status: 'lapsed',
        closedAt: now,
      };
    case 'lapsed':
    case 'drifted':
      if (now < authorization.reauthorizeEndsAt) return undefined;
      return { ...common(authorization), status: 'expired', endedAt: now };
    case 'approved':
      if (now - authorization.approvedAt <= APPROVAL_VALIDITY) return undefined;
      return voided(authorization, 'the approval was not carried out within 24 hours', now);
    default:
      return undefined;
  }
}

/** What would be lost has changed since both or one of the people saw it: nothing is deleted, they are asked again. */
export function drift(
  authorization: In<'pending'> | In<'approved'>,
  reauthorizationWindow: number,
  now: EpochMillis,
): In<'drifted'> {
  const reauthorizeEndsAt = now + reauthorizationWindow * SECOND;
  return { ...common(authorization), reauthorizeEndsAt, status: 'drifted', closedAt: now };
}

export interface NextRound {
  readonly by: Person;
  /** Whoever asked for the round that lapsed or drifted, as they are now; undefined when not known any more. */
  readonly requester: Person | undefined;
  readonly role: 'Writer' | 'Manager';
  /** The round that they saw lapse or drift. */
  readonly round: number;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly lossDigest: string;
  readonly lossVersion: number;
  readonly approversSince?: EpochMillis;
  readonly windowEndsAt: EpochMillis;
  readonly reauthorizeEndsAt: EpochMillis;
}

/** Whether this person may ask again now for a lapsed or drifted deletion. */
export function mayReauthorize(
  current: Current,
  command: Pick<NextRound, 'by' | 'requester' | 'round'>,
  now: EpochMillis,
): Decision<In<'lapsed'> | In<'drifted'>> {
  const { authorization, key } = current;
  if (!holds(command.by, ['Writer', 'Manager'], key)) return refuse('access-denied');
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (requestsFrozen(command.by)) return refuse('requests-frozen');
  if (!counts(current) || authorization.round !== command.round) return refuse('other-round');
  if (command.requester !== undefined && !requestCounts(command.requester, authorization.requestedAt)) {
    return refuse('requests-frozen');
  }
  if (authorization.status !== 'lapsed' && authorization.status !== 'drifted') {
    return refuse('reauthorization-closed');
  }
  if (now >= authorization.reauthorizeEndsAt) return refuse('reauthorization-closed');
  if (authorization.round >= MOST_ROUNDS) return refuse('too-many-rounds');
  return accept(authorization);
}

/** Asks again: the next round, with a manifest and a requester of its own. */
export function reauthorize(current: Current, next: NextRound, now: EpochMillis): Decision<In<'pending'>> {
  const allowed = mayReauthorize(current, next, now);
  if (!allowed.ok) return allowed;
  const { manifest, manifestDigest, lossDigest, lossVersion, windowEndsAt, reauthorizeEndsAt } = next;
  const { approversSince } = next;
  // The next round's requester may be no service where the last one's was.
  const { requesterPrincipal: _, ...kept } = common(current.authorization);
  return accept({
    ...kept,
    round: current.authorization.round + 1,
    ...requesterIn(next.by),
    formerRequesters: formerRequestersOf(current.authorization),
    requesterRole: next.role,
    requestedAt: now,
    ...(approversSince !== undefined && { approversSince }),
    windowEndsAt,
    reauthorizeEndsAt,
    manifest,
    manifestDigest,
    lossDigest,
    lossVersion,
    sinceLastRound: differences(current.authorization.manifest, manifest),
    status: 'pending',
  });
}

const formerRequestersOf = (authorization: Authorization): readonly PersonId[] => [
  ...new Set([...(authorization.formerRequesters ?? []), requestingPrincipal(authorization)]),
];

/** Both people as they are now; undefined for one who is not known any more. */
export interface BothPeople {
  readonly requester: Person | undefined;
  readonly approver: Person | undefined;
  /** Whether the instance lets service identities approve; false where it is not said. */
  readonly serviceApprovals?: boolean | undefined;
}

/**
 * What becomes of an approved authorization when the key is about to be destroyed: `consumed` only while it still
 * counts, both roles are still held, what would be lost is what was approved, and the approval is not a day old.
 * `refused` where a resource has got a retention policy since: asking again would not help.
 * The last look at "two different people"; the destroying write is conditional on all of it.
 */
export function carryOut(
  current: { readonly authorization: In<'approved'>; readonly key: Key },
  people: BothPeople,
  reauthorizationWindow: number,
  now: EpochMillis,
): In<'consumed'> | In<'drifted'> | In<'void'> | In<'refused'> {
  const { authorization, key } = current;
  const why = whyVoid(current, people, now);
  if (why !== undefined) return voided(authorization, why, now);
  if (retentionsOf(key) > 0) return refusedFor(RETAINED, authorization, now);
  if (key.lossVersion !== authorization.lossVersion) return drift(authorization, reauthorizationWindow, now);
  if (whyProtected(key, authorization.force) !== undefined) return refusedFor(NOT_FORCED, authorization, now);
  return { status: 'consumed', endedAt: now, ...common(authorization), ...approvalOf(authorization) };
}

function whyVoid(
  current: { readonly authorization: In<'approved'>; readonly key: Key },
  { requester, approver, serviceApprovals }: BothPeople,
  now: EpochMillis,
): string | undefined {
  const { authorization, key } = current;
  if (!counts(current)) return 'the key points to another authorization';
  if (key.state === DESTROYED) return 'the key is destroyed';
  if (now - authorization.approvedAt > APPROVAL_VALIDITY) return 'the approval is older than 24 hours';
  if (requester === undefined || requestersGrant(requester, authorization, key) === undefined) {
    return 'the requester does not hold their role any more';
  }
  if (!requestCounts(requester, authorization.requestedAt)) {
    return 'somebody did not expect what the requester had asked for';
  }
  if (!authorization.twoPeople) {
    if (needsTwoPeople(key)) return 'the key has got a dual-authorization policy';
    return key.lossVersion === authorization.lossVersion ? undefined : 'what would be lost has changed';
  }
  const approvedBy = authorization.approverPrincipal ?? authorization.approver;
  if (approvedBy === requestingPrincipal(authorization)) return WHY_NOT['own-request'];
  if (approver === undefined) return WHY_NOT['access-denied'];
  const whyNot = whyNotApprover(approver, askedIn(authorization, key, serviceApprovals));
  return whyNot && WHY_NOT[whyNot];
}

/** Why an approval that was taken does not count any more. */
const WHY_NOT = {
  'access-denied': 'the approver is not a Manager any more',
  'own-request': 'requester and approver are one person',
  'own-gain': 'the approver gains by it',
  'service-identity': 'the instance does not let service identities approve any more',
  'grant-too-young': 'the approver became Manager after the request, or their address was changed since',
} as const satisfies { readonly [code in ApproverRefusal]: string };

export const RETAINED = 'a resource that the key protects has got a retention policy';
export const NOT_FORCED = 'resources are registered with the key, and the deletion is not forced';

export const refusedFor = (why: string, authorization: Authorization, now: EpochMillis): In<'refused'> => ({
  ...common(authorization),
  status: 'refused',
  endedAt: now,
  why,
});

const voided = (authorization: Authorization, why: string, now: EpochMillis): In<'void'> => ({
  ...common(authorization),
  status: 'void',
  endedAt: now,
  why,
});
