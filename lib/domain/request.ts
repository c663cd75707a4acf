import { askedNow, somebodyCouldApprove } from './approval.ts';
import type { Authorization } from './authorization.ts';
import { isUnderWay, RETRY_WINDOW } from './authorization.ts';
import { requestCounts, requestsFrozen } from './frozen-requests.ts';
import type { Instance } from './instance.ts';
import { whyNotWindows } from './instance-settings.ts';
import { ACTIVE, DESTROYED, type Key, needsTwoPeople } from './key.ts';
import { stateAt } from './key-state.ts';
import { holds, type Person, type Role, type Target } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import { whyProtected } from './registration.ts';
import type { EpochMillis } from './time.ts';

/** What stands when somebody asks for a deletion. */
export interface RequestContext {
  readonly key: Key;
  /** The authorization that the key points to, whatever became of it. */
  readonly current: Authorization | undefined;
  readonly requester: Person;
  readonly people: readonly Person[];
  /** Whether the instance lets service identities approve; false where it is not said. */
  readonly serviceApprovals?: boolean | undefined;
  /** Whose windows and wait are to be looked at; they are not where it is left out. */
  readonly instance?: Parameters<typeof whyNotWindows>[0] & Pick<Instance, 'createdAt' | 'managerWait'>;
}

/**
 * Whether this person may authorize the key's deletion now: the first of the two authorizations. `repeated` is a
 * client's retry of a request that is pending with nothing changed: it is answered as done and changes nothing.
 */
export function requestDeletion(context: RequestContext, now: EpochMillis): Decision<'record' | 'repeated'> {
  const { key, current, requester, people, serviceApprovals, instance } = context;
  if (!holds(requester, ['Writer', 'Manager'], key)) return refuse('access-denied');
  if (!needsTwoPeople(key)) return refuse('dual-authorization-off');
  if (stateAt(key, now) !== ACTIVE) return refuse('key-not-active');
  if (current !== undefined && isUnderWay(current.status)) return refuse('deletion-under-way');
  if (requestsFrozen(requester)) return refuse('requests-frozen');
  if (current !== undefined && isRetry(current, key, requester, now)) return accept('repeated');
  if (!somebodyCouldApprove(people, askedNow(requester, key, { now, serviceApprovals, instance })))
    return refuse('approver-missing');
  const unusable = instance && whyNotWindows(instance);
  return unusable === undefined ? accept('record') : { ok: false, refusal: unusable };
}

/**
 * Whether one person may delete this key alone: only while it has no dual-authorization policy. Such a deletion
 * is an authorization that starts approved.
 */
export function requestSoleDeletion(
  context: Omit<RequestContext, 'people'> & { readonly force?: boolean | undefined },
): Decision<'record'> {
  const { key, current, requester, force } = context;
  if (!holds(requester, ['Manager'], key)) return refuse('access-denied');
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (needsTwoPeople(key)) return refuse('nothing-pending');
  if (current !== undefined && isUnderWay(current.status)) return refuse('deletion-under-way');
  if (requestsFrozen(requester)) return refuse('requests-frozen');
  const protectedBy = whyProtected(key, force);
  return protectedBy === undefined ? accept('record') : refuse(protectedBy);
}

const isRetry = (current: Authorization, key: Key, requester: Person, now: EpochMillis): boolean =>
  current.status === 'pending' &&
  current.round === 1 &&
  current.requester === requester.id &&
  requestCounts(requester, current.requestedAt) &&
  now - current.requestedAt < RETRY_WINDOW &&
  now < current.windowEndsAt &&
  current.lossVersion === key.lossVersion;

/** The role that a request is made with; the request counts only while the requester holds it. */
export function requesterRole(requester: Person, key: Target): Extract<Role, 'Writer' | 'Manager'> {
  return holds(requester, ['Manager'], key) ? 'Manager' : 'Writer';
}
