import type { Manifest } from './manifest.ts';
import type { Person, PersonId, Role } from './person.ts';
import { type EpochMillis, SECOND } from './time.ts';

/** How often a deletion may be asked again after its window closed. */
export const MOST_ROUNDS = 8;
/** An approval that was not carried out within a day no longer counts, in milliseconds. */
export const APPROVAL_VALIDITY = 86_400_000;
/** The same person's set within this time is a client's retry, in milliseconds. */
export const RETRY_WINDOW = 60_000;

/** What every authorization has, whatever became of it. */
interface Common {
  readonly id: string;
  readonly instanceId: string;
  readonly keyId: string;
  /** False: the key has no dual-authorization policy, and one person's deletion starts approved. */
  readonly twoPeople: boolean;
  /** Which execution carries it: `<id>-<incarnation>`. */
  readonly incarnation: number;
  readonly round: number;
  /** Who set the key for deletion, or re-authorized it in this round. Never its approver. */
  readonly requester: PersonId;
  /** Whose service the requester is; absent where they are a user themselves. Never its approver either. */
  readonly requesterPrincipal?: PersonId;
  /** Who asked in earlier rounds: they hear how it ends. */
  readonly formerRequesters?: readonly PersonId[];
  /** The role that the requester used; the deletion counts only while they hold it. */
  readonly requesterRole: Extract<Role, 'Writer' | 'Manager'>;
  /** When this round began. An approver's grant is older. */
  readonly requestedAt: EpochMillis;
  /** An approver's grant and address are older than this; absent: than the round. */
  readonly approversSince?: EpochMillis;
  readonly windowEndsAt: EpochMillis;
  /** Until when a lapsed or drifted round may be asked again. */
  readonly reauthorizeEndsAt: EpochMillis;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly lossDigest: string;
  readonly lossVersion: number;
  /** In a later round: what would be lost that would not have been in the round before, and the other way round. */
  readonly sinceLastRound?: readonly string[];
}

/** How the second authorization was given: Key Protect's DELETE, the page behind a mailed link, or the console. */
export type DecidedThrough = 'api' | 'link' | 'console';

export interface Approval {
  readonly approver: PersonId;
  /** Whose service the approver is; absent where they are a user themselves. */
  readonly approverPrincipal?: PersonId;
  readonly approvedAt: EpochMillis;
  readonly decidedThrough: DecidedThrough;
  /** The approver's decision: also although the resources of the manifest are registered with the key. */
  readonly force?: true;
  readonly note?: string;
}

/** A person ended it. */
interface Stopped {
  readonly endedAt: EpochMillis;
  readonly endedBy: PersonId;
  readonly note?: string;
}

/** It waits to be asked again. */
interface Closed {
  readonly closedAt: EpochMillis;
}

interface Ended {
  readonly endedAt: EpochMillis;
}

/** The key lives elsewhere, and its provider was told, or is about to be, to destroy it: there is no way back. */
interface Destroying {
  readonly startedAt: EpochMillis;
  /** How often the provider was asked, and when the last time began; counted before each. */
  readonly attempts: number;
  readonly attemptedAt: EpochMillis;
  /** Since when everybody knows that it does not go on, and why. */
  readonly stalledAt?: EpochMillis;
  readonly problem?: string;
}

type State =
  | { readonly status: 'pending' }
  | ({ readonly status: 'approved' } & Approval)
  | ({ readonly status: 'destroying' } & Approval & Destroying)
  | ({ readonly status: 'consumed' } & Approval & Ended)
  | ({ readonly status: 'denied'; readonly unexpected?: true } & Stopped)
  | ({ readonly status: 'withdrawn' } & Stopped)
  | ({ readonly status: 'lapsed' } & Closed)
  | ({
      readonly status: 'drifted';
      /** What would be lost at that moment that was not authorized, and the other way round. */
      readonly changes?: readonly string[];
    } & Closed)
  | ({ readonly status: 'expired' } & Ended)
  | ({ readonly status: 'superseded' } & Ended)
  | ({ readonly status: 'void'; readonly why: string } & Ended)
  | ({ readonly status: 'refused'; readonly why: string } & Ended);

/** One authorization of one key's deletion. Each state has only the fields that it can have. */
export type Authorization = Common & State;
export type Status = Authorization['status'];
export type In<S extends Status> = Extract<Authorization, { readonly status: S }>;

/** Whether anything can still become of an authorization in this state. */
export const isOver = (status: Status): boolean => ENDS[status];

const ENDS: { readonly [status in Status]: boolean } = {
  pending: false,
  approved: false,
  destroying: false,
  lapsed: false,
  drifted: false,
  consumed: true,
  denied: true,
  withdrawn: true,
  expired: true,
  superseded: true,
  void: true,
  refused: true,
};

/** Whether the deletion is approved and being carried out: nobody asks anew meanwhile. */
export const isUnderWay = (status: Status): boolean => status === 'approved' || status === 'destroying';

/** Who asks to a rule that wants two people: the owner, where a service does. They hear of it as well. */
export const requestingPrincipal = ({
  requester,
  requesterPrincipal,
}: Pick<Common, 'requester' | 'requesterPrincipal'>): PersonId => requesterPrincipal ?? requester;

/** Who asks, as an authorization keeps it. */
export const requesterIn = ({
  id,
  owner,
}: Pick<Person, 'id' | 'owner'>): Pick<Common, 'requester' | 'requesterPrincipal'> => ({
  requester: id,
  ...(owner !== undefined && { requesterPrincipal: owner }),
});

/** What was common, without the state: the start of every next state. */
export function common(authorization: Authorization): Common {
  const { id, instanceId, keyId, twoPeople, incarnation, round } = authorization;
  const { requester, requesterPrincipal, formerRequesters, requesterRole } = authorization;
  const { requestedAt, windowEndsAt, reauthorizeEndsAt, manifest, manifestDigest, lossDigest, lossVersion } =
    authorization;
  const { approversSince, sinceLastRound } = authorization;
  return {
    id,
    instanceId,
    keyId,
    twoPeople,
    incarnation,
    round,
    requester,
    ...(requesterPrincipal !== undefined && { requesterPrincipal }),
    ...(formerRequesters !== undefined && { formerRequesters }),
    requesterRole,
    requestedAt,
    ...(approversSince !== undefined && { approversSince }),
    windowEndsAt,
    reauthorizeEndsAt,
    manifest,
    manifestDigest,
    lossDigest,
    lossVersion,
    ...(sinceLastRound !== undefined && { sinceLastRound }),
  };
}

type Dates = Pick<Authorization, 'requestedAt' | 'windowEndsAt' | 'reauthorizeEndsAt'>;

/** How long the round's approver has, in seconds: as the instance had it when the round began. */
export const windowOf = ({ requestedAt, windowEndsAt }: Dates): number =>
  (windowEndsAt - requestedAt) / SECOND;

/** The same of asking again, while the round's first window has not closed. */
export const reauthorizationWindowOf = ({ windowEndsAt, reauthorizeEndsAt }: Dates): number =>
  (reauthorizeEndsAt - windowEndsAt) / SECOND;

/** Who approved it, when and how: kept by every state that comes after. */
export const approvalOf = ({
  approver,
  approverPrincipal,
  approvedAt,
  decidedThrough,
  force,
  note,
}: Approval): Approval => ({
  approver,
  ...(approverPrincipal !== undefined && { approverPrincipal }),
  approvedAt,
  decidedThrough,
  ...(force !== undefined && { force }),
  ...(note !== undefined && { note }),
});
