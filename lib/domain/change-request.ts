import { type ApproverRefusal, type Asked, requestersGrant, whyNotApprover } from './approval.ts';
import { requestCounts, requestsFrozen } from './frozen-requests.ts';
import { approversSince, DEFAULT_AUTHORIZATION_WINDOW, type Instance, isWindow } from './instance.ts';
import type { InstanceSettings } from './instance-settings.ts';
import { holds, type Person, type PersonId } from './person.ts';
import type { GrantName } from './person-change.ts';
import { accept, type Decision, type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { type EpochMillis, SECOND } from './time.ts';

/** What a change request can be about. Closed: each kind has its own way of being shown, bound and carried out. */
export type Change =
  | {
      readonly kind: 'person';
      readonly person: PersonId;
      readonly grant?: readonly GrantName[];
      readonly revoke?: readonly GrantName[];
      readonly status?: 'active' | 'frozen';
      readonly email?: string;
    }
  | { readonly kind: 'settings'; readonly settings: Partial<InstanceSettings> };

/** One line of what becomes different, for people. */
export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

interface Common {
  readonly id: string;
  readonly instanceId: string;
  readonly change: Change;
  /** Whom or what it is about: an address, a service's name, the instance's name. */
  readonly subject: string;
  readonly differences: readonly Difference[];
  /** SHA-256 of the change and of what it changes as it was (`boundBy`): what an approval is bound to. */
  readonly digest: string;
  readonly requester: PersonId;
  /** Whose service asked. */
  readonly requesterPrincipal?: PersonId;
  readonly requestedAt: EpochMillis;
  readonly reason?: string;
  /** Who would be able to do more: they do not approve it. */
  readonly gains?: PersonId;
  /** What the grants and addresses are older than of those who may approve. */
  readonly approversSince: EpochMillis;
  /** Not any more from this moment on: by the instance's window as it was when it was asked for. */
  readonly windowEndsAt: EpochMillis;
}

/** How a change request can end. Whatever is approved is carried out in the same write. */
export type ChangeEnd = 'approved' | 'denied' | 'withdrawn' | 'expired' | 'superseded' | 'drifted';

interface Ended extends Common {
  readonly status: ChangeEnd;
  readonly endedAt: EpochMillis;
  /** Nobody, where time or a later request did it. */
  readonly endedBy?: PersonId;
  readonly note?: string;
  /** Whoever denied it did not expect it: see `frozen-requests.ts`. */
  readonly unexpected?: true;
}

export type PendingChange = Common & { readonly status: 'pending' };
export type EndedChange = Ended;
export type ChangeRequest = PendingChange | EndedChange;
export type ChangeStatus = ChangeRequest['status'];
export const CHANGE_STATUSES = [
  'pending',
  'approved',
  'denied',
  'withdrawn',
  'expired',
  'superseded',
  'drifted',
] as const satisfies readonly ChangeStatus[];

/** How many change requests of an instance can wait at once: each is mailed to every Manager. */
export const MOST_PENDING_CHANGES = 20;

/** What the digest is of: what is asked for, and what is there that it would change. */
export const boundBy = (change: Change, before: object): object => ({ change, before });

/** The members of somebody that a change of them is bound to: whoever approves has seen these. */
export function boundPerson(person: Person): object {
  const { id, kind, email, name, owner, status, roles, grants = [] } = person;
  const { addressSince, identitySince } = person;
  return { id, kind, email, name, owner, status, roles, grants, addressSince, identitySince };
}

/** The same of settings: those alone that would change. */
export const boundSettings = (before: InstanceSettings, next: Partial<InstanceSettings>): object =>
  Object.fromEntries(Object.keys(next).map((name) => [name, before[name as keyof InstanceSettings]]));

/** What is asked for, before anybody has looked at it. */
export interface NewChange
  extends Pick<Common, 'id' | 'change' | 'subject' | 'differences' | 'digest' | 'gains' | 'reason'> {
  readonly by: Person;
}

/** The request, with the windows of the instance as they are now. */
export function newChangeRequest(
  instance: Pick<Instance, 'id' | 'createdAt' | 'managerWait' | 'authorizationWindow'>,
  { by, ...asked }: NewChange,
  now: EpochMillis,
): PendingChange {
  return {
    ...asked,
    instanceId: instance.id,
    requester: by.id,
    ...(by.owner !== undefined && { requesterPrincipal: by.owner }),
    requestedAt: now,
    approversSince: approversSince(instance, now),
    windowEndsAt: now + changeWindow(instance) * SECOND,
    status: 'pending',
  };
}

/**
 * The instance's window, and at least a day: in a window of minutes nobody would ever get it longer. Where nothing could
 * be decided within it, as long as instances begin with. In seconds.
 */
const changeWindow = ({ authorizationWindow }: Pick<Instance, 'authorizationWindow'>): number =>
  isWindow(authorizationWindow)
    ? Math.max(authorizationWindow, SHORTEST_CHANGE_WINDOW)
    : DEFAULT_AUTHORIZATION_WINDOW;

const SHORTEST_CHANGE_WINDOW = 86_400;

/** Who asked; the owner, where a service did. */
export const askingPrincipal = ({ requester, requesterPrincipal }: ChangeRequest): PersonId =>
  requesterPrincipal ?? requester;

/** What its approvers are measured against: as of a deletion, over the whole instance. */
export const askedFor = (request: ChangeRequest, serviceApprovals = false): Asked => ({
  principal: askingPrincipal(request),
  gains: request.gains,
  since: request.approversSince,
  key: {},
  serviceApprovals,
});

/** Time ends a request whether or not somebody has written it down. */
export const statusAt = ({ status, windowEndsAt }: ChangeRequest, now: EpochMillis): ChangeStatus =>
  status === 'pending' && now >= windowEndsAt ? 'expired' : status;

export const isPending = (request: ChangeRequest, now: EpochMillis): request is PendingChange =>
  statusAt(request, now) === 'pending';

/** Whether two requests are about the same: the later one takes the place of the one before. */
export function isAboutTheSame(one: Change, other: Change): boolean {
  if (one.kind === 'person') return other.kind === 'person' && one.person === other.person;
  return other.kind === 'settings' && Object.keys(one.settings).some((name) => name in other.settings);
}

export interface ChangeDecision {
  readonly by: Person;
  readonly note?: string | undefined;
}

export interface ChangeApproval extends ChangeDecision {
  /** Whoever asked, as they are now; undefined when not known any more. */
  readonly requester: Person | undefined;
  /** What the approver has seen. */
  readonly digest: string;
  /** What it would be of what is there now; undefined when that is gone. */
  readonly digestNow: string | undefined;
  readonly serviceApprovals: boolean;
}

/** The second Manager's yes. Everything checked here is a condition of the write as well. */
export function approveChange(
  request: ChangeRequest,
  approval: ChangeApproval,
  now: EpochMillis,
): Decision<EndedChange> {
  const { by, note, digest, digestNow } = approval;
  if (request.status !== 'pending') return refuseDecided(request);
  if (now >= request.windowEndsAt) return refuse('window-closed', WORDS['window-closed']);
  const why = whyNotYou(request, approval);
  if (why !== undefined) return refuse(why, WORDS[why]);
  if (digest !== request.digest) return refuse('change-mismatch');
  if (digestNow !== request.digest) return refuse('change-drifted');
  return accept(endChange(request, { status: 'approved', by, note }, now));
}

/** Why this person cannot approve it, whatever they have seen of it; undefined when they can. */
export function whyNotYou(
  request: ChangeRequest,
  { by, requester, serviceApprovals }: Pick<ChangeApproval, 'by' | 'requester' | 'serviceApprovals'>,
): ApproverRefusal | 'requester-gone' | 'requests-frozen' | undefined {
  const why = whyNotApprover(by, askedFor(request, serviceApprovals));
  if (why !== undefined) return why;
  const { requestedAt } = request;
  const asRequested = { requesterRole: 'Manager', requestedAt } as const;
  if (requester === undefined || requestersGrant(requester, asRequested, {}) === undefined) {
    return 'requester-gone';
  }
  return requestCounts(requester, requestedAt) ? undefined : 'requests-frozen';
}

/** Any one Manager stops it: by a no, or by taking it back. */
export function stopChange(
  request: ChangeRequest,
  stop: ChangeDecision & { readonly status: 'denied' | 'withdrawn'; readonly unexpected?: boolean },
  now: EpochMillis,
): Decision<EndedChange> {
  const { status, by, note, unexpected } = stop;
  if (!holds(by, ['Manager'])) return refuse('access-denied');
  if (request.status !== 'pending') return refuseDecided(request);
  if (now >= request.windowEndsAt) return refuse('window-closed', WORDS['window-closed']);
  const ended = endChange(request, { status, by, note }, now);
  return accept(unexpected === true ? { ...ended, unexpected } : ended);
}

/** What has come to its end, by somebody or by itself. */
export const endChange = (
  request: PendingChange,
  {
    status,
    by,
    note,
  }: { readonly status: ChangeEnd; readonly by?: Person; readonly note?: string | undefined },
  now: EpochMillis,
): EndedChange => ({
  ...request,
  status,
  endedAt: now,
  ...(by !== undefined && { endedBy: by.id }),
  ...(note !== undefined && { note }),
});

const refuseDecided = ({ status }: ChangeRequest) =>
  refuse('change-decided', `The change request is ${status} already. Ask again, if it is still wanted`);

/** Whoever's requests are stopped asks for no change either. */
export const whyNotAsk = (by: Person): Refusal | undefined =>
  requestsFrozen(by) ? refuse('requests-frozen', WORDS['requests-frozen']).refusal : undefined;

/** Why somebody cannot approve a change, for people; undefined where the words of the code itself fit. */
export const changeRefusalWords = (code: RefusalCode): string | undefined => WORDS[code];

/** Where the words of deletions would mislead. */
const WORDS: { readonly [code in RefusalCode]?: string } = {
  'window-closed': 'The time to decide about this change request is over. Ask again, if it is still wanted',
  'own-request': 'A different person than the one who asked must approve it. Have another Manager do it',
  'own-gain': 'Nobody approves what lets themselves do more. Have another Manager do it',
  'grant-too-young':
    'It must be approved by somebody who was a Manager before it was asked for, for as long as the instance says, at the same address',
  'service-identity': 'It must be approved by a person, not by a service identity',
  'requester-gone': 'Who asked for this is not a Manager any more, so that it counts for nothing',
  'requests-frozen':
    'A Manager did not expect something that this person asked for, so that nothing that they asked for counts until another Manager lifts that',
};
