import { whyNotApprover } from './approval.ts';
import { approversSince, type Instance } from './instance.ts';
import { confirms } from './key.ts';
import { grantsOf, holdsAnywhere, type Person, type PersonId, type Scope, type Target } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';
import type { EpochMillis } from './time.ts';

/*
 * A drill asks every Manager to do what they will have to do when a deletion is to be approved: open the mailed link, read,
 * type the end of a key's id, with their API key where the instance asks for one. It is about a key that is made for it,
 * and that is from its beginning what a purged key is in the end: a name and a history, without material. There is nothing
 * to destroy, so that no confirmation can be an approval.
 */

/** How their mail went: `due` was tried or not, and is not out; `dropped` was not needed any more. */
export type DrillMail = 'sent' | 'due' | 'given-up' | 'dropped';

/** A Manager who is asked. */
export interface DrillParticipant {
  readonly personId: PersonId;
  /** Their address when the drill began: where the mail went. */
  readonly email: string;
  /** The mail in the outbox. */
  readonly mailId: string;
  readonly confirmation?: Confirmation;
  /** Seen when the drill ends. */
  readonly mail?: DrillMail;
}

export interface Confirmation {
  readonly at: EpochMillis;
  readonly through: 'link' | 'api' | 'console';
  /** True: with a credential of their own: an API key, a token, or signed in to the console. */
  readonly withCredential: boolean;
  /** False: a deletion that somebody else asks for at that moment they could not approve. */
  readonly couldApprove: boolean;
}

interface Common {
  readonly id: string;
  readonly instanceId: string;
  /** The key that was made for it: in no list of keys, and its history is the drill's. */
  readonly keyId: string;
  readonly keyName: string;
  readonly startedAt: EpochMillis;
  /** The Manager who started it, or the service itself by its schedule. */
  readonly startedBy: PersonId;
  readonly endsAt: EpochMillis;
  readonly participants: readonly DrillParticipant[];
  /** Raised by each change, so that two do not both count on the same state. */
  readonly version: number;
}

export type Drill =
  | (Common & { readonly status: 'open' })
  | (Common & { readonly status: 'ended'; readonly endedAt: EpochMillis });

export type OpenDrill = Extract<Drill, { readonly status: 'open' }>;
export type EndedDrill = Extract<Drill, { readonly status: 'ended' }>;

/** In seconds: as long as a real approval has by default, from an hour to 20 days. */
export const DEFAULT_DRILL = 7 * 86_400;
export const SHORTEST_DRILL = 3_600;
export const LONGEST_DRILL = 20 * 86_400;

/** Who is asked: every Manager who gets mail, of the instance or of a part of it. */
export const isAsked = (person: Person): boolean =>
  person.kind === 'user' && person.email !== '' && holdsAnywhere(person, ['Manager']);

/** `Drill 2026-12-01`. */
export const drillKeyName = (at: EpochMillis): string => `Drill ${new Date(at).toISOString().slice(0, 10)}`;

/**
 * Whether they could approve a deletion that somebody else asks for at this moment, of the instance's keys or of those
 * that they are Manager of: by the rule that counts when it is earnest.
 */
export function couldApprove(
  person: Person,
  instance: Pick<Instance, 'createdAt' | 'managerWait' | 'serviceApprovals'>,
  now: EpochMillis,
): boolean {
  const since = approversSince(instance, now);
  return grantsOf(person)
    .filter(({ role }) => role === 'Manager')
    .some(({ on }) => {
      const key = on === undefined ? {} : coveredBy(on);
      const keyRingThen = key.keyRingId;
      const asked = { principal: '', since, key, keyRingThen, serviceApprovals: false };
      return whyNotApprover(person, asked) === undefined;
    });
}

const coveredBy = (on: Scope): Target => ('key' in on ? { id: on.key } : { keyRingId: on.keyRing });

export interface ConfirmDrill extends Omit<Confirmation, 'at'> {
  readonly personId: PersonId;
  /** The end of the key's id, as typed. */
  readonly confirm: string;
}

/** Records that somebody has confirmed; a second time changes nothing. */
export function confirmDrill(
  drill: Drill,
  { personId, confirm, ...how }: ConfirmDrill,
  now: EpochMillis,
): Decision<Drill> {
  const asked = drill.participants.find((one) => one.personId === personId);
  if (asked === undefined) return refuse('drill-not-asked');
  if (asked.confirmation !== undefined) return accept(drill);
  if (drill.status === 'ended' || now >= drill.endsAt) return refuse('drill-ended');
  if (!confirms(drill.keyId, confirm)) return refuse('confirmation-mismatch');
  const confirmed = { ...asked, confirmation: { at: now, ...how } };
  const participants = drill.participants.map((one) => (one === asked ? confirmed : one));
  return accept({ ...drill, participants, version: drill.version + 1 });
}

/** Whether somebody was asked, has not answered and still can. */
export const isAwaited = (drill: Drill, personId: PersonId, now: EpochMillis): boolean =>
  drill.status === 'open' &&
  now < drill.endsAt &&
  drill.participants.some((one) => one.personId === personId && one.confirmation === undefined);

/** Whether nobody is waited for any more. */
export const isComplete = ({ participants }: Pick<Drill, 'participants'>): boolean =>
  participants.every(({ confirmation }) => confirmation !== undefined);

/**
 * Ends it when everybody has confirmed or the time is over; undefined before.
 * @param mails how each mail went, by its id
 */
export function endDrill(
  drill: OpenDrill,
  mails: ReadonlyMap<string, DrillMail>,
  now: EpochMillis,
): EndedDrill | undefined {
  if (!isComplete(drill) && now < drill.endsAt) return undefined;
  const participants = drill.participants.map((one) => ({
    ...one,
    mail: mails.get(one.mailId) ?? 'dropped',
  }));
  return { ...drill, participants, status: 'ended', endedAt: now, version: drill.version + 1 };
}

/** What is to be done about somebody, the gravest first; `ready` needs nothing. */
export type DrillResult = 'not-reached' | 'silent' | 'not-able' | 'ready';

export function resultOf({ confirmation, mail }: DrillParticipant): DrillResult {
  if (confirmation !== undefined) return confirmation.couldApprove ? 'ready' : 'not-able';
  return mail === 'given-up' || mail === 'due' ? 'not-reached' : 'silent';
}

/** Whether a drill is due by a schedule: so long after the last one began, or after the instance was made. */
export const isDrillDue = (
  {
    last,
    createdAt,
  }: { readonly last: Pick<Drill, 'startedAt' | 'status'> | undefined; readonly createdAt: EpochMillis },
  every: number,
  now: EpochMillis,
): boolean => last?.status !== 'open' && now >= (last?.startedAt ?? createdAt) + every * 1_000;
