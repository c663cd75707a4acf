import type { Authorization, DecidedThrough, In } from './authorization.ts';
import { common, requestingPrincipal, windowOf } from './authorization.ts';
import { whyProtectedThere } from './external-key.ts';
import { requestCounts } from './frozen-requests.ts';
import { approversSince, type Instance, LONGEST_WINDOW } from './instance.ts';
import { DESTROYED, type Key } from './key.ts';
import {
  type Grant,
  grantsOver,
  holds,
  type Person,
  type PersonId,
  principalOf,
  sameSince,
  type Target,
} from './person.ts';
import { accept, type Decision, type RefusalCode, refuse } from './refusal.ts';
import { whyProtected } from './registration.ts';
import type { EpochMillis } from './time.ts';

/** What an approver is measured against, of a key's deletion or of a change of the guard rails. */
export interface Asked {
  /** Who asks; the owner, where a service does. */
  readonly principal: PersonId;
  /** Who would become able to do more by it, where somebody would: they do not approve it themselves. */
  readonly gains?: PersonId | undefined;
  /** What their grant and their address are older than. */
  readonly since: EpochMillis;
  /** What they are Manager of; nothing is named where it is the whole instance. */
  readonly key: Target & Pick<Partial<Key>, 'inRingSince'>;
  /** In which ring the key was when it was asked for: moving a key does not choose who may approve. */
  readonly keyRingThen?: string | undefined;
  /** Whether the instance lets service identities approve. */
  readonly serviceApprovals: boolean;
}

export type ApproverRefusal = Extract<
  RefusalCode,
  'access-denied' | 'own-request' | 'own-gain' | 'service-identity' | 'grant-too-young'
>;

/**
 * Who may give the second authorization: an active Manager of this key, somebody else than whoever asked (a service
 * is its owner) and than whoever gains by it, not a service unless the instance says so, and Manager since before it was asked for, as long before as
 * the instance says, at the address that they have had since then. The rule that this product exists for.
 */
export function whyNotApprover(person: Person, asked: Asked): ApproverRefusal | undefined {
  if (!holds(person, ['Manager'], asked.key)) return 'access-denied';
  if (principalOf(person) === asked.principal) return 'own-request';
  if (principalOf(person) === asked.gains) return 'own-gain';
  if (person.kind === 'service' && !asked.serviceApprovals) return 'service-identity';
  if (approversGrant(person, asked) === undefined) return 'grant-too-young';
  return undefined;
}

/**
 * The grant that an approval counts by: over the key where it was and where it is, and older than the request. One on a
 * ring is as new as the key in it: whoever moves keys would else choose who approves, before they ask. So is the
 * person's address: whoever changes another Manager's to one of their own can have that Manager's API key mailed there;
 * and so is the identity that they sign in as: whoever reads another Manager's mail could bind one of their own.
 */
export const approversGrant = (person: Person, { key, keyRingThen, since }: Asked): Grant | undefined =>
  (sameSince(person) ?? -1) >= since
    ? undefined
    : grantsOver(person, ['Manager'], isWhereItWas({ key, keyRingThen, since }) ? key : onlyItself(key)).find(
        ({ grantedAt }) => grantedAt < since,
      );

const isWhereItWas = ({ key, keyRingThen, since }: Pick<Asked, 'key' | 'keyRingThen' | 'since'>): boolean =>
  key.keyRingId === keyRingThen && (key.inRingSince ?? -1) < since;

const onlyItself = ({ id }: Target): Target => (id === undefined ? {} : { id });

/** The grant that a request counts by: of the role that it was made with, over its key, and held ever since. */
export const requestersGrant = (
  requester: Person | undefined,
  { requesterRole, requestedAt }: Pick<Authorization, 'requesterRole' | 'requestedAt'>,
  key: Target,
): Grant | undefined =>
  requester && grantsOver(requester, [requesterRole], key).find(({ grantedAt }) => grantedAt <= requestedAt);

/** What the approvers of this round are measured against. */
export const askedIn = (round: Authorization, key: Key, serviceApprovals = false): Asked => ({
  principal: requestingPrincipal(round),
  since: round.approversSince ?? round.requestedAt,
  key,
  keyRingThen: round.manifest.keyRingId,
  serviceApprovals,
});

/** What they would be measured against, were the key's deletion asked for by this person at this moment. */
export const askedNow = (
  requester: Person,
  key: Key,
  {
    now,
    serviceApprovals = false,
    instance,
  }: {
    readonly now: EpochMillis;
    readonly serviceApprovals?: boolean | undefined;
    readonly instance?: Pick<Instance, 'createdAt' | 'managerWait'> | undefined;
  },
): Asked => ({
  principal: principalOf(requester),
  since: instance === undefined ? now : approversSince(instance, now),
  key,
  keyRingThen: key.keyRingId,
  serviceApprovals,
});

/** Whether anybody could approve what is asked for. */
export const somebodyCouldApprove = (people: readonly Person[], asked: Asked): boolean =>
  people.some((person) => whyNotApprover(person, asked) === undefined);

/** How many different people are Managers: of the instance, or over this key. Services are nobody of their own. */
export const managersOver = (people: readonly Person[], key?: Target): number =>
  people.filter((person) => person.kind === 'user' && holds(person, ['Manager'], key)).length;

/** How many Managers a policy of two people needs when it is set, so that each can ask and another one approve. */
export const MANAGERS_NEEDED = 2;

export interface ApproveCommand {
  readonly approver: Person;
  /** The round's requester as they are now; undefined when not known any more. */
  readonly requester: Person | undefined;
  /** The round that the approver saw. */
  readonly round: number;
  readonly decidedThrough: DecidedThrough;
  /** The digest of the manifest that the approver saw, where they saw one. */
  readonly manifestDigest?: string;
  /** True where the instance asks for that digest. */
  readonly manifestNeeded?: boolean;
  /** Also although resources are registered with the key. */
  readonly force?: boolean;
  readonly note?: string;
  /** Whether the instance lets service identities approve; false where it is not said. */
  readonly serviceApprovals?: boolean | undefined;
}

/** No round began with a window that the workflow cannot wait for, unless somebody wrote it past every rule. */
const OVERLONG = 'The round has a longer window than there can be. Set the key for deletion again';

/** Records the second authorization. Everything checked here is a condition of the write as well. */
export function approve(
  current: { readonly authorization: Authorization; readonly key: Key },
  command: ApproveCommand,
  now: EpochMillis,
): Decision<In<'approved'>> {
  const { authorization, key } = current;
  const { approver, requester, round, decidedThrough, manifestDigest, serviceApprovals, force, note } =
    command;
  if (key.state === DESTROYED) return refuse('key-destroyed');
  if (key.authorizationId !== authorization.id) return refuse('other-round');
  if (authorization.round !== round) return refuse('other-round');
  if (authorization.status === 'lapsed') return refuse('window-closed');
  if (authorization.status === 'drifted') return refuse('loss-changed');
  if (authorization.status !== 'pending') return refuse('already-decided');
  if (now >= authorization.windowEndsAt) return refuse('window-closed');
  if (windowOf(authorization) > LONGEST_WINDOW) return refuse('window-unusable', OVERLONG);
  const why = whyNotApprover(approver, askedIn(authorization, key, serviceApprovals));
  if (why !== undefined) return refuse(why);
  if (requestersGrant(requester, authorization, key) === undefined) return refuse('requester-gone');
  if (requester !== undefined && !requestCounts(requester, authorization.requestedAt)) {
    return refuse('requests-frozen');
  }
  if (key.lossVersion !== authorization.lossVersion) return refuse('loss-changed');
  if (manifestDigest === undefined && command.manifestNeeded === true) return refuse('manifest-needed');
  if (manifestDigest !== undefined && manifestDigest !== authorization.manifestDigest)
    return refuse('manifest-mismatch');
  const protectedBy = whyProtected(key, force) ?? whyProtectedThere(authorization.manifest.external, force);
  if (protectedBy !== undefined) return refuse(protectedBy);
  return accept({
    status: 'approved',
    approver: approver.id,
    ...common(authorization),
    ...(approver.owner !== undefined && { approverPrincipal: approver.owner }),
    approvedAt: now,
    decidedThrough,
    ...(force === true && { force }),
    ...(note !== undefined && { note }),
  });
}
