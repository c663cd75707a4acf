import { somebodyCouldApprove } from './approval.ts';
import type { Authorization } from './authorization.ts';
import { RETRY_WINDOW } from './authorization.ts';
import { ACTIVE, DESTROYED, type Key, needsTwoPeople } from './key.ts';
import { holds, type Person, type Role } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import type { EpochMillis } from './time.ts';

/** What stands when somebody asks for a deletion. */
export interface RequestContext {
  readonly key: Key;
  /** The authorization that the key points to, whatever became of it. */
  readonly current: Authorization | undefined;
  readonly requester: Person;
  readonly people: readonly Person[];
}

/**
 * Whether this person may authorize the key's deletion now: the first of the two authorizations. `repeated` is a
 * client's retry of a request that is pending with nothing changed: it is answered as done and changes nothing.
 */
export function requestDeletion(context: RequestContext, now: EpochMillis): Decision<'record' | 'repeated'> {
  const { key, current, requester, people } = context;
  if (!holds(requester, ['Writer', 'Manager'])) return refuse('access-denied');
  if (!needsTwoPeople(key)) return refuse('dual-authorization-off');
  if (key.state !== ACTIVE) return refuse('key-not-active');
  if (current?.status === 'approved') return refuse('deletion-under-way');
  if (current !== undefined && isRetry(current, key, requester, now)) return accept('repeated');
  if (!somebodyCouldApprove(people, requester.id, now)) return refuse('approver-missing');
  return accept('record');
}

/**
 * Whether one person may delete this key alone: only while it has no dual-authorization policy. Such a deletion
 * is an authorization that starts approved.
 */
export function requestSoleDeletion(context: Omit<RequestContext, 'people'>): Decision<'record'> {
  const { key, current, requester } = context;
  if (!holds(requester, ['Manager'])) return refuse('access-denied');
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (needsTwoPeople(key)) return refuse('nothing-pending');
  if (current?.status === 'approved') return refuse('deletion-under-way');
  return accept('record');
}

const isRetry = (current: Authorization, key: Key, requester: Person, now: EpochMillis): boolean =>
  current.status === 'pending' &&
  current.round === 1 &&
  current.requester === requester.id &&
  now - current.requestedAt < RETRY_WINDOW &&
  now < current.windowEndsAt &&
  current.lossVersion === key.lossVersion;

/** The role that a request is made with; the request counts only while the requester holds it. */
export function requesterRole(requester: Person): Extract<Role, 'Writer' | 'Manager'> {
  return requester.roles.Manager === undefined ? 'Writer' : 'Manager';
}
