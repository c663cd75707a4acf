import { type Authorization, requestingPrincipal, type Status } from './authorization.ts';
import type { PersonId } from './person.ts';
import type { EpochMillis } from './time.ts';

/** Which authorizations of an instance somebody wants to see; what is left out does not narrow. */
export interface AuthorizationFilter {
  readonly status?: Status | undefined;
  readonly keyId?: string | undefined;
  /** Who asked in the newest round; a service is found by its owner as well. */
  readonly requester?: PersonId | undefined;
  /** Who approved, unless that was withdrawn; a service is found by its owner as well. */
  readonly approver?: PersonId | undefined;
  /** When the newest round was asked for: from this time on, and before that one. */
  readonly from?: EpochMillis | undefined;
  readonly to?: EpochMillis | undefined;
}

export const isWanted = (authorization: Authorization, filter: AuthorizationFilter): boolean =>
  (filter.status ?? authorization.status) === authorization.status &&
  (filter.keyId ?? authorization.keyId) === authorization.keyId &&
  (filter.requester === undefined ||
    [authorization.requester, requestingPrincipal(authorization)].includes(filter.requester)) &&
  (filter.approver === undefined || approversOf(authorization).includes(filter.approver)) &&
  authorization.requestedAt >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
  authorization.requestedAt < (filter.to ?? Number.POSITIVE_INFINITY);

const approversOf = (authorization: Authorization): readonly PersonId[] =>
  'approver' in authorization
    ? [authorization.approver, authorization.approverPrincipal ?? authorization.approver]
    : [];

/** Who decided it, where a person did: approved, denied or withdrew it. */
export const decidedBy = (authorization: Authorization): PersonId | undefined => {
  if ('approver' in authorization) return authorization.approver;
  return 'endedBy' in authorization ? authorization.endedBy : undefined;
};

/** When that was, in milliseconds. */
export const decidedAt = (authorization: Authorization): EpochMillis | undefined => {
  if ('approver' in authorization) return authorization.approvedAt;
  return 'endedBy' in authorization ? authorization.endedAt : undefined;
};
