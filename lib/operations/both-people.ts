import { approversGrant, askedIn } from '../domain/approval.ts';
import type { Authorization } from '../domain/authorization.ts';
import { PermanentError } from '../domain/errors.ts';
import type { Key } from '../domain/key.ts';
import type { BothPeople } from '../domain/outcome.ts';
import { type Person, principalOf } from '../domain/person.ts';
import type { Condition, Store, Write } from '../ports/store.ts';
import { loadInstance, servicesMayApprove } from './records/instance.ts';
import { personKey, stillHolds, stillHoldsAny } from './records/person.ts';

/** Whether this approver may be a service: asked of the instance only where it matters. */
export const mayServicesApprove = async (store: Store, approver: Person): Promise<boolean> =>
  approver.kind === 'service' && (await loadInstance(store, approver.instanceId))?.serviceApprovals === true;

/**
 * Hold while the requester has the grant that they were accepted with, and nobody has stopped their requests. The oldest
 * grant is the one: if any is as old as the request, this is.
 * @throws PermanentError for whoever the rules would not have accepted.
 */
export const requesterStillCounts = (
  requester: Person,
  { requesterRole }: Pick<Authorization, 'requesterRole'>,
  key: Key,
): readonly Write[] =>
  stillHoldsAny(requester, [requesterRole], key, asRead(requester, ['requestsFrozenAt', 'requestsLiftedAt']));

/** Holds while nobody has stopped this person's requests, or let them go on, since they were read. */
export const requestsAsRead = (requester: Person): Write => ({
  check: personKey(requester.instanceId, principalOf(requester)),
  when: asRead(requester, ['requestsFrozenAt', 'requestsLiftedAt']),
});

/** Hold while both people count by the grants that they were accepted with. @throws PermanentError */
export function bothStillCount(
  { requester, approver, serviceApprovals }: BothPeople,
  round: Authorization,
  key: Key,
): readonly Write[] {
  const grant = approver && approversGrant(approver, askedIn(round, key, serviceApprovals));
  if (requester === undefined || approver === undefined || grant === undefined) {
    throw new PermanentError('whoever the rules accepted has no grant');
  }
  return [
    ...requesterStillCounts(requester, round, key),
    ...stillHolds(approver, grant, asRead(approver, ['addressSince', 'identitySince'])),
    ...(approver.kind === 'service' ? [servicesMayApprove(key.instanceId)] : []),
  ];
}

const asRead = (person: Person, members: readonly (keyof Person)[]): readonly Condition[] =>
  members.map((attribute) => {
    const value = person[attribute];
    return typeof value === 'number' ? { attribute, is: 'equal', value } : { attribute, is: 'absent' };
  });
